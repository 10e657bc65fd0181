"""The windows of gold that new bars are made from, as log parts of their bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tradegen.data.interval import DAY_US, interval_lengths
from tradegen.data.market import Market
from tradegen.data.row import LOOKBACK, BoolArray, FloatArray, IntArray
from tradegen.data.rows import Rows

SEEN = LOOKBACK + 1
"""Bars that every window has: the lookback and the entry bar."""

MOST_WINDOWS = 2000
"""Windows of one kind and side that are drawn on at the most; more cost time, not variety."""

_MOST_BARS = SEEN + 128
_MOST_PLACES = 96
_MANY_BREAKS = 0.01
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Windows:
    """Gold windows with their bars padded to one width `w`.

    `row` is each window's train index and `length` how many of its bars are known; later places
    repeat the last one. `kind` numbers the combinations of interval and calendar, `place` the
    places of bars in their day or session. `gap` (open over the close before), `body` (close over
    open), `upper` and `lower` (high and low from the body) are log distances in units of the
    standard deviation of the lookback's returns; `range` is the log of high over low in that
    unit, `volume` the log of 1 plus volume. Per bar `(n, w)`, else `(n,)`.
    """

    row: IntArray
    kind: IntArray
    long: BoolArray
    length: IntArray
    place: IntArray
    gap: FloatArray
    body: FloatArray
    upper: FloatArray
    lower: FloatArray
    range: FloatArray
    volume: FloatArray

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self.row)

    @property
    def known(self) -> BoolArray:
        """Which places hold a bar, shape `(n, w)`."""
        known: BoolArray = np.arange(self.gap.shape[1]) < self.length[:, None]
        return known

    @property
    def returns(self) -> FloatArray:
        """Close-to-close log returns in units of the volatility, shape `(n, w)`."""
        return self.gap + self.body


@dataclass(frozen=True)
class Clock:
    """Numbers the places that the bars of one kind have in their day or session.

    Where the market rests, places are counted from its opening, which no change of clocks moves;
    where it never does, from midnight UTC. Bars of a day or more all have the same place.
    """

    slots: IntArray
    interval: int
    first: int

    @property
    def n_places(self) -> int:
        """How many places there are."""
        return 1 if self.interval >= DAY_US else min(DAY_US // self.interval, _MOST_PLACES)

    def __call__(self, time: IntArray) -> IntArray:
        """Return the place of bars that open at `time`, of any shape."""
        if self.n_places == 1:
            return np.full(time.shape, self.first)
        if self._since_opening is None:
            place = time % DAY_US // self.interval
        else:
            at = np.searchsorted(self.slots, time, side="right") - 1
            place = self._since_opening[np.clip(at, 0, len(self.slots) - 1)]
        result: IntArray = self.first + np.minimum(place, self.n_places - 1)
        return result

    @cached_property
    def _since_opening(self) -> IntArray | None:
        """How many slots each slot comes after the market opened, or None if it never rests."""
        rests = np.concatenate([[True], np.diff(self.slots) > self.interval])
        if rests.mean() < _MANY_BREAKS:
            return None
        number = np.arange(len(self.slots))
        since: IntArray = number - np.maximum.accumulate(np.where(rests, number, 0))
        return since


def clocks(slots: Sequence[IntArray], intervals: Sequence[int]) -> tuple[Clock, ...]:
    """Return a clock for each kind; no two of them number a place alike."""
    made: list[Clock] = []
    first = 0
    for own, interval in zip(slots, intervals, strict=True):
        made.append(Clock(own, interval, first))
        first += made[-1].n_places
    return tuple(made)


def places(time: IntArray, kind: IntArray, by: Sequence[Clock]) -> IntArray:
    """Return the places of bars `(n, w)` of rows of the given kinds, shape `(n,)`."""
    place = np.zeros(time.shape, dtype=np.int64)
    for number, clock in enumerate(by):
        own = kind == number
        place[own] = clock(time[own])
    return place


def place_within(t: int, width: int) -> int:
    """Return the place that bar `t` is made like, in windows of `width` bars.

    Beyond their last one, the bars after entry are gone through back and forth.
    """
    if t < width:
        return t
    span = max(width - SEEN, 1)
    at = (t - SEEN) % (2 * span)
    return SEEN + min(at, 2 * span - 1 - at)


def learn_windows(rows: Rows, market: Market, kind: IntArray, by: Sequence[Clock]) -> Windows:
    """Take windows from train rows, spread over time, at most 2,000 of each kind and side."""
    index = _spread(rows, kind)
    chosen = rows.select(index)
    length = np.minimum(chosen.n_bars, _MOST_BARS)
    at = chosen.offsets[:-1, None] + np.minimum(np.arange(length.max()), length[:, None] - 1)
    bars = chosen.bars
    open_, high, low, close = (
        np.log(column[at]) for column in (bars.open, bars.high, bars.low, bars.close)
    )
    scale = np.maximum(np.diff(close[:, :LOOKBACK], axis=1).std(axis=1), _TINY)
    gap = np.zeros(at.shape)
    gap[:, 1:] = open_[:, 1:] - close[:, :-1]
    known = np.arange(at.shape[1]) < length[:, None]
    gap[~known] = 0.0
    half_tick = market.steps(chosen.symbol, "usual_tick")[:, None] / 2
    least = np.maximum(half_tick / bars.close[at], 1e-3 * scale[:, None])
    unit = scale[:, None]
    return Windows(
        row=index,
        kind=kind[index],
        long=chosen.long,
        length=length,
        place=places(bars.time[at], kind[index], by),
        gap=gap / unit,
        body=(close - open_) / unit,
        upper=(high - np.maximum(open_, close)) / unit,
        lower=(np.minimum(open_, close) - low) / unit,
        range=np.log(np.maximum(high - low, least) / unit),
        volume=np.log1p(bars.volume[at]),
    )


def _spread(rows: Rows, kind: IntArray, most: int = MOST_WINDOWS) -> IntArray:
    """Return train indices in order of time, evenly thinned out within each kind and side."""
    order = np.argsort(rows.entry_time, kind="stable")
    kept = []
    for number in np.unique(kind):
        for long in (True, False):
            own = order[(kind[order] == number) & (rows.long[order] == long)]
            places_ = np.linspace(0, len(own) - 1, min(len(own), most))
            kept.append(own[np.unique(places_.astype(np.int64))])
    return np.concatenate(kept)


def intervals_of(rows: Rows, kind: IntArray, n_kinds: int) -> list[int]:
    """Return the interval of each kind in microseconds."""
    lengths = interval_lengths(rows.interval)
    return [int(lengths[kind == number][0]) for number in range(n_kinds)]
