"""Gold files of every format: read them into rows, or say what is wrong with them and where."""

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import TypeAdapter, ValidationError

from tradegen.data.bars_files import BarsTable, read_bars
from tradegen.data.column_names import refuse_same_names
from tradegen.data.parquet import UNREADABLE, example, first_of, in_utc, read_table
from tradegen.data.regular_file import why_no_file
from tradegen.data.row import (
    A_TIME_IN_RANGE,
    BAR_FIELDS,
    BAR_TYPE,
    CORE_FIELDS,
    ExtraColumn,
    ExtraKind,
    ExtraValue,
    Name,
    UtcTime,
    arrow_schema,
    to_microseconds,
)
from tradegen.data.rows import Rows, object_array
from tradegen.data.text_files import (
    TIME_FIELDS,
    Cell,
    Record,
    core_columns,
    parse_records,
    problem_of,
    read_csv_records,
    read_jsonl_records,
)
from tradegen.errors import GoldError, Problem

_CSV = (".csv", ".tsv", ".txt")
_NAMED = ("trade_id", "symbol", "side", "interval")
_OF_ROUND_TRIPS = ("entry_time", "entry_price", "exit_time", "exit_price")

CATEGORY_LIMIT = 0.5
"""Text with at most this share of distinct values (or 20 of them) is a category."""

_TIME: TypeAdapter[datetime] = TypeAdapter(UtcTime)
_NAMES: TypeAdapter[list[str | None]] = TypeAdapter(list[Name | None])


@dataclass(frozen=True, slots=True)
class GoldFile:
    """The readable rows of one file, their numbers in it, and what is wrong with the others."""

    path: Path
    rows: Rows
    numbers: list[int]
    problems: list[Problem]


def read_gold_file(path: Path, bars: BarsTable | None, tz: ZoneInfo | None) -> GoldFile:
    """Read a Parquet, CSV or JSONL file of rows; `bars` are joined where rows have none.

    Raises `GoldError` for what concerns the whole file (absent, unreadable, empty, a missing
    column); what concerns single rows is returned as problems.
    """
    if (wrong := why_no_file(path)) is not None:
        raise GoldError(f"{path}: {wrong}")
    suffix = path.suffix.lower()
    if suffix in (".parquet", ".pq"):
        return _read_parquet(path, bars, tz)
    if suffix in (".jsonl", ".ndjson"):
        return _from_records(path, *read_jsonl_records(path), bars, tz)
    if suffix in _CSV:
        return _from_records(path, *read_csv_records(path), bars, tz)
    raise GoldError(f"{path}: unknown kind of file; expected .parquet, .csv, .tsv or .jsonl")


def read_gold_files(
    paths: Sequence[Path], bars_paths: Sequence[Path], tz: ZoneInfo | None
) -> list[GoldFile]:
    """Read several gold files and the files their bars may be in; see `read_gold_file`."""
    bars = read_bars(bars_paths, tz) if bars_paths else None
    return [read_gold_file(path, bars, tz) for path in paths]


def tidy_extras(rows: Rows) -> tuple[Rows, tuple[ExtraColumn, ...]]:
    """Tell the kind of each of the user's own columns from its values, and make them all of it.

    Columns without a value are left out. Values of different kinds in one column, and whole
    numbers beyond 64 bits, become text; a cell of a CSV file as it was written.
    """
    extras, columns = {}, []
    for name, values in rows.extras.items():
        written = [value for value in values.tolist() if value is not None]
        if not written:
            continue
        kind = _kind_of(written)
        columns.append(ExtraColumn(name, kind))
        as_kind = _AS_KIND[kind]
        extras[name] = object_array([None if v is None else as_kind(v) for v in values.tolist()])
    return replace(rows, extras=extras), tuple(columns)


def _meaning(value: ExtraValue) -> ExtraValue:
    return value.meaning if isinstance(value, Cell) else value


def _as_text(value: ExtraValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)  # as JSON and CSV have it


_AS_KIND: Mapping[ExtraKind, Callable[[Any], ExtraValue]] = {
    "boolean": _meaning,
    "integer": _meaning,
    "number": lambda value: float(_meaning(value) or 0),
    "category": _as_text,
    "text": _as_text,
}


def _kind_of(written: Sequence[ExtraValue]) -> ExtraKind:
    values = [_meaning(value) for value in written]
    kinds = {type(value) for value in values}
    if kinds == {bool}:
        return "boolean"
    if kinds == {int} and all(-(2**63) <= int(value or 0) < 2**63 for value in values):
        return "integer"
    if float in kinds and kinds <= {int, float}:
        return "number"
    few = len(set(written)) <= max(20, CATEGORY_LIMIT * len(written))
    return "category" if few else "text"


# --- text -------------------------------------------------------------------------------------


def _from_records(
    path: Path,
    records: list[Record],
    problems: list[Problem],
    bars: BarsTable | None,
    tz: ZoneInfo | None,
) -> GoldFile:
    if not records and not problems:
        raise GoldError(f"{path}: the file has a header but no rows")
    have = core_columns(records)
    joined = bars is not None and "bars" not in have
    if records:
        _require_columns(path, have | ({"bars"} if joined else set()), _all_names(records))
    if bars is not None and joined:
        records, unjoined = _join(path, records, bars, tz)
        problems = [*problems, *unjoined]
    parsed = parse_records(path, records, tz)
    found = [p for p in parsed.problems if not (joined and p.field == "bars")]
    return GoldFile(path, Rows.from_models(parsed.rows), parsed.numbers, [*problems, *found])


def _all_names(records: Sequence[Record]) -> list[str]:
    return list(dict.fromkeys(name for record in records for name in record.values))


def _join(
    path: Path, records: Sequence[Record], bars: BarsTable, tz: ZoneInfo | None
) -> tuple[list[Record], list[Problem]]:
    joined, problems = [], []
    for record in records:
        times = [_moment(record.values.get(name), tz) for name in TIME_FIELDS]
        if None in times:  # the row's own validation will say what is wrong with its times
            joined.append(record)
            continue
        entry, exit_ = (moment for moment in times if moment is not None)
        try:
            window = bars.around(record.values, entry, exit_)
        except LookupError as error:
            problems.append(
                Problem(str(path), record.number, "bars", "missing", str(error.args[0]))
            )
        else:
            joined.append(Record(record.number, {**record.values, "bars": window}))
    return joined, problems


def _moment(value: object, tz: ZoneInfo | None) -> int | None:
    try:
        return to_microseconds(_TIME.validate_python(value, context=tz))
    except ValidationError:
        return None


# --- Parquet ----------------------------------------------------------------------------------


def _read_parquet(path: Path, bars: BarsTable | None, tz: ZoneInfo | None) -> GoldFile:
    try:
        table = read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise GoldError(
            f"{path}: not a readable Parquet file ({error}); it may be truncated, copy it again"
        ) from error
    if table.num_rows == 0:
        raise GoldError(f"{path}: the file has no rows")
    refuse_same_names(path, table.column_names)
    joined = bars is not None and "bars" not in table.column_names
    have = set(table.column_names) | ({"bars"} if joined else set())
    _require_columns(path, have, table.column_names)
    if bars is not None and joined:
        records = [
            Record(k, {name: value for name, value in row.items() if value is not None})
            for k, row in enumerate(_plain_rows(path, table), start=1)
        ]
        return _from_records(path, records, [], bars, tz)
    for name in CORE_FIELDS:
        table = _with_column(table, name, _cast(path, name, table[name], tz))
    for name in table.column_names:
        if name not in CORE_FIELDS:
            table = _with_column(table, name, _own_column(path, name, table[name]))
    problems, ok = _missing_values(path, table)
    for name in _NAMED:
        for position, problem in _bad_names(path, name, table[name]):
            problems.append(problem)
            ok[position] = False
    numbers = (np.flatnonzero(ok) + 1).tolist()
    return GoldFile(path, Rows.from_arrow(table.filter(pa.array(ok))), numbers, problems)


def _plain_rows(path: Path, table: pa.Table) -> list[dict[str, Any]]:
    """Return a table's rows as Python values, which know fewer times than Arrow does."""
    try:
        rows: list[dict[str, Any]] = table.to_pylist()
    except (OverflowError, ValueError, KeyError) as error:
        for name in table.column_names:
            for row, value in enumerate(table[name], start=1):
                if example(value) == UNREADABLE:
                    problem = Problem(str(path), row, name, str(value.type), A_TIME_IN_RANGE)
                    raise GoldError(f"{path}: cannot be read:", [problem]) from error
        raise
    return rows


def _require_columns(path: Path, have: set[str], found: Sequence[str]) -> None:
    missing = [name for name in CORE_FIELDS if name not in have]
    if not missing:
        return
    if set(_OF_ROUND_TRIPS) <= set(missing):
        raise GoldError(
            f"{path}: has no {', '.join(_OF_ROUND_TRIPS)}; found {', '.join(found[:20])}. A row is "
            "a round trip, opened and closed; if these are fills (one time, one price a line), "
            "make gold of them first: tradegen import"
        )
    hints = [
        f"{name} (is it {close[0]!r}?)"
        if (close := difflib.get_close_matches(name, [f for f in found if f not in CORE_FIELDS]))
        else name
        for name in missing
    ]
    advice = "; or give the bars in a file of their own: --bars FILE" if missing == ["bars"] else ""
    raise GoldError(
        f"{path}: missing column(s): {', '.join(hints)}; found {', '.join(found[:20])}; "
        f"expected {', '.join(CORE_FIELDS)}{advice}"
    )


def _with_column(table: pa.Table, name: str, column: pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, column)


def _cast(path: Path, name: str, column: pa.ChunkedArray, tz: ZoneInfo | None) -> pa.ChunkedArray:
    """Return a contract column in the contract's type; a type that only looks alike is an error."""
    if name == "bars":
        return _cast_bars(path, column, tz)
    wanted = arrow_schema().field(name).type
    return _cast_plain(path, name, column, wanted, tz)


def _cast_plain(
    path: Path, name: str, column: Any, wanted: pa.DataType, tz: ZoneInfo | None
) -> Any:
    kind = column.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_timestamp(wanted):
        allowed, expected = _is_time, "timestamps with a time zone"
    elif pa.types.is_floating(wanted):
        allowed, expected = _is_number, "numbers"
    else:
        allowed, expected = _is_text, "text"
    if not allowed(kind):
        raise GoldError(
            f"{path}: {name} has type {kind} (e.g. {first_of(column)}); expected {expected}"
        )
    try:
        if pa.types.is_timestamp(wanted):
            return in_utc(str(path), name, column, tz)
        # whole numbers too large to be exact are beyond what the invariants allow
        return pc.cast(column, wanted, safe=not pa.types.is_integer(kind))
    except pa.ArrowException as error:
        raise GoldError(
            f"{path}: {name} has type {kind}, whose values cannot all be read as {expected} "
            f"({error}); store them as {wanted}"
        ) from error


def _is_time(kind: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _cast_bars(path: Path, column: pa.ChunkedArray, tz: ZoneInfo | None) -> pa.ChunkedArray:
    kind = column.type
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    if not is_list or not pa.types.is_struct(kind.value_type):
        raise GoldError(
            f"{path}: bars has type {kind}; expected a list of structs with {', '.join(BAR_FIELDS)}"
        )
    names = [kind.value_type.field(k).name for k in range(kind.value_type.num_fields)]
    refuse_same_names(path, names, "fields of bars")
    missing = [name for name in BAR_FIELDS if name not in names]
    if missing:
        raise GoldError(f"{path}: bars lack {', '.join(missing)}; found {', '.join(names)}")
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0)
    flat = array.flatten()
    fields = [
        _cast_plain(path, f"bars.{name}", flat.field(name), BAR_TYPE.field(name).type, tz)
        for name in BAR_FIELDS
    ]
    struct = pa.StructArray.from_arrays(
        fields, fields=[field.with_nullable(True) for field in BAR_TYPE], mask=pc.is_null(flat)
    )
    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    whole = pa.ListArray.from_arrays(pa.array(offsets), struct, mask=pc.is_null(array))
    return pa.chunked_array([whole])


def _own_column(path: Path, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return _plain_extra(path, name, column)
    except pa.ArrowException as error:
        raise GoldError(
            f"{path}: your own column {name!r} has type {column.type}, which cannot be read "
            f"({error}); mend or drop it"
        ) from error


def _plain_extra(path: Path, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if _is_text(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind):
        return pc.cast(column, pa.bool_() if pa.types.is_boolean(kind) else pa.string())
    if pa.types.is_integer(kind):
        try:
            return pc.cast(column, pa.int64())
        except pa.ArrowInvalid:  # unsigned and too large
            return pc.cast(column, pa.string())
    if _is_number(kind):
        numbers = pc.cast(column, pa.float64())
        return pc.if_else(pc.is_nan(numbers), None, numbers)  # so pandas writes a missing number
    if pa.types.is_temporal(kind):
        return pc.cast(column, pa.string())
    raise GoldError(
        f"{path}: your own column {name!r} has type {kind}; tradegen carries text, numbers and "
        "booleans: flatten or drop it"
    )


def _missing_values(path: Path, table: pa.Table) -> tuple[list[Problem], Any]:
    """Find nulls in the contract's columns; return them and a mask of rows without any."""
    ok = np.ones(table.num_rows, dtype=np.bool_)
    problems = []
    for name in CORE_FIELDS:
        if table[name].null_count:
            for row in np.flatnonzero(table[name].is_null().to_numpy()).tolist():
                problems.append(Problem(str(path), row + 1, name, "missing", "a value"))
                ok[row] = False
    bars = table["bars"].chunk(0)
    flat = bars.flatten()
    owner = np.repeat(np.arange(len(bars)), pc.fill_null(pc.list_value_length(bars), 0))
    first = np.asarray(bars.offsets)
    for name in BAR_FIELDS:
        missing = flat.field(name).is_null().to_numpy(zero_copy_only=False)
        for bar in np.flatnonzero(missing).tolist():
            row = int(owner[bar])
            field = f"bars[{bar - int(first[row])}].{name}"
            problems.append(Problem(str(path), row + 1, field, "missing", "a value"))
            ok[row] = False
    return problems, ok


def _bad_names(path: Path, name: str, column: pa.ChunkedArray) -> Iterator[tuple[int, Problem]]:
    """Yield the position and problem of every name that the contract does not allow."""
    try:
        _NAMES.validate_python(column.to_pylist())
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=False):
            position = int(detail["loc"][0])
            yield position, problem_of(path, position + 1, name, detail)
