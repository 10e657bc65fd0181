"""Intervals: the spacing of a trade's bars, and bars of a wider spacing made from finer ones."""

import numpy as np

from tradegen.data.interval import INTERVAL_US
from tradegen.data.row import Bars

MOST_BARS = 60
"""Bars from entry to exit that a row may hold where the interval is chosen for it."""

USUAL = ("1m", "5m", "15m", "1h", "4h", "1d")
"""Intervals that are chosen among, besides that of the bars: few, so that rows compare."""


def spacing(bars: Bars) -> str | None:
    """Return the interval whose length lies most often between two bars; None for another one."""
    steps, counts = np.unique(np.diff(bars.time), return_counts=True)
    usual = int(steps[counts.argmax()]) if len(steps) else 0
    return next((name for name, length in INTERVAL_US.items() if length == usual), None)


def wider(base: str) -> list[str]:
    """Return an interval and those whose bars can be made of its bars, the finest first."""
    length = INTERVAL_US[base]
    return [name for name, other in INTERVAL_US.items() if other >= length and not other % length]


def resampled(bars: Bars, interval: str) -> Bars:
    """Return bars of a wider interval, which begin at whole multiples of it since 1970 (UTC)."""
    length = INTERVAL_US[interval]
    begins, first = np.unique(bars.time // length * length, return_index=True)
    if len(begins) == len(bars) and np.array_equal(begins, bars.time):
        return bars
    last = np.append(first[1:], len(bars.time)) - 1
    return Bars(
        begins,
        bars.open[first],
        np.maximum.reduceat(bars.high, first),
        np.minimum.reduceat(bars.low, first),
        bars.close[last],
        np.add.reduceat(bars.volume, first),
    )


def finest(options: list[str], entry: int, exit_: int) -> str | None:
    """Return the first usual interval in which a trade takes at most 60 bars, if any does.

    `options` are intervals, the finest first, which is that of the bars.
    """
    for name in (one for k, one in enumerate(options) if k == 0 or one in USUAL):
        length = INTERVAL_US[name]
        if exit_ // length - entry // length + 1 <= MOST_BARS:
            return name
    return None
