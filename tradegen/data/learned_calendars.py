"""Tells the calendar of each symbol from the times of its own bars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tradegen.data.calendars import (
    AlwaysOpen,
    Calendar,
    SessionCalendar,
    WeeklyCalendar,
    exchange_calendar,
    local_time,
    time_of_week,
)
from tradegen.data.interval import DAY_US, WEEK_US, interval_lengths
from tradegen.data.row import IntArray
from tradegen.data.rows import Rows

_DEFAULT_EXCHANGE = "XNYS"
_MONDAY_US = 4 * DAY_US
_SATURDAY = 5
_AS_DENSE = 0.95
_ZONES = (
    "UTC",
    "America/New_York",
    "Europe/Berlin",
    "Australia/Sydney",
    "Pacific/Auckland",
    "America/Santiago",
    "Asia/Jerusalem",
)
"""One zone for each rule by which clocks change; a shift of the whole week makes no difference."""


def learn_calendars(own: Mapping[str, Rows], named: Mapping[str, str]) -> dict[str, Calendar]:
    """Return the calendar of each symbol, from its own rows or the name it was given.

    Markets with bars on Saturdays never close. Others follow the New York sessions if all bars of
    the symbol do, else a weekly pattern, shared by symbols that are open at the same times.
    Symbols whose rows are too short to tell join a resting market that they fit. Calendars
    that differ have different names.

    Raises `InputError` for a name that is not known, or a span without recorded holidays.
    """
    rests = {s: _rests_on_saturday(rows) for s, rows in own.items() if s not in named}
    resting = [symbol for symbol, rest in rests.items() if rest]
    found: dict[str, Calendar] = {symbol: AlwaysOpen() for symbol in own}
    for name in sorted(set(named.values()) | ({_DEFAULT_EXCHANGE} if resting else set())):
        given = [symbol for symbol in own if named.get(symbol) == name]
        maybe = [*given, *(resting if name == _DEFAULT_EXCHANGE else [])]
        calendar = exchange_calendar(name, *_span([own[symbol] for symbol in maybe]))
        found |= dict.fromkeys(given, calendar)
        found |= _on_exchange(calendar, {symbol: own[symbol] for symbol in maybe})
    odd = {symbol: own[symbol] for symbol in resting if isinstance(found[symbol], AlwaysOpen)}
    found |= _weekly_calendars(odd)
    known = list({found[symbol].name: found[symbol] for symbol in resting}.values())
    for symbol in (symbol for symbol, rest in rests.items() if rest is None):
        joined = (calendar for calendar in known if _belongs(own[symbol], calendar))
        found[symbol] = next(joined, found[symbol])
    return found


def _rests_on_saturday(rows: Rows) -> bool | None:
    """Return whether the market closes on Saturdays, or None where the rows do not tell."""
    if len(rows.bars) == 0:
        return None
    if np.any(time_of_week(rows.bars.time, "UTC") // DAY_US == _SATURDAY):
        return False
    same_row = np.ones(len(rows.bars) - 1, dtype=np.bool_)
    same_row[rows.offsets[1:-1] - 1] = False
    saturdays = (rows.bars.time - _MONDAY_US - _SATURDAY * DAY_US) // WEEK_US
    crossed = np.diff(saturdays) > 0
    return True if np.any(crossed & same_row) else None


def _span(parts: Sequence[Rows]) -> tuple[int, int]:
    times = [rows.bars.time for rows in parts]
    return min(int(time.min()) for time in times), max(int(time.max()) for time in times)


def _on_exchange(calendar: Calendar, own: Mapping[str, Rows]) -> dict[str, Calendar]:
    """Return the exchange's calendar as each symbol's bars are stamped; nothing if they do not fit.

    One way of stamping that fits all symbols goes before those that fit only some.
    """
    ways = [calendar]
    if isinstance(calendar, SessionCalendar):
        ways += calendar.stamped_otherwise()
    fits = {s: [k for k, way in enumerate(ways) if _fits(way, rows)] for s, rows in own.items()}
    fits = {symbol: fitting for symbol, fitting in fits.items() if fitting}
    common = [k for k in range(len(ways)) if all(k in fitting for fitting in fits.values())]
    return {symbol: ways[(common or fitting)[0]] for symbol, fitting in fits.items()}


def _fits(calendar: Calendar, rows: Rows) -> bool:
    lengths = np.repeat(interval_lengths(rows.interval), rows.n_bars)
    return all(
        np.all(calendar.is_slot(rows.bars.time[lengths == length], int(length)))
        for length in np.unique(lengths[lengths > 0])
    )


def _belongs(rows: Rows, calendar: Calendar) -> bool:
    """Return whether all bars are slots, and hardly a slot between the bars of a row is unused."""
    if not _fits(calendar, rows):
        return False
    for length, seen in _seen(rows, "UTC").items():
        slots = calendar.slots(length, int(seen.first.min()), int(seen.last.max()) + 1)
        after = np.searchsorted(slots, seen.last, side="right")
        passed = int((after - np.searchsorted(slots, seen.first)).sum())
        if seen.count(seen.open_at) < _AS_DENSE * passed:
            return False
    return True


# --- weekly patterns --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Seen:
    """What rows of one interval show of the week, by the clocks of some zone.

    `open_at` holds the times of the week at which bars open, shape `(n_slots,)`, increasing;
    `first` and `last` the local times of each row's first and last bar, shape `(n_rows,)`.
    """

    open_at: IntArray
    first: IntArray
    last: IntArray

    def count(self, open_at: IntArray) -> int:
        """Return how many slots of a weekly pattern lie between the bars of all rows."""
        first_week, first = np.divmod(self.first - _MONDAY_US, WEEK_US)
        last_week, last = np.divmod(self.last - _MONDAY_US, WEEK_US)
        before = np.searchsorted(open_at, first, side="left")
        until = np.searchsorted(open_at, last, side="right")
        return int(((last_week - first_week) * len(open_at) + until - before).sum())

    def joined(self, other: "_Seen") -> "_Seen | None":
        """Return both as one, or None if that opens the market when one of them was closed."""
        open_at = np.union1d(self.open_at, other.open_at)
        for one in (self, other):
            if one.count(one.open_at) < _AS_DENSE * one.count(open_at):
                return None
        first = np.concatenate([self.first, other.first])
        return _Seen(open_at, first, np.concatenate([self.last, other.last]))


_Week = Mapping[int, _Seen]
"""What is seen at each interval."""


def _weekly_calendars(own: Mapping[str, Rows]) -> dict[str, Calendar]:
    """Return weekly calendars; symbols whose patterns agree share one."""
    weeks_in = {symbol: {z: _seen(rows, z) for z in _ZONES} for symbol, rows in own.items()}
    zone_of = _zones({s: {z: _size(w) for z, w in weeks.items()} for s, weeks in weeks_in.items()})
    week_of = {s: _once_a_day(weeks_in[s][zone], own[s], zone) for s, zone in zone_of.items()}
    groups: list[tuple[str, _Week, list[str]]] = []
    for symbol in sorted(own, key=lambda symbol: (-_size(week_of[symbol]), symbol)):
        zone, week = zone_of[symbol], week_of[symbol]
        for k, (group_zone, group_week, members) in enumerate(groups):
            joined = _joined(group_week, week) if group_zone == zone else None
            if joined is not None:
                groups[k] = (zone, joined, [*members, symbol])
                break
        else:
            groups.append((zone, week, [symbol]))
    calendars: dict[str, Calendar] = {}
    for number, (zone, week, members) in enumerate(groups, start=1):
        name = "weekly" if number == 1 else f"weekly {number}"
        open_at = {length: seen.open_at for length, seen in week.items()}
        calendars |= dict.fromkeys(members, WeeklyCalendar(name, open_at, zone))
    return calendars


def _seen(rows: Rows, zone: str) -> _Week:
    lengths = np.where(rows.n_bars > 0, interval_lengths(rows.interval), 0)
    week = {}
    for length in np.unique(lengths[lengths > 0]).tolist():
        own = rows.select(lengths == length)
        time = local_time(own.bars.time, zone)
        week[length] = _Seen(
            np.unique((time - _MONDAY_US) % WEEK_US),
            first=time[own.offsets[:-1]],
            last=time[own.offsets[1:] - 1],
        )
    return week


def _once_a_day(week: _Week, rows: Rows, zone: str) -> _Week:
    """Return a week in which no two daily bars open closer than the closest of one row do.

    Stamps that move with a clock that no zone explains would open two "days" an hour apart; the
    usual time of day stays, and bars at other times are no slots.
    """
    if DAY_US not in week:
        return week
    rows = rows.select(interval_lengths(rows.interval) == DAY_US)
    open_at, counts = np.unique(time_of_week(rows.bars.time, zone), return_counts=True)
    steps = np.diff(rows.bars.time)
    steps = np.delete(steps, rows.offsets[1:-1] - 1)
    closest = int(steps[steps > 0].min(initial=DAY_US))
    _, day_time = np.unique(open_at % DAY_US, return_inverse=True)
    of_day_time = np.bincount(day_time, counts)[day_time]
    kept: list[int] = []
    for at in open_at[np.lexsort((open_at, -counts, -of_day_time))].tolist():
        apart = [min((at - one) % WEEK_US, (one - at) % WEEK_US) for one in kept]
        if min(apart, default=WEEK_US) >= closest:
            kept.append(at)
    open_at = np.array(sorted(kept), dtype=np.int64)
    return {**week, DAY_US: replace(week[DAY_US], open_at=open_at)}


def _size(week: _Week) -> int:
    return sum(len(seen.open_at) for seen in week.values())


def _zones(sizes: Mapping[str, Mapping[str, int]]) -> dict[str, str]:
    """Return the zone in which each symbol's week has the fewest slots.

    Clock changes double the slots of a market in a zone that is not its own. Where rows cross no
    clock change, several zones are best; the one best for most symbols is taken.
    """
    best = {s: [z for z in _ZONES if of[z] == min(of.values())] for s, of in sizes.items()}
    votes = {zone: sum(zone in zones for zones in best.values()) for zone in _ZONES}
    return {symbol: max(zones, key=votes.__getitem__) for symbol, zones in best.items()}


def _joined(one: _Week, other: _Week) -> _Week | None:
    joined = {**one, **other}
    for length in one.keys() & other.keys():
        both = one[length].joined(other[length])
        if both is None:
            return None
        joined[length] = both
    return joined
