"""Shifts: bars that hold the trades' prices far better, or keep to sessions, when moved in time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.special import bdtrc

from tradegen.data.calendars import Calendar, SessionCalendar, from_local_time, local_time
from tradegen.data.interval import DAY_US, HOUR_US
from tradegen.data.row import BAR_FIELDS, Bars, IntArray
from tradegen.importers.bar_faults.fault import Fault, Kind
from tradegen.importers.bar_faults.prices import Prices, fits

_ZONES = (
    "America/New_York",
    "America/Chicago",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Athens",
    "Australia/Sydney",
)
"""Zones whose clocks change; those of others are a constant shift. Brokers like Athens' (EET)."""

_FARTHEST = 14
_FEW = 13
"""Prices from which on a symbol can speak for itself."""

_BEST = 0.75
"""Share of prices that must fit after a shift."""

_DOUBT = 0.01
"""Chance, over all shifts tried, with which luck may make one look so much better."""

_IN_SESSION, _NOT_IN_SESSION = 0.95, 0.8
_MOST_BARS_SEEN = 5_000


@dataclass(frozen=True, slots=True)
class Shift:
    """What to do to the times of bars: add `by`, or read them as the clocks of `zone`."""

    kind: Kind
    by: int = 0
    zone: str | None = None

    def __str__(self) -> str:
        if self.kind is Kind.CLOSING:
            return "opening an interval earlier"
        if self.zone is not None:
            return f"read as clocks in {self.zone}"
        return f"{self.by / HOUR_US:+g} h"

    def times(self, time: IntArray) -> IntArray:
        """Return times shifted, in the same order; two may become one when clocks change."""
        return time + self.by if self.zone is None else from_local_time(time, self.zone)

    def bars(self, bars: Bars) -> Bars:
        """Return bars shifted, without those of an hour that clocks show twice.

        Nobody knows which of both hours such a bar is of. Of two that come to open at one time the
        first stays.
        """
        time = self.times(bars.time)
        kept = np.diff(time, prepend=time[:1] - 1) > 0
        if self.zone is not None:
            kept &= local_time(time + HOUR_US, self.zone) != bars.time
        return Bars(time[kept], *(getattr(bars, name)[kept] for name in BAR_FIELDS[1:]))


@dataclass(frozen=True)
class Series:
    """The bars of one symbol at one interval of `length` microseconds, and its trades' prices."""

    symbol: str
    interval: str
    length: int
    bars: Bars
    prices: Prices

    @cached_property
    def _ones(self) -> Prices:
        """The prices that may say something: those within the bars, wherever these are moved."""
        ones = self.prices.one_a_bar(self.length)
        margin = max(_FARTHEST * HOUR_US, self.length)
        within = (ones.time >= self.bars.time[0] - margin) & (
            ones.time <= self.bars.time[-1] + margin
        )
        names = [name for name, kept in zip(ones.name, within, strict=True) if kept]
        return Prices(ones.time[within], ones.price[within], names)

    def held(self, shifts: Sequence[Shift]) -> npt.NDArray[np.bool_]:
        """Return whether bars hold each price, shape `(1 + n_shifts, n_prices)`; row 0 as it is."""
        ones = self._ones
        rows = [fits(self.bars, self.length, ones.time, ones.price)]
        for shift in shifts:
            if shift.zone is None:
                rows.append(fits(self.bars, self.length, ones.time - shift.by, ones.price))
            else:
                rows.append(fits(shift.bars(self.bars), self.length, ones.time, ones.price))
        return np.stack(rows)


Found = tuple[Shift, Fault]


def find_shifts(
    every: Sequence[Series],
    calendar: Callable[[Series], Calendar | None],
    *,
    fixes: frozenset[Kind],
) -> dict[str, Found]:
    """Return the shift that the bars of each symbol need, if any; all have one interval.

    A symbol with prices enough speaks for itself; the others together, as bars of one source are
    mostly stamped in one way. Where there are too few prices, bars of which most lie outside the
    sessions of their `calendar` (those of an exchange; else None) tell by themselves.
    """
    if not every:
        return {}
    shifts = _candidates(every[0].length)
    held = {one.symbol: one.held(shifts) for one in every}
    found = {}
    undecided = []
    for one in every:
        mask = held[one.symbol]
        best = _best(mask)
        if best is not None:
            found[one.symbol] = (shifts[best - 1], _told(mask, best, shifts, ""))
        elif mask.shape[1] < _FEW or mask[0].mean() < _BEST:
            undecided.append(one)
    found |= _together({one.symbol: held[one.symbol] for one in undecided}, shifts)
    for one in undecided:
        if one.symbol not in found and (shift := _by_sessions(one, calendar(one))) is not None:
            found[one.symbol] = shift
    return {
        one.symbol: _fault(one, *found[one.symbol], fixes) for one in every if one.symbol in found
    }


def _together(
    held: Mapping[str, npt.NDArray[np.bool_]], shifts: Sequence[Shift]
) -> dict[str, tuple[Shift, str]]:
    """Return the shift that the prices of several symbols tell, for those it does not harm."""
    some = {symbol: mask for symbol, mask in held.items() if mask.shape[1]}
    if not some:
        return {}
    every = np.concatenate(list(some.values()), axis=1)
    best = _best(every)
    if best is None:
        return {}
    told = _told(every, best, shifts, f" of {len(some)} symbols together")
    return {
        symbol: (shifts[best - 1], told)
        for symbol, mask in some.items()
        if mask[best].sum() >= mask[0].sum()
    }


def _candidates(length: int) -> list[Shift]:
    """Return shifts, the likeliest first: of equals the first is taken."""
    closing = Shift(Kind.CLOSING, -length)
    halves = range(-2 * _FARTHEST, 2 * _FARTHEST + 1)
    steps = sorted((k * HOUR_US // 2 for k in halves if k), key=lambda by: (by % HOUR_US, abs(by)))
    hours = [Shift(Kind.ZONE, by) for by in steps if by != -length]
    zones = [Shift(Kind.ZONE, zone=zone) for zone in _ZONES]
    return [closing, *hours, *zones]


def _best(held: npt.NDArray[np.bool_]) -> int | None:
    """Return the row of the shift that is far better than none, beyond luck; else None.

    Luck is a wrong shift that holds each price as often as the bars do as they stand, or by half;
    it may not explain (binomially) so many prices held by the best of all shifts. That must also
    leave at most half as many prices outside.
    """
    n = held.shape[1]
    counts = held.sum(axis=1)
    best = int(counts.argmax())
    if best == 0 or counts[best] < _BEST * n or 2 * (n - counts[best]) > n - counts[0]:
        return None
    chance = max(counts[0] / n, 0.5)
    luck = float(bdtrc(counts[best] - 1, n, chance)) * (len(held) - 1)
    return best if luck < _DOUBT else None


def _told(held: npt.NDArray[np.bool_], best: int, shifts: Sequence[Shift], whose: str) -> str:
    n = held.shape[1]
    return (
        f"{int(held[best].sum()):,} of {n:,} prices{whose} fit with {shifts[best - 1]}, "
        f"{int(held[0].sum()):,} as it stands"
    )


def _by_sessions(one: Series, calendar: Calendar | None) -> tuple[Shift, str] | None:
    """Return the shift of whole or half hours that brings intraday bars into their sessions."""
    if not isinstance(calendar, SessionCalendar) or one.length >= DAY_US:
        return None
    time = one.bars.time[-_MOST_BARS_SEEN:]
    now = _share_in_session(calendar, time)
    if now >= _NOT_IN_SESSION:
        return None
    shifts = [shift for shift in _candidates(one.length) if shift.zone is None]
    shifts += [Shift(Kind.ZONE, zone=calendar.zone)]
    shares = [_share_in_session(calendar, shift.times(time)) for shift in shifts]
    best = int(np.argmax(shares))
    if shares[best] < _IN_SESSION:
        return None
    told = f"{shares[best]:.0%} of bars lie in sessions of {calendar.name} with {shifts[best]}"
    return shifts[best], f"{told}, {now:.0%} as it stands"


def _share_in_session(calendar: SessionCalendar, time: IntArray) -> float:
    at = np.searchsorted(calendar.open, time, side="right") - 1
    return float(np.mean((at >= 0) & (time < calendar.close[np.maximum(at, 0)])))


def _fault(one: Series, shift: Shift, told: str, fixes: frozenset[Kind]) -> Found:
    if shift.kind is Kind.CLOSING:
        told += ": stamped with their closing time"
    done = f"fixed: {shift}" if shift.kind in fixes else f"--fix {shift.kind} shifts them"
    first, last = int(one.bars.time[0]), int(one.bars.time[-1])
    fault = Fault(one.symbol, one.interval, shift.kind, first, last, len(one.bars), told, done)
    return shift, fault
