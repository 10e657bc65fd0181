"""The row contract: what one round trip is, as a pydantic model and as an Arrow schema.

`Row` and `Bar` are the only definition. The Arrow schema of files is derived from their
annotations here; `rows.Rows` holds the same columns as arrays for bulk work.
"""

import math
import re
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Self, Union, get_args, get_origin
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainValidator,
    ValidationInfo,
)
from pydantic_core import CoreSchema, core_schema

from tradegen.data.interval import INTERVAL_US
from tradegen.data.local_time import in_zone

LOOKBACK = 64
"""Bars before the entry bar; `bars[LOOKBACK]` is the entry bar and `bars[-1]` the exit bar."""

SIDES = ("long", "short")

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

ExtraValue = str | int | float | bool | None
ExtraKind = Literal["category", "text", "number", "integer", "boolean"]

FIRST_YEAR, LAST_YEAR = 1700, 2200
"""Times lie from the first moment of the one year to that of the other, in UTC.

Beyond, market calendars (nanoseconds in 64 bits) and Python's own arithmetic come to their ends.
"""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BARE_NUMBER = re.compile(r"[-+]?[\d.]+")


def to_microseconds(moment: datetime) -> int:
    """Return microseconds since 1970-01-01 UTC, exactly (a float timestamp would round)."""
    return (moment - _EPOCH) // _MICROSECOND


def from_microseconds(microseconds: int) -> datetime:
    """Return the UTC time that lies `microseconds` after 1970-01-01."""
    return _EPOCH + timedelta(microseconds=int(microseconds))


FIRST_TIME, END_OF_TIMES = (
    to_microseconds(datetime(year, 1, 1, tzinfo=UTC)) for year in (FIRST_YEAR, LAST_YEAR)
)
A_TIME_IN_RANGE = f"a time from the year {FIRST_YEAR} on and before {LAST_YEAR}"


def _only_text_or_time(value: object) -> object:
    """Refuse bare numbers: whether they count seconds or milliseconds would be a guess."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or _BARE_NUMBER.fullmatch(value.strip()):
        raise ValueError("expected an ISO 8601 time such as 2024-01-31T14:30:00Z")
    try:
        return datetime.fromisoformat(value)  # knows forms that pydantic does not
    except ValueError:
        return value


def _to_utc(value: datetime, info: ValidationInfo) -> datetime:
    """Return a time in UTC; one without an offset is in the zone that the context names, if any."""
    if not FIRST_YEAR <= value.year < LAST_YEAR:  # first: the edges of the calendar overflow
        raise ValueError(f"expected {A_TIME_IN_RANGE}")
    if value.tzinfo is None:
        if info.context is None:
            raise ValueError("expected a time with its offset from UTC, e.g. 2024-01-31T14:30:00Z")
        value = in_zone(value, info.context)
    return value.astimezone(UTC)


def _without_nul(value: str) -> str:
    if "\0" in value:  # arrays of text would cut it off
        raise ValueError("expected text without NUL characters")
    return value


def _known_interval(value: str) -> str:
    if value not in INTERVAL_US:
        raise ValueError(f"expected one of {', '.join(INTERVAL_US)}")
    return value


def _plain_value(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        if math.isnan(value):
            return None
        raise ValueError("expected a finite number; leave a missing value empty")
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise ValueError("expected text, a number or a boolean; flatten or drop this column")


UtcTime = Annotated[datetime, BeforeValidator(_only_text_or_time), AfterValidator(_to_utc)]
FiniteNumber = Annotated[float, Field(allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_without_nul)]


class Bar(BaseModel):
    """One interval's open, high, low, close and volume, stamped with its opening time (UTC)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    time: UtcTime
    open: FiniteNumber
    high: FiniteNumber
    low: FiniteNumber
    close: FiniteNumber
    volume: FiniteNumber


BAR_FIELDS = tuple(Bar.model_fields)
PRICE_FIELDS = ("open", "high", "low", "close")


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Consecutive bars as arrays, each of shape `(n_bars,)`; `time` in microseconds since 1970."""

    time: IntArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray

    def __len__(self) -> int:
        return len(self.time)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Bars):
            return NotImplemented
        return all(
            np.array_equal(getattr(self, f.name), getattr(other, f.name)) for f in fields(self)
        )

    def __getitem__(self, part: slice) -> Self:
        return type(self)(*(getattr(self, f.name)[part] for f in fields(self)))

    @classmethod
    def concatenate(cls, parts: Sequence["Bars"]) -> "Bars":
        """Return the bars of all parts, one after the other."""
        return cls(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)))

    @classmethod
    def from_models(cls, bars: Sequence[Bar]) -> "Bars":
        """Return validated bars as arrays."""
        numbers = np.array(
            [(b.open, b.high, b.low, b.close, b.volume) for b in bars], dtype=np.float64
        ).reshape(len(bars), 5)
        time = np.array([to_microseconds(b.time) for b in bars], dtype=np.int64)
        return cls(time, *(np.ascontiguousarray(numbers[:, k]) for k in range(5)))

    def to_records(self) -> list[dict[str, Any]]:
        """Return one mapping a bar, as JSON and pydantic know it."""
        columns = [getattr(self, name).tolist() for name in BAR_FIELDS]
        columns[0] = [from_microseconds(us) for us in columns[0]]
        return [dict(zip(BAR_FIELDS, values, strict=True)) for values in zip(*columns, strict=True)]

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        from_list = core_schema.no_info_after_validator_function(
            cls.from_models, handler.generate_schema(list[Bar])
        )

        def accept(value: object, validate: core_schema.ValidatorFunctionWrapHandler) -> "Bars":
            bars: Bars = value if isinstance(value, Bars) else validate(value)
            return bars

        return core_schema.no_info_wrap_validator_function(
            accept,
            from_list,
            serialization=core_schema.plain_serializer_function_ser_schema(cls.to_records),
        )


class Row(BaseModel):
    """One round trip: who traded what, when and at which price, with the bars around it.

    `quantity` is in the symbol's own unit (shares, contracts, coins) and prices in its quote
    currency. `extras` holds the user's own columns. What can be computed (return, profit,
    holding time, volatility, indicators) is never stored.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trade_id: Name
    symbol: Name
    side: Literal["long", "short"]
    interval: Annotated[str, AfterValidator(_known_interval)]
    entry_time: UtcTime
    entry_price: FiniteNumber
    exit_time: UtcTime
    exit_price: FiniteNumber
    quantity: FiniteNumber
    extras: dict[str, Annotated[ExtraValue, PlainValidator(_plain_value)]] = Field(
        default_factory=dict
    )
    bars: Bars

    @classmethod
    def from_record(cls, record: Mapping[str, Any], tz: ZoneInfo | None = None) -> Self:
        """Return the row of a flat record, whose unknown keys are the user's own columns.

        Times without an offset are in `tz`. Raises pydantic's `ValidationError` with the path of
        every bad field.
        """
        core = {key: value for key, value in record.items() if key in CORE_FIELDS}
        extras = {key: value for key, value in record.items() if key not in CORE_FIELDS}
        return cls.model_validate({**core, "extras": extras}, context=tz)


CORE_FIELDS = tuple(name for name in Row.model_fields if name != "extras")
"""Names of the contract's own columns, in the order they are written."""


@dataclass(frozen=True, slots=True)
class ExtraColumn:
    """One of the user's own columns and what kind of values it holds."""

    name: str
    kind: ExtraKind


_ARROW_TYPE: Mapping[object, pa.DataType] = {
    str: pa.string(),
    float: pa.float64(),
    datetime: pa.timestamp("us", tz="UTC"),
}
_ARROW_TYPE_OF_EXTRA: Mapping[ExtraKind, pa.DataType] = {
    "category": pa.string(),
    "text": pa.string(),
    "number": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
}


def _plain_type(annotation: object) -> object:
    """Strip `Annotated` and `Literal` down to the type that is stored."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _plain_type(get_args(annotation)[0])
    if origin is Literal:
        return type(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        raise TypeError(f"a column of the contract cannot be a union: {annotation}")
    return annotation


def _arrow_type(annotation: object) -> pa.DataType:
    plain = _plain_type(annotation)
    if plain is Bars:
        return pa.list_(BAR_TYPE)
    return _ARROW_TYPE[plain]


BAR_TYPE = pa.struct(
    [
        pa.field(name, _arrow_type(field.annotation), nullable=False)
        for name, field in Bar.model_fields.items()
    ]
)


def arrow_schema(extras: Iterable[ExtraColumn] = ()) -> pa.Schema:
    """Return the schema of a file of rows with the user's own columns before the bars."""
    core = [
        pa.field(name, _arrow_type(Row.model_fields[name].annotation), nullable=False)
        for name in CORE_FIELDS
    ]
    own = [pa.field(extra.name, _ARROW_TYPE_OF_EXTRA[extra.kind]) for extra in extras]
    return pa.schema([*core[:-1], *own, core[-1]])
