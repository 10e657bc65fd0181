"""Intervals: the spacing of a trade's bars, and bars of a wider spacing made from finer ones."""

from collections.abc import Sequence

import numpy as np

from tradegen.data.interval import INTERVAL_US
from tradegen.data.row import LOOKBACK, Bars

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
    """Return bars of a wider interval; those of their own interval are returned as they are.

    Wider bars begin at whole multiples of their length since 1970 (UTC), moved by as much as the
    bars themselves are beside whole multiples of theirs: hours that begin at half past make wider
    bars that do.
    """
    base = spacing(bars)
    if base in (None, interval):
        return bars
    length = INTERVAL_US[interval]
    beside, counts = np.unique(bars.time % INTERVAL_US[str(base)], return_counts=True)
    offset = int(beside[counts.argmax()])
    begins, first = np.unique((bars.time - offset) // length * length, return_index=True)
    last = np.append(first[1:], len(bars.time)) - 1
    return Bars(
        begins + offset,
        bars.open[first],
        np.maximum.reduceat(bars.high, first),
        np.minimum.reduceat(bars.low, first),
        bars.close[last],
        np.add.reduceat(bars.volume, first),
    )


class Series:
    """The bars of one market, at every interval that they can be made into."""

    def __init__(self, several: Sequence[Bars]) -> None:
        """Take bars of one or more intervals. Raises `ValueError` for others than are known."""
        self._from: dict[str, Bars] = {}
        self._made: dict[str, Bars] = {}
        bases = {spacing(bars): bars for bars in several}
        if None in bases:
            raise ValueError("bars are not at a known interval (1m ... 1d)")
        self._own = sorted(filter(None, bases), key=INTERVAL_US.__getitem__)
        for base in reversed(self._own):
            for name in wider(base):
                if name not in self._own or name == base:
                    self._from[name] = bases[base]

    @property
    def intervals(self) -> list[str]:
        """Every interval that there are bars of, or can be, the finest first."""
        return sorted(self._from, key=INTERVAL_US.__getitem__)

    def bars(self, interval: str) -> Bars:
        """Return the bars of an interval."""
        if interval not in self._made:
            self._made[interval] = resampled(self._from[interval], interval)
        return self._made[interval]

    def finest(self, entry: int, exit_: int) -> str | None:
        """Return the finest interval in which a trade takes at most 60 bars; None if none does.

        Intervals of the bars themselves count, and usual ones. One whose bars hold the trade and 64
        bars before it goes before one whose bars do not.
        """
        short = None
        for name in self.intervals:
            time = self.bars(name).time
            first, last = np.searchsorted(time, [entry, exit_], side="right") - 1
            if (name in self._own or name in USUAL) and last - first < MOST_BARS:
                if first >= LOOKBACK and exit_ < time[-1] + INTERVAL_US[name]:
                    return name
                short = short or name
        return short
