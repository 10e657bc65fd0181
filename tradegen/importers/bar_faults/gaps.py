"""Gaps: bars that are missing while their market was open; a weekend or a holiday is none."""

import numpy as np

from tradegen.data.calendars import AlwaysOpen, Calendar, WeeklyCalendar
from tradegen.data.row import Bars, from_microseconds
from tradegen.importers.bar_faults.fault import Fault, Kind


def find_gaps(
    symbol: str, interval: str, length: int, bars: Bars, calendar: Calendar | None
) -> list[Fault]:
    """Return what is missing between the first and the last bar, one fault a gap.

    Without a calendar nothing is known to be missing. Bars that open at none of the calendar's
    slots (before and after the session, say) are no matter.
    """
    if calendar is None or len(bars) < 2:
        return []
    beside = _beside(bars, length) if isinstance(calendar, AlwaysOpen) else 0
    slots = calendar.slots(length, int(bars.time[0]) - beside, int(bars.time[-1]) - beside) + beside
    missing = ~np.isin(slots, bars.time)
    at = np.flatnonzero(missing)
    if not len(at):
        return []
    maybe = ", or a holiday (--calendar NAME knows them)" if _knows_no_holidays(calendar) else ""
    faults = []
    for run in np.split(at, np.flatnonzero(np.diff(at) > 1) + 1):
        first, last = int(slots[run[0]]), int(slots[run[-1]])
        since = from_microseconds(first).isoformat(timespec="minutes").removesuffix("+00:00")
        faults.append(
            Fault(
                *(symbol, interval, Kind.GAPS, first, last, len(run)),
                evidence=f"{len(run):,} bars of {calendar.name} missing from {since}{maybe}",
                done="nothing: get these bars; a trade that opens or closes there is left out",
                size=len(run),
            )
        )
    return faults


def _beside(bars: Bars, length: int) -> int:
    """Return how far bars mostly open beside whole multiples of their interval."""
    beside, counts = np.unique(bars.time % length, return_counts=True)
    return int(beside[counts.argmax()])


def _knows_no_holidays(calendar: Calendar) -> bool:
    return isinstance(calendar, WeeklyCalendar)
