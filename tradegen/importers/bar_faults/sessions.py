"""Sessions: the calendar that the bars of a symbol follow, faults and all."""

import numpy as np

from tradegen.data.calendars import (
    AlwaysOpen,
    Calendar,
    SessionCalendar,
    WeeklyCalendar,
    exchange_calendar,
    time_of_week,
)
from tradegen.data.interval import DAY_US, WEEK_US
from tradegen.data.row import IntArray
from tradegen.errors import InputError

_EXCHANGES = ("XNYS", "XLON", "XETR", "XTSE", "XTKS", "XHKG", "XASX")
_KEPT = 0.98
"""Share of bars that lie in the slots of their calendar; some may be wrong."""

_FEW = 0.02
_SATURDAY = 5
_WEEKS = 4
_USED = 0.5
_ZONES = ("UTC", "America/New_York", "Europe/Berlin")


def calendar_of(time: IntArray, length: int, stated: str | None) -> Calendar | None:
    """Return the calendar of bars that open at `time` every `length` microseconds.

    The one `stated`; else a market with bars on Saturdays never closes, one whose bars are those
    of an exchange has its sessions, and any other the weekly pattern that it shows. None where a
    few weeks show none. Raises `InputError` for a stated name that is not known.
    """
    if not len(time):
        return None
    span = int(time[0]) - DAY_US, int(time[-1]) + DAY_US
    if stated is not None:
        named = exchange_calendar(stated, *span)
        return _as_stamped(named, time, length)[0]
    days = time_of_week(time, "UTC") // DAY_US
    if np.mean(days == _SATURDAY) > _FEW:
        return AlwaysOpen()
    for name in _EXCHANGES:
        try:
            calendar, share = _as_stamped(exchange_calendar(name, *span), time, length)
        except InputError:  # holidays of so long ago are not recorded
            continue
        if share >= _KEPT:
            return calendar
    return _weekly(time, length)


def exchange_of(time: IntArray, stated: str | None) -> Calendar | None:
    """Return the exchange whose sessions bars may have missed by a constant: stated, or XNYS."""
    if stated is None and np.mean(time_of_week(time, "UTC") // DAY_US == _SATURDAY) > _FEW:
        return None
    try:
        return exchange_calendar(
            stated or _EXCHANGES[0], int(time[0]) - DAY_US, int(time[-1]) + DAY_US
        )
    except InputError:
        if stated is not None:
            raise
        return None


def _as_stamped(calendar: Calendar, time: IntArray, length: int) -> tuple[Calendar, float]:
    """Return the calendar as the bars are stamped, and the share of them that are its slots."""
    ways = [calendar]
    if isinstance(calendar, SessionCalendar):
        ways += calendar.stamped_otherwise()
    shares = [float(np.mean(way.is_slot(time, length))) for way in ways]
    best = int(np.argmax(shares))
    return ways[best], shares[best]


def _weekly(time: IntArray, length: int) -> Calendar | None:
    weeks = (int(time[-1]) - int(time[0])) / WEEK_US
    if weeks < _WEEKS:
        return None
    best: tuple[float, int, WeeklyCalendar] | None = None
    for zone in _ZONES:
        open_at, counts = np.unique(time_of_week(time, zone), return_counts=True)
        used = counts >= _USED * weeks
        found = WeeklyCalendar("weekly", {length: open_at[used].astype(np.int64)}, zone)
        share = float(counts[used].sum() / len(time))
        if best is None or share > best[0] + 1 / len(time):
            best = (share, int(used.sum()), found)
    return best[2] if best is not None and best[0] >= 1 - 5 * _FEW else None
