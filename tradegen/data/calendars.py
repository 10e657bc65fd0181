"""Market calendars: when bars open, and how many of them make a year."""

import difflib
import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from tradegen.data.interval import DAY_US, WEEK_US
from tradegen.data.row import BoolArray, IntArray
from tradegen.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

_YEAR_US = 365 * DAY_US
_MONDAY_US = 4 * DAY_US
"""1970-01-01 was a Thursday; weeks are counted from Monday 1970-01-05."""


class Calendar(Protocol):
    """The slots of a market. Times and lengths are microseconds, times since 1970 UTC."""

    @property
    def name(self) -> str:
        """Name to show and to write into settings."""
        ...

    def is_slot(self, time: IntArray, interval: int) -> BoolArray:
        """Return whether a bar of this interval may open at each time, shape of `time`."""
        ...

    def slots(self, interval: int, start: int, end: int) -> IntArray:
        """Return all opening times in `[start, end)`, increasing."""
        ...

    def bars_per_year(self, interval: int) -> float:
        """Return the number of bars that make a year, to annualise volatility."""
        ...


@dataclass(frozen=True, slots=True)
class AlwaysOpen:
    """A market that never closes: 365 days of 24 hours. Bars open on multiples of the interval."""

    name: str = "24/7"

    def is_slot(self, time: IntArray, interval: int) -> BoolArray:
        """See `Calendar`."""
        result: BoolArray = time % interval == 0
        return result

    def slots(self, interval: int, start: int, end: int) -> IntArray:
        """See `Calendar`."""
        return np.arange(-(-start // interval) * interval, end, interval, dtype=np.int64)

    def bars_per_year(self, interval: int) -> float:
        """See `Calendar`: 365 daily, 2190 four-hourly, 8760 hourly bars."""
        return 365 * DAY_US / interval


@dataclass(frozen=True, slots=True)
class WeeklyCalendar:
    """A market that opens at the same times every week, e.g. foreign exchange.

    `open_at` maps an interval to the offsets from Monday 00:00 in `zone` at which its bars open,
    each of shape `(n_slots,)` and increasing. Holidays are not known.
    """

    name: str
    open_at: Mapping[int, IntArray]
    zone: str = "UTC"

    def is_slot(self, time: IntArray, interval: int) -> BoolArray:
        """See `Calendar`."""
        return np.isin(time_of_week(time, self.zone), self._open_at(interval))

    def slots(self, interval: int, start: int, end: int) -> IntArray:
        """See `Calendar`."""
        first, last = ((time - _MONDAY_US) // WEEK_US for time in (start - DAY_US, end + DAY_US))
        weeks = np.arange(first, last + 1)
        local = (_MONDAY_US + weeks[:, None] * WEEK_US + self._open_at(interval)).ravel()
        days = np.arange(start - DAY_US, end + 2 * DAY_US, DAY_US)
        ahead = np.unique(local_time(days, self.zone) - days)
        times = np.unique(local[:, None] - ahead)
        times = times[(times >= start) & (times < end)]
        return times[self.is_slot(times, interval)]

    def bars_per_year(self, interval: int) -> float:
        """See `Calendar`: a market that rests at the weekend has 252 trading days a year."""
        open_at = self._open_at(interval)
        days = len(np.unique(open_at // DAY_US))
        return len(open_at) * (365 / 7 if days == 7 else 252 / 5)

    def _open_at(self, interval: int) -> IntArray:
        return self.open_at.get(interval, np.zeros(0, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class SessionCalendar:
    """An exchange with sessions and holidays, as `exchange_calendars` knows them.

    `session`, shape `(n_sessions,)`, holds where daily bars are stamped: the sessions' dates at
    00:00 UTC, or at 00:00 in `zone`, the exchange's own (see `stamped_otherwise`). `open` and
    `close`, shape `(n_parts,)`, bound the parts of sessions without a break: one a session, two
    where there is a lunch break. Intraday bars open every interval from the beginning of a part;
    with `on_clock`, at every multiple of the interval that trading touches.
    """

    name: str
    session: IntArray
    open: IntArray
    close: IntArray
    on_clock: bool = False
    zone: str = "UTC"

    def is_slot(self, time: IntArray, interval: int) -> BoolArray:
        """See `Calendar`."""
        if interval >= DAY_US:
            return np.isin(time, self.session)
        if len(self.open) == 0:
            return np.zeros(time.shape, dtype=np.bool_)
        k = np.clip(np.searchsorted(self.close, time, side="right"), 0, len(self.close) - 1)
        if self.on_clock:
            inside = (time + interval > self.open[k]) & (time < self.close[k])
            phase = time % interval
        else:
            inside = (time >= self.open[k]) & (time < self.close[k])
            phase = (time - self.open[k]) % interval
        result: BoolArray = inside & (phase == 0)
        return result

    def slots(self, interval: int, start: int, end: int) -> IntArray:
        """See `Calendar`."""
        if interval >= DAY_US:
            times = self.session
        else:
            first = self._first(interval)
            longest = int((self.close - first).max(initial=0))
            times = np.unique(first[:, None] + np.arange(0, longest, interval))
            times = times[self.is_slot(times, interval)]
        return times[(times >= start) & (times < end)]

    def bars_per_year(self, interval: int) -> float:
        """See `Calendar`: 252 daily bars; intraday, 252 times the bars of a usual session."""
        if interval >= DAY_US:
            return 252.0
        in_part = -(-(self.close - self._first(interval)) // interval)
        owner = np.searchsorted(self.session, (self.open + self.close) // 2, side="right")
        return 252.0 * float(np.median(np.bincount(owner, in_part)[np.unique(owner)]))

    def stamped_otherwise(self) -> "list[SessionCalendar]":
        """Return this calendar as other vendors stamp its bars, the likeliest first.

        Intraday bars may open on the clock, and daily ones at the exchange's midnight.
        """
        at_midnight = replace(
            self,
            name=f"{self.name} from local midnight",
            session=from_local_time(self.session, self.zone),
        )
        return [
            replace(self, name=f"{self.name} on the clock", on_clock=True),
            at_midnight,
            replace(at_midnight, name=f"{at_midnight.name}, on the clock", on_clock=True),
        ]

    def _first(self, interval: int) -> IntArray:
        """Return where the first bar of each part opens."""
        return self.open // interval * interval if self.on_clock else self.open


def local_time(time: IntArray, zone: str) -> IntArray:
    """Return what clocks in `zone` show at each time, as microseconds since 1970 there."""
    if zone == "UTC":
        return time
    import pandas as pd

    moments = pd.DatetimeIndex(time.astype("datetime64[us]"), tz="UTC")
    return _microseconds(moments.tz_convert(zone).tz_localize(None))


def time_of_week(time: IntArray, zone: str) -> IntArray:
    """Return how long after Monday 00:00 in `zone` each time is, by the clocks there."""
    since: IntArray = (local_time(time, zone) - _MONDAY_US) % WEEK_US
    return since


def from_local_time(time: IntArray, zone: str) -> IntArray:
    """Return when clocks in `zone` show each time, given as microseconds since 1970 there.

    Of a time that they show twice the first is returned, of one that they skip the next there is.
    """
    import pandas as pd

    shown = pd.DatetimeIndex(time.astype("datetime64[us]"))
    first = np.ones(len(shown), dtype=np.bool_)
    return _microseconds(shown.tz_localize(zone, ambiguous=first, nonexistent="shift_forward"))


def exchange_calendar(name: str, start: int, end: int) -> Calendar:
    """Return the calendar of an exchange (`XNYS`, `XLON`, `24/5` ...) over `[start, end]`.

    Raises `InputError` for a name that `exchange_calendars` does not know, or a span for which it
    has not recorded the holidays.
    """
    if name == "24/7":
        return AlwaysOpen()
    first, last = start // _YEAR_US, end // _YEAR_US + 1
    try:
        return _sessions(name, (first - 1) * _YEAR_US, (last + 1) * _YEAR_US)
    except ValueError:  # beyond what is recorded; a margin is welcome, not needed
        pass
    try:
        return _sessions(name, start // DAY_US * DAY_US, (end // DAY_US + 1) * DAY_US)
    except ValueError as error:
        raise InputError(f"calendar {name!r}: {error}") from error


@functools.cache
def _sessions(name: str, start: int, end: int) -> SessionCalendar:
    import exchange_calendars as ec
    import pandas as pd

    try:
        calendar = ec.get_calendar(
            name, start=pd.Timestamp(start, unit="us"), end=pd.Timestamp(end, unit="us")
        )
    except ec.errors.InvalidCalendarName as error:
        close = difflib.get_close_matches(name, ec.get_calendar_names(), n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else "XNYS, XLON and 24/7 are known"
        raise InputError(f"calendar {name!r} is not known; {hint}") from error
    schedule = calendar.schedule
    lunch = schedule["break_start"].notna()
    opens = pd.concat([schedule["open"], schedule["break_end"][lunch]])
    before_lunch = schedule["close"].where(~lunch, schedule["break_start"])
    closes = pd.concat([before_lunch, schedule["close"][lunch]])
    return SessionCalendar(
        name,
        session=_microseconds(calendar.sessions),
        open=np.sort(_microseconds(opens)),
        close=np.sort(_microseconds(closes)),
        zone=str(calendar.tz),
    )


def _microseconds(times: "pd.DatetimeIndex | pd.Series[pd.Timestamp]") -> IntArray:
    import pandas as pd

    naive = pd.DatetimeIndex(times)
    naive = naive if naive.tz is None else naive.tz_convert("UTC").tz_localize(None)
    return naive.to_numpy().astype("datetime64[us]").astype(np.int64)
