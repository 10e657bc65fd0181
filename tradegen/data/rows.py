"""Many rows as arrays: the row contract for bulk work, and its way to and from Arrow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tradegen.data.row import (
    BAR_FIELDS,
    BAR_TYPE,
    LOOKBACK,
    Bars,
    BoolArray,
    ExtraColumn,
    ExtraValue,
    FloatArray,
    IntArray,
    Row,
    arrow_schema,
    from_microseconds,
    to_microseconds,
)

TextArray = npt.NDArray[np.str_]
_Number = TypeVar("_Number", np.float64, np.int64)

_TEXT = ("trade_id", "symbol", "side", "interval")
_TIMES = ("entry_time", "exit_time")
_NUMBERS = ("entry_price", "exit_price", "quantity")
_SCALARS = (*_TEXT, *_TIMES, *_NUMBERS)


@dataclass(frozen=True, slots=True)
class Rows:
    """`n` rows as columns; row `i` owns `bars[offsets[i]:offsets[i + 1]]`.

    All columns have shape `(n,)`, `offsets` has shape `(n + 1,)` and the flat `bars` hold
    `offsets[-1]` bars. Times are microseconds since 1970-01-01 UTC. Extra columns are object
    arrays whose missing values are None.
    """

    trade_id: TextArray
    symbol: TextArray
    side: TextArray
    interval: TextArray
    entry_time: IntArray
    entry_price: FloatArray
    exit_time: IntArray
    exit_price: FloatArray
    quantity: FloatArray
    bars: Bars
    offsets: IntArray
    extras: Mapping[str, npt.NDArray[np.object_]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.trade_id)

    @property
    def n_bars(self) -> IntArray:
        """Number of bars of each row, shape `(n,)`."""
        return np.diff(self.offsets)

    @property
    def long(self) -> BoolArray:
        """Whether each row is long, shape `(n,)`."""
        result: BoolArray = self.side == "long"
        return result

    def bars_of(self, i: int) -> Bars:
        """Return the bars of row `i` as views."""
        return self.bars[self.offsets[i] : self.offsets[i + 1]]

    def row(self, i: int) -> Row:
        """Return row `i` as a model; its values are trusted, not validated again."""
        return Row.model_construct(
            trade_id=str(self.trade_id[i]),
            symbol=str(self.symbol[i]),
            side="long" if self.side[i] == "long" else "short",
            interval=str(self.interval[i]),
            entry_time=from_microseconds(self.entry_time[i]),
            entry_price=float(self.entry_price[i]),
            exit_time=from_microseconds(self.exit_time[i]),
            exit_price=float(self.exit_price[i]),
            quantity=float(self.quantity[i]),
            extras={name: values[i] for name, values in self.extras.items()},
            bars=self.bars_of(i),
        )

    def lookback(self, column: npt.NDArray[_Number]) -> npt.NDArray[_Number]:
        """Return the lookback part of a flat bar column, shape `(n, LOOKBACK)`.

        Every row must have at least `LOOKBACK` bars.
        """
        result: npt.NDArray[_Number] = column[self.offsets[:-1, None] + np.arange(LOOKBACK)]
        return result

    @property
    def entry_bar(self) -> IntArray:
        """Flat index of each row's entry bar, shape `(n,)`."""
        return self.offsets[:-1] + LOOKBACK

    @property
    def exit_bar(self) -> IntArray:
        """Flat index of each row's exit bar, shape `(n,)`."""
        return self.offsets[1:] - 1

    @property
    def window_start(self) -> IntArray:
        """Opening time of each row's first bar, shape `(n,)`."""
        return self.bars.time[self.offsets[:-1]]

    def slice(self, start: int, stop: int) -> Self:
        """Return rows `start` to `stop` (exclusive) as views."""
        offsets = self.offsets[start : stop + 1]
        return type(self)(
            **{name: getattr(self, name)[start:stop] for name in _SCALARS},
            bars=self.bars[offsets[0] : offsets[-1]],
            offsets=offsets - offsets[0],
            extras={name: values[start:stop] for name, values in self.extras.items()},
        )

    def select(self, index: npt.NDArray[Any] | Sequence[int]) -> Self:
        """Return the rows at `index` (integers or a mask), in that order."""
        chosen = np.asarray(index)
        picked = np.arange(len(self))[chosen if len(chosen) else chosen.astype(np.int64)]
        parts = [self.bars_of(int(i)) for i in picked]
        return type(self)(
            **{name: getattr(self, name)[picked] for name in _SCALARS},
            bars=Bars.concatenate(parts) if parts else self.bars[:0],
            offsets=_offsets(self.n_bars[picked]),
            extras={name: values[picked] for name, values in self.extras.items()},
        )

    @classmethod
    def concatenate(cls, parts: Sequence["Rows"]) -> "Rows":
        """Return all rows of all parts; an extra column that a part lacks is None there."""
        extras = list(dict.fromkeys(name for part in parts for name in part.extras))
        lengths = np.concatenate([part.n_bars for part in parts])
        return cls(
            **{name: np.concatenate([getattr(p, name) for p in parts]) for name in _SCALARS},
            bars=Bars.concatenate([part.bars for part in parts]),
            offsets=_offsets(lengths),
            extras={
                name: np.concatenate([_column_or_none(part, name) for part in parts])
                for name in extras
            },
        )

    @classmethod
    def from_models(cls, rows: Sequence[Row]) -> "Rows":
        """Return models as arrays."""
        names = list(dict.fromkeys(name for row in rows for name in row.extras))
        return cls(
            trade_id=np.array([row.trade_id for row in rows], dtype=np.str_),
            symbol=np.array([row.symbol for row in rows], dtype=np.str_),
            side=np.array([row.side for row in rows], dtype=np.str_),
            interval=np.array([row.interval for row in rows], dtype=np.str_),
            entry_time=np.array([to_microseconds(r.entry_time) for r in rows], dtype=np.int64),
            entry_price=np.array([row.entry_price for row in rows], dtype=np.float64),
            exit_time=np.array([to_microseconds(r.exit_time) for r in rows], dtype=np.int64),
            exit_price=np.array([row.exit_price for row in rows], dtype=np.float64),
            quantity=np.array([row.quantity for row in rows], dtype=np.float64),
            bars=Bars.concatenate([row.bars for row in rows]) if rows else EMPTY_BARS,
            offsets=_offsets([len(row.bars) for row in rows]),
            extras={name: object_array([r.extras.get(name) for r in rows]) for name in names},
        )

    def to_arrow(self, extras: Sequence[ExtraColumn] = ()) -> pa.Table:
        """Return the rows as a table of `arrow_schema(extras)`."""
        schema = arrow_schema(extras)
        bars = pa.StructArray.from_arrays(
            [
                pa.array(getattr(self.bars, name)).cast(BAR_TYPE.field(name).type)
                for name in BAR_FIELDS
            ],
            fields=list(BAR_TYPE),
        )
        offsets = pa.array(self.offsets.astype(np.int32))
        columns: dict[str, Any] = {
            "bars": pa.ListArray.from_arrays(offsets, bars, type=schema.field("bars").type)
        }
        for extra in extras:
            values = _column_or_none(self, extra.name)
            columns[extra.name] = pa.array(values, type=schema.field(extra.name).type)
        for name in _SCALARS:
            columns[name] = pa.array(getattr(self, name)).cast(schema.field(name).type)
        return pa.table([columns[name] for name in schema.names], schema=schema)

    @classmethod
    def from_arrow(cls, table: pa.Table) -> "Rows":
        """Return a table that has the contract's columns and types, without nulls in them.

        Columns beyond the contract become extras. Raises pyarrow errors for other types;
        `gold_files` checks foreign files first and says what is wrong with them.
        """
        table = table.combine_chunks()
        bars_column = _one_chunk(table, "bars")
        flat = bars_column.flatten()
        offsets = np.asarray(bars_column.offsets).astype(np.int64)
        time = _timestamps(flat.field("time"))
        numbers = [_floats(flat.field(name)) for name in BAR_FIELDS[1:]]
        core = {*_SCALARS, "bars"}
        return cls(
            **{name: _array(_one_chunk(table, name)) for name in _SCALARS},
            bars=Bars(time, *numbers),
            offsets=offsets - offsets[0],
            extras={
                name: object_array(table[name].to_pylist())
                for name in table.column_names
                if name not in core
            },
        )


EMPTY_BARS = Bars(np.zeros(0, dtype=np.int64), *(np.zeros(0) for _ in BAR_FIELDS[1:]))


def object_array(values: Sequence[ExtraValue]) -> npt.NDArray[np.object_]:
    """Return values of mixed types as an object array of shape `(n,)`."""
    array = np.empty(len(values), dtype=np.object_)
    array[:] = values
    return array


def _offsets(lengths: npt.ArrayLike) -> IntArray:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _column_or_none(rows: Rows, name: str) -> npt.NDArray[np.object_]:
    column = rows.extras.get(name)
    return object_array([None] * len(rows)) if column is None else column


def _one_chunk(table: pa.Table, name: str) -> Any:
    column = table[name]
    if column.num_chunks == 0:
        return pa.array([], type=column.type)
    return column.combine_chunks() if column.num_chunks > 1 else column.chunk(0)


def _array(column: Any) -> npt.NDArray[Any]:
    if pa.types.is_timestamp(column.type):
        return _timestamps(column)
    if pa.types.is_string(column.type):
        return np.array(column.to_pylist(), dtype=np.str_)
    return _floats(column)


def _floats(array: Any) -> FloatArray:
    return np.ascontiguousarray(pc.cast(array, pa.float64()).to_numpy(zero_copy_only=False))


def _timestamps(array: Any) -> IntArray:
    micros = pc.cast(array, pa.timestamp("us", tz="UTC")).cast(pa.int64())
    return cast("IntArray", np.ascontiguousarray(micros.to_numpy(zero_copy_only=False)))
