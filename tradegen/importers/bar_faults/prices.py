"""Prices: what was paid and when, and whether bars hold it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tradegen.data.row import Bars, BoolArray, FloatArray, IntArray

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of one market's trades in the order of time, each array of shape `(n,)`.

    `time` is microseconds since 1970; `name` says which trade each belongs to. Averages of several
    fills are none: no bar need hold them.
    """

    time: IntArray
    price: FloatArray
    name: Sequence[str]

    def __len__(self) -> int:
        return len(self.time)

    def one_a_bar(self, length: int) -> "Prices":
        """Return the first price of each stretch of `length` microseconds.

        Many fills of one order are no more evidence than one of them.
        """
        _, first = np.unique(self.time // length, return_index=True)
        return Prices(self.time[first], self.price[first], [self.name[k] for k in first])

    def scaled(self, rescale: "Rescale") -> "Prices":
        """Return prices with those of a span divided."""
        within = (self.time >= rescale.first) & (self.time <= rescale.last)
        return replace(self, price=np.where(within, self.price / rescale.ratio, self.price))


@dataclass(frozen=True, slots=True)
class Rescale:
    """Prices from `first` to `last` are to be divided by a ratio, quantities multiplied by it."""

    first: int
    last: int
    ratio: float


def bar_of(bars: Bars, length: int, time: IntArray) -> tuple[IntArray, BoolArray]:
    """Return the index of the bar that each time lies in, and whether there is one."""
    if not len(bars):
        return np.zeros(len(time), dtype=np.int64), np.zeros(len(time), dtype=np.bool_)
    at = np.searchsorted(bars.time, time, side="right") - 1
    known = (at >= 0) & (time < bars.time[at] + length)
    return np.maximum(at, 0), known


def fits(bars: Bars, length: int, time: IntArray, price: FloatArray) -> BoolArray:
    """Return whether there is a bar at each time that holds the price."""
    if not len(bars):
        return np.zeros(len(time), dtype=np.bool_)
    at, known = bar_of(bars, length, time)
    above = price * (1 + _ROUNDING) >= bars.low[at]
    return known & above & (price * (1 - _ROUNDING) <= bars.high[at])
