"""Ratios: prices that are a whole multiple of the bars', as on the other side of a split."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from tradegen.data.row import Bars, BoolArray, from_microseconds
from tradegen.importers.bar_faults.fault import Fault, Kind
from tradegen.importers.bar_faults.prices import Prices, Rescale, bar_of, fits

SPLITS = (Fraction(3, 2), *map(Fraction, (2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50)))
"""New shares for one old one."""

_UNITS = (Fraction(100), Fraction(1000))
"""Cents for dollars; contracts of a thousand coins."""

_ENOUGH = 3
_MOSTLY = 0.8
_EVER = 2**62
_MOST = 4


def find_ratios(
    symbol: str, interval: str, length: int, bars: Bars, prices: Prices, *, fixed: bool
) -> list[tuple[Fault, Rescale]]:
    """Return spans in which prices that bars do not hold are a constant multiple of these.

    At least three prices in different bars say so, and four of five in the span. A span goes on
    to the end of times where no price beyond fits as it stands.
    """
    ones = prices.one_a_bar(length)
    found = []
    for ratio, mask in _groups(bars, length, ones):
        index = np.flatnonzero(mask)
        as_it_is = np.flatnonzero(fits(bars, length, ones.time, ones.price))
        first, last = int(ones.time[index[0]]), int(ones.time[index[-1]])
        since = first if (as_it_is < index[0]).any() else -_EVER
        until = last if (as_it_is > index[-1]).any() else _EVER
        _, known = bar_of(bars, length, ones.time)
        within = known & (ones.time >= first) & (ones.time <= last)
        times = f"{float(ratio):g}" if ratio > 1 else f"1/{float(1 / ratio):g}"
        evidence = (
            f"{len(index):,} of {int(within.sum()):,} prices until "
            f"{from_microseconds(last).date()} are {times} times those of the bars, as if only one "
            f"of both were adjusted for a split {_split(ratio)}"
        )
        done = (
            "fixed: prices divided, quantities multiplied"
            if fixed
            else "--fix ratio brings prices and quantities to the bars"
        )
        fault = Fault(
            *(symbol, interval, Kind.RATIO, first, last, len(index), evidence, done, len(index))
        )
        found.append((fault, Rescale(since, until, float(ratio))))
    return found


def _groups(bars: Bars, length: int, ones: Prices) -> Iterator[tuple[Fraction, BoolArray]]:
    """Return each ratio that explains prices, and which these are; the best first."""
    _, known = bar_of(bars, length, ones.time)
    left = known & ~fits(bars, length, ones.time, ones.price)
    every = [one for whole in (*SPLITS, *_UNITS) for one in (whole, 1 / whole)]
    for _ in range(_MOST):
        best, chosen = None, np.zeros(len(ones), dtype=np.bool_)
        for ratio in every:
            mask = left & fits(bars, length, ones.time, ones.price / float(ratio))
            if mask.sum() > chosen.sum():
                best, chosen = ratio, mask
        if best is None or chosen.sum() < _ENOUGH:
            return
        index = np.flatnonzero(chosen)
        within = known[index[0] : index[-1] + 1]
        if chosen.sum() >= _MOSTLY * within.sum():
            yield best, chosen
        left &= ~chosen


def _split(ratio: Fraction) -> str:
    return f"{ratio.numerator}:{ratio.denominator}"
