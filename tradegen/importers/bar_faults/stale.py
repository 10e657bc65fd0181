"""Stale bars: a feed that hung, and said the same bar again and again."""

import numpy as np

from tradegen.data.row import PRICE_FIELDS, Bars, BoolArray, FloatArray
from tradegen.importers.bar_faults.fault import Fault, Kind
from tradegen.importers.bar_faults.stretches import stretches

_COPIES = 3
"""Bars alike in prices and in a volume above 0, from which on they are copies."""

_ALIKE = 8
"""Bars alike in prices, some of them different."""

_FLAT = 24
"""Bars that are but one price: a market without trades makes some of these."""


def stale(bars: Bars) -> BoolArray:
    """Return which bars repeat one before them, as part of a run too long for chance."""
    result = np.zeros(len(bars), dtype=np.bool_)
    again = np.ones(max(len(bars) - 1, 0), dtype=np.bool_)
    for name in PRICE_FIELDS:
        column = getattr(bars, name)
        again &= column[1:] == column[:-1]
    for one, end in stretches(again):
        copies = _repeats(bars.volume[one : end + 1])
        flat = bars.high[one] == bars.low[one]
        if end + 1 - one >= (_FLAT if flat else _COPIES if copies else _ALIKE):
            result[one + 1 : end + 1] = True
    return result


def _repeats(volume: FloatArray) -> bool:
    """Return whether bars that were traded in are alike in volume, too."""
    return bool(volume[0] > 0 and np.all(volume == volume[0]))


def find_stale(symbol: str, interval: str, bars: Bars, *, fixed: bool) -> list[Fault]:
    """Return runs of stale bars."""
    done = "fixed: repeats dropped" if fixed else "--fix stale drops the repeats"
    faults = []
    for one, end in stretches(stale(bars)):
        traded = "no volume" if not bars.volume[one:end].any() else "volume goes on"
        if _repeats(bars.volume[one - 1 : end]):
            traded = "volume too"
        alike = f"the same open, high, low and close {end - one + 1:,} bars long ({traded})"
        first, last = int(bars.time[one]), int(bars.time[end - 1])
        faults.append(
            Fault(symbol, interval, Kind.STALE, first, last, end - one, alike, done, end - one)
        )
    return faults
