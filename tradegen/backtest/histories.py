"""Rows' bars side by side, and what can be told of each bar from those up to it."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from tradegen.data.row import LOOKBACK, FloatArray, IntArray
from tradegen.data.rows import Rows

HORIZON = 2 * LOOKBACK
"""Bars of a row that are looked at, from its first on; a longer trade's later bars are not."""


@dataclass(frozen=True, slots=True)
class Histories:
    """The first bars of `n` rows, each column of shape `(n, t)`; NaN after a row's last bar.

    `last`, shape `(n,)`, is the number of each row's last bar in here.
    """

    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray
    last: IntArray

    @classmethod
    def of(cls, rows: Rows) -> Self:
        """Return the bars of rows from the first of the lookback through the exit bar."""
        bars = rows.bars
        last = np.minimum(rows.n_bars, HORIZON) - 1
        at = np.arange(int(last.max(initial=0)) + 1)
        there = at <= last[:, None]
        flat = np.where(there, rows.offsets[:-1, None] + at, 0)
        return cls(
            open=np.where(there, bars.open[flat], np.nan),
            high=np.where(there, bars.high[flat], np.nan),
            low=np.where(there, bars.low[flat], np.nan),
            close=np.where(there, bars.close[flat], np.nan),
            volume=np.where(there, bars.volume[flat], np.nan),
            last=last,
        )

    def __len__(self) -> int:
        return len(self.last)

    @property
    def n_bars(self) -> int:
        """Number of bars side by side, `t`."""
        return int(self.close.shape[1])

    @property
    def body(self) -> FloatArray:
        """Close less open, shape `(n, t)`."""
        return self.close - self.open

    @property
    def true_range(self) -> FloatArray:
        """High less low, stretched to the close before, shape `(n, t)`; NaN at the first bar.

        Wilder, "New Concepts in Technical Trading Systems", 1978.
        """
        before = shifted(self.close, 1)
        return np.maximum(self.high, before) - np.minimum(self.low, before)


def shifted(values: FloatArray, bars: int) -> FloatArray:
    """Return each bar's value so many bars before, shape `(n, t)`; NaN where there was none."""
    result = np.full_like(values, np.nan)
    if bars < values.shape[1]:
        result[:, bars:] = values[:, : values.shape[1] - bars]
    return result


def rolling_mean(values: FloatArray, length: int) -> FloatArray:
    """Return the mean of the `length` values up to each bar, shape `(n, t)`; NaN if too few.

    Values are added anew for each bar, the earliest first, so that nothing before the window and
    nothing after it leaves so much as its rounding behind.
    """
    total = shifted(values, length - 1)
    for bars in range(length - 2, -1, -1):
        total += shifted(values, bars)
    return total / length


def rolling_deviation(values: FloatArray, length: int) -> FloatArray:
    """Return the population standard deviation of the `length` values up to each bar, `(n, t)`."""
    mean = rolling_mean(values, length)
    squares = np.zeros_like(values)
    for bars in range(length - 1, -1, -1):
        squares += (shifted(values, bars) - mean) ** 2
    return np.sqrt(squares / length)


def highest(values: FloatArray, length: int) -> FloatArray:
    """Return the largest of the `length` values up to each bar, shape `(n, t)`; NaN if too few."""
    result = values
    for bars in range(1, length):
        result = np.maximum(result, shifted(values, bars))
    return result


def lowest(values: FloatArray, length: int) -> FloatArray:
    """Return the smallest of the `length` values up to each bar, shape `(n, t)`; NaN if too few."""
    return -highest(-values, length)
