"""Market calendars: when bars open, and how many of them make a year."""

import difflib
import functools
from collections.abc import Mapping
from dataclasses import dataclass
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

    `open_at` maps an interval to the offsets from Monday 00:00 UTC at which its bars open, each
    of shape `(n_slots,)` and increasing. Holidays are not known.
    """

    name: str
    open_at: Mapping[int, IntArray]

    def is_slot(self, time: IntArray, interval: int) -> BoolArray:
        """See `Calendar`."""
        return np.isin((time - _MONDAY_US) % WEEK_US, self._open_at(interval))

    def slots(self, interval: int, start: int, end: int) -> IntArray:
        """See `Calendar`."""
        weeks = np.arange((start - _MONDAY_US) // WEEK_US, (end - _MONDAY_US) // WEEK_US + 1)
        times = (_MONDAY_US + weeks[:, None] * WEEK_US + self._open_at(interval)).ravel()
        return times[(times >= start) & (times < end)]

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

    `session`, shape `(n_sessions,)`, holds the sessions' dates at 00:00 UTC, where daily bars are
    stamped. `open` and `close`, shape `(n_parts,)`, bound the parts of sessions without a break:
    one a session, two where there is a lunch break. Intraday bars open every interval from the
    beginning of a part; with `on_clock`, at every multiple of the interval that trading touches.
    """

    name: str
    session: IntArray
    open: IntArray
    close: IntArray
    on_clock: bool = False

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
        in_a_part = float(np.median(-(-(self.close - self._first(interval)) // interval)))
        return 252.0 * in_a_part * round(len(self.open) / len(self.session))

    def _first(self, interval: int) -> IntArray:
        """Return where the first bar of each part opens."""
        return self.open // interval * interval if self.on_clock else self.open


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
    )


def _microseconds(times: "pd.DatetimeIndex | pd.Series[pd.Timestamp]") -> IntArray:
    import pandas as pd

    naive = pd.DatetimeIndex(times)
    naive = naive if naive.tz is None else naive.tz_convert("UTC").tz_localize(None)
    return naive.to_numpy().astype("datetime64[us]").astype(np.int64)
