"""Sampler columns of Data Designer as the diversity constraint."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tradegen.designer.left_out import LeftOut
from tradegen.errors import InputError
from tradegen.samplers.columns import (
    VOLATILITY_COLUMN,
    CategoryParams,
    Params,
    SamplerColumn,
    default_column,
    read_column,
)


def read_samplers(
    columns: Sequence[Mapping[str, Any]],
) -> tuple[tuple[SamplerColumn, ...], tuple[LeftOut, ...]]:
    """Return the columns of the diversity constraint, and what of the others is left out.

    Columns besides the volatility are categories over columns of gold. Raises `InputError` if the
    column of the volatility itself cannot be read.
    """
    used: list[SamplerColumn] = []
    left: list[LeftOut] = []
    for plain in columns:
        name = str(plain.get("name"))
        path = f"columns[{name}]"
        what = f"sampler of type {plain.get('sampler_type')}"
        try:
            column = read_column(plain)
        except InputError as error:
            if name == VOLATILITY_COLUMN:
                raise
            left.append(LeftOut(path, what, _why(str(error), name)))
            continue
        if name != VOLATILITY_COLUMN and not _is_plain_category(column):
            why = f"only {VOLATILITY_COLUMN} may be continuous or conditional"
            left.append(LeftOut(path, what, why))
            continue
        left += _fields_left(column, path)
        used.append(_plain_spelling(column))
    if used and not any(column.name == VOLATILITY_COLUMN for column in used):
        used.insert(0, default_column())
    return tuple(used), tuple(left)


def _plain_spelling(column: SamplerColumn) -> SamplerColumn:
    """Return a column as one would write it by hand, so that equal ones are equal."""
    conditional = {when: _untyped(params) for when, params in column.conditional_params.items()}
    return column.model_copy(
        update={
            "convert_to": None,
            "drop": False,
            "params": _untyped(column.params),
            "conditional_params": conditional,
        }
    )


def _untyped(params: Params) -> Params:
    return params.model_copy(update={"sampler_type": None})


def _is_plain_category(column: SamplerColumn) -> bool:
    return isinstance(column.params, CategoryParams) and not column.conditional_params


def _why(error: str, name: str) -> str:
    return error.removeprefix(f"sampler column {name!r}: ")


def _fields_left(column: SamplerColumn, path: str) -> Iterator[LeftOut]:
    if column.convert_to is not None:
        yield LeftOut(f"{path}.convert_to", column.convert_to, "values are taken as they are")
