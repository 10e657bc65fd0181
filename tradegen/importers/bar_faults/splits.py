"""Splits: jumps between two bars that a change of the number of shares explains."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from tradegen.data.interval import DAY_US
from tradegen.data.row import PRICE_FIELDS, Bars, FloatArray, IntArray
from tradegen.importers.bar_faults.fault import Fault, Kind
from tradegen.importers.bar_faults.ratios import SPLITS

_TOLERANCE = 0.02
"""Least part of a split's log ratio that a market may move meanwhile."""

_MOST_TOLERANCE = 0.06
_USUAL = 20
"""Bars before a jump that tell what was usual."""

_AFTER = 5
_UNUSUAL = 3.0
"""Times the usual range of a bar, or the usual turnover: news, and no split."""

_LONGEST_REST_US = 10 * DAY_US
"""A market that rests longer may go anywhere."""

_BEYOND_NEWS = Fraction(5)
"""From this ratio on, a jump that fits needs no other witness."""


@dataclass(frozen=True, slots=True)
class Split:
    """A bar before which prices are `ratio` times too high (new shares for one old one)."""

    at: int
    ratio: Fraction
    evidence: str


def find_splits(bars: Bars) -> list[Split]:
    """Return splits that bars are not adjusted for.

    A jump from close to open lies within a few usual moves of a known ratio, while the bar's range
    and the turnover (price times volume) stay usual: a split changes neither, news change both.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        jump = np.log(bars.open[1:] / bars.close[:-1])
        usual_move = np.log(bars.high / bars.low)
    candidates = np.flatnonzero(np.abs(jump) > math.log(float(min(SPLITS))) - _MOST_TOLERANCE) + 1
    found = []
    for at in candidates.tolist():
        before = slice(max(at - _USUAL, 0), at)
        if at - before.start < _AFTER or bars.time[at] - bars.time[at - 1] > _LONGEST_REST_US:
            continue
        usual = float(np.nanmedian(usual_move[before]))
        size = float(jump[at - 1])
        ratio = _nearest(-size)
        certain = max(ratio, 1 / ratio) >= _BEYOND_NEWS
        tolerance = _MOST_TOLERANCE if certain else min(max(_TOLERANCE, usual), _MOST_TOLERANCE)
        if abs(math.log(ratio) + size) > tolerance:
            continue
        told = _witness(bars, usual_move, at, before, ratio)
        if told is not None:
            move = (
                f"close {bars.close[at - 1]:g} to open {bars.open[at]:g}, a split "
                f"{ratio.numerator}:{ratio.denominator} to within {abs(math.log(ratio) + size):.1%}"
            )
            found.append(Split(at, ratio, f"{move}; {told}"))
    return found


def _nearest(size: float) -> Fraction:
    every = [one for whole in SPLITS for one in (whole, 1 / whole)]
    return min(every, key=lambda ratio: abs(math.log(ratio) - size))


def _witness(bars: Bars, moves: FloatArray, at: int, before: slice, ratio: Fraction) -> str | None:
    """Return what range and volume say, or None if they speak against a split."""
    after = slice(at, at + _AFTER)
    usual, now = np.nanmedian(moves[before]), np.nanmedian(moves[after])
    volume, later = np.nanmedian(bars.volume[before]), np.nanmedian(bars.volume[after])
    change = later / volume if volume > 0 and later > 0 else math.nan
    told = "volume tells nothing" if math.isnan(change) else f"volume is {change:.2g} times"
    if max(ratio, 1 / ratio) >= _BEYOND_NEWS:
        return told
    turnover = change / float(ratio)
    calm = now <= _UNUSUAL * usual and moves[at] <= _UNUSUAL * usual
    same = math.isnan(turnover) or 1 / _UNUSUAL <= turnover <= _UNUSUAL
    return told if calm and same else None


def adjusted(bars: Bars, split: Split) -> Bars:
    """Return bars with those before a split brought to the shares after it."""
    ratio = float(split.ratio)
    before = np.arange(len(bars)) < split.at
    open_, high, low, close = (
        np.where(before, getattr(bars, name) / ratio, getattr(bars, name)) for name in PRICE_FIELDS
    )
    volume = np.where(before, bars.volume * ratio, bars.volume)
    return Bars(bars.time, open_, high, low, close, volume)


def split_faults(
    symbol: str, interval: str, time: IntArray, splits: list[Split], *, fixed: bool
) -> list[Fault]:
    """Return splits as faults."""
    done = "fixed: bars before it adjusted" if fixed else "--fix splits adjusts the bars before it"
    return [
        Fault(
            *(symbol, interval, Kind.SPLITS, int(time[one.at - 1]), int(time[one.at])),
            count=one.at,
            evidence=one.evidence,
            done=done,
            size=float(max(one.ratio, 1 / one.ratio)),
        )
        for one in splits
    ]
