"""NeMo Data Designer sampler columns: read from objects, mappings and files, and checked."""

import json
import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol, Self, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tradegen.data.regular_file import why_no_file
from tradegen.data.row import FiniteNumber
from tradegen.errors import InputError

VOLATILITY_COLUMN = "target_volatility"

DEFAULT_VALUES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1)
DEFAULT_WEIGHTS = (0.05, 0.05, 0.1, 0.15, 0.2, 0.2, 0.15, 0.05, 0.05)


@runtime_checkable
class SamplerConfigObject(Protocol):
    """A sampler column object of `nemo_microservices` or `data_designer` (both are pydantic)."""

    def model_dump(self) -> dict[str, Any]:
        """Return the column as plain values."""
        ...


_MOST_YAML = 2_000_000


class _Params(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    sampler_type: str | None = None


class CategoryParams(_Params):
    """Values and their unnormalised weights (equal if absent)."""

    values: tuple[FiniteNumber | str, ...] = Field(min_length=1)
    weights: tuple[float, ...] | None = None

    @model_validator(mode="after")
    def _check_weights(self) -> Self:
        if len(set(self.values)) != len(self.values):
            raise ValueError("values must differ from each other")
        if self.weights is None:
            return self
        if len(self.weights) != len(self.values):
            raise ValueError(f"{len(self.values)} values but {len(self.weights)} weights")
        if not all(0 <= weight < math.inf for weight in self.weights):
            raise ValueError("weights must be 0 or more, and finite")
        if sum(self.weights) <= 0:
            raise ValueError("at least one weight must be above 0")
        if not math.isfinite(sum(self.weights)):
            raise ValueError("the sum of the weights must be finite; divide all of them alike")
        return self

    def shares(self) -> tuple[float, ...]:
        """Return the weights as shares that sum to 1."""
        weights = self.weights or (1.0,) * len(self.values)
        total = sum(weights)
        return tuple(weight / total for weight in weights)


class UniformParams(_Params):
    """Uniform between `low` and `high`."""

    low: FiniteNumber
    high: FiniteNumber
    decimal_places: int | None = Field(default=None, ge=0, le=15)

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if not self.low < self.high:
            raise ValueError("low must be below high")
        return self


class GaussianParams(_Params):
    """Gaussian with `mean` and `stddev`."""

    mean: FiniteNumber
    stddev: FiniteNumber = Field(gt=0)
    decimal_places: int | None = Field(default=None, ge=0, le=15)


class ScipyParams(_Params):
    """Any continuous distribution of `scipy.stats`, by name and parameters."""

    dist_name: str
    dist_params: dict[str, FiniteNumber]
    decimal_places: int | None = Field(default=None, ge=0, le=15)


Params = CategoryParams | UniformParams | GaussianParams | ScipyParams

_PARAMS: Mapping[str, type[Params]] = {
    "category": CategoryParams,
    "uniform": UniformParams,
    "gaussian": GaussianParams,
    "scipy": ScipyParams,
}


_FOR_OTHER_KINDS = frozenset({"skip", "propagate_skip"})
"""Fields that every Data Designer column has, and that do nothing in a sampler column."""


class SamplerColumn(BaseModel):
    """One sampler column: a name, a distribution, and others that hold under conditions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    sampler_type: str
    params: Params
    conditional_params: dict[str, Params] = Field(default_factory=dict)
    column_type: Literal["sampler"] = "sampler"
    convert_to: str | None = None
    drop: bool = False

    @model_validator(mode="before")
    @classmethod
    def _read_params(cls, data: Any) -> Any:
        """Read `params` as the `sampler_type` says, so that errors speak of the right one.

        Newer Data Designer columns have fields of no use here; they pass while they are empty.
        """
        if not isinstance(data, Mapping):
            return data
        known = cls.model_fields
        kept = {key: value for key, value in data.items() if key in known or value}
        kept = {k: v for k, v in kept.items() if v is not None and k not in _FOR_OTHER_KINDS}
        kind = str(kept.get("sampler_type", ""))
        if kind not in _PARAMS:
            raise ValueError(
                f"sampler_type {kind!r} cannot describe a volatility; "
                f"expected one of {', '.join(_PARAMS)}"
            )
        model = _PARAMS[kind]
        if isinstance(kept.get("params"), Mapping):
            kept["params"] = model.model_validate(kept["params"])
        conditions = kept.get("conditional_params")
        if isinstance(conditions, Mapping):
            kept["conditional_params"] = {
                condition: model.model_validate(params) for condition, params in conditions.items()
            }
        return kept


def default_column() -> SamplerColumn:
    """Return the default diversity constraint: nine volatilities from 0.3 to 1.1."""
    params = CategoryParams(values=DEFAULT_VALUES, weights=DEFAULT_WEIGHTS)
    return SamplerColumn(name=VOLATILITY_COLUMN, sampler_type="category", params=params)


def read_columns(source: object) -> tuple[SamplerColumn, ...]:
    """Return the sampler columns of an object, a mapping, a list of them, or a file.

    A file is YAML, TOML or JSON and holds a column, a list of columns, or a Data Designer config
    with `columns`, of which those of type `sampler` are read.

    Raises `InputError` naming the column and the field that is wrong.
    """
    if isinstance(source, (str, Path)):
        path = Path(source)
        held = load_plain(path)
        if not isinstance(held, (Mapping, list)):
            raise InputError(
                f"{path}: holds {type(held).__name__} {held!r:.60}; expected a sampler column, a "
                "list of them, or a Data Designer config with columns"
            )
        try:
            return read_columns(held)
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
    if isinstance(source, SamplerColumn):
        return (source,)
    if isinstance(source, Mapping):
        if isinstance(source.get("data_designer"), Mapping):  # as a config builder writes it
            return read_columns(source["data_designer"])
        if isinstance(source.get("columns"), Sequence):
            return _samplers_among(source["columns"])
        return (read_column(source),)
    if isinstance(source, SamplerConfigObject):  # before Iterable: pydantic models are iterable
        return (read_column(source.model_dump()),)
    if isinstance(source, Iterable):
        return tuple(column for item in source for column in _columns_of(item))
    raise InputError(f"{type(source).__name__} is not a sampler column")


def _columns_of(item: object) -> tuple[SamplerColumn, ...]:
    if isinstance(item, str):  # of a list it is no path
        raise InputError(f"{item!r:.60} is not a sampler column")
    return read_columns(item)


def _samplers_among(columns: Iterable[object]) -> tuple[SamplerColumn, ...]:
    plain = [c.model_dump() if isinstance(c, SamplerConfigObject) else c for c in columns]
    return tuple(
        read_column(column)
        for column in plain
        if isinstance(column, Mapping) and column.get("column_type", "sampler") == "sampler"
    )


def read_column(data: Mapping[str, Any]) -> SamplerColumn:
    """Return one sampler column. Raises `InputError` naming it and the field that is wrong."""
    try:
        return SamplerColumn.model_validate(data)
    except ValidationError as error:
        details = "; ".join(
            f"{'.'.join(str(part) for part in detail['loc'])}: ".removeprefix(": ")
            + detail["msg"].removeprefix("Value error, ")
            for detail in error.errors(include_url=False)
        )
        raise InputError(f"sampler column {data.get('name', '?')!r}: {details}") from error


def load_plain(path: Path, what: str = "constraint") -> Any:
    """Return the plain values of a YAML, TOML or JSON file.

    Raises `InputError` for a file that cannot be read or is none of these; `what` names it.
    """
    why = why_no_file(path)
    if why is not None:
        raise InputError(f"{path}: cannot be read ({why})")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text ({error}); save it as UTF-8") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    try:
        return _parse(path, text)
    except RecursionError as error:
        raise InputError(f"{path}: not a readable {what} (nested too deeply)") from error
    except ValueError as error:
        raise InputError(f"{path}: not a readable {what} ({error})") from error


def _parse(path: Path, text: str) -> Any:
    if path.suffix == ".toml":
        return tomllib.loads(text)
    if path.suffix == ".json":
        return json.loads(text)
    import yaml

    if len(text) > _MOST_YAML:
        raise ValueError(f"{len(text):,} characters of YAML take minutes to read; write it as JSON")
    try:
        return yaml.safe_load(text)  # the C loader dies of deep nesting
    except yaml.YAMLError as error:
        raise ValueError(error) from error
