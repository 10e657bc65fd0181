"""Traits: what is counted of rows, one number or word a row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from tradegen.data.interval import DAY_US, HOUR_US, interval_lengths
from tradegen.data.row import LOOKBACK, FloatArray, IntArray
from tradegen.data.rows import Rows, TextArray
from tradegen.data.volatility import lookback_volatility

_FIRST_MONDAY_US = 4 * DAY_US
_WEEK = 7
_DAY = 24


@dataclass(frozen=True, slots=True)
class Traits:
    """Columns of shape `(n,)`.

    `result_pct` is the return from entry to exit in percent, before costs; `bars_held` counts from
    the entry bar to the exit bar, 0 within one bar; `volatility` is NaN where the bars per year are
    not known; `hour` and `weekday` (0 is Monday) are of the entry, UTC; `own` are the user's
    columns as text, empty where there is none.
    """

    symbol: TextArray
    side: TextArray
    result_pct: FloatArray
    bars_held: IntArray
    volatility: FloatArray
    hour: IntArray
    weekday: IntArray
    intraday: bool
    own: Mapping[str, TextArray]

    def __len__(self) -> int:
        return len(self.symbol)

    @classmethod
    def of(cls, rows: Rows, bars_per_year: FloatArray) -> Self:
        """Return the traits of rows; `bars_per_year` has shape `(n,)`."""
        direction = np.where(rows.long, 1.0, -1.0)
        return cls(
            symbol=rows.symbol,
            side=rows.side,
            result_pct=100 * direction * (rows.exit_price / rows.entry_price - 1),
            bars_held=rows.n_bars - 1 - LOOKBACK,
            volatility=lookback_volatility(rows, bars_per_year),
            hour=rows.entry_time // HOUR_US % _DAY,
            weekday=(rows.entry_time - _FIRST_MONDAY_US) // DAY_US % _WEEK,
            intraday=bool((interval_lengths(rows.interval) < DAY_US).any()),
            own={name: _as_text(values) for name, values in rows.extras.items()},
        )

    @classmethod
    def concatenate(cls, parts: Sequence["Traits"]) -> "Traits":
        """Return the traits of all parts, which have the same own columns."""
        columns = ("symbol", "side", "result_pct", "bars_held", "volatility", "hour", "weekday")
        return cls(
            **{name: np.concatenate([getattr(part, name) for part in parts]) for name in columns},
            intraday=any(part.intraday for part in parts),
            own={name: np.concatenate([part.own[name] for part in parts]) for name in parts[0].own},
        )


def _as_text(values: Iterable[object]) -> TextArray:
    return np.array(["" if value is None else str(value) for value in values], dtype=np.str_)
