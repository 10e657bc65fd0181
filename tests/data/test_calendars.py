from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import exchange_calendars
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.made_rows import us
from tradegen.data.calendars import (
    AlwaysOpen,
    Calendar,
    SessionCalendar,
    WeeklyCalendar,
    exchange_calendar,
)
from tradegen.data.interval import DAY_US, HOUR_US, INTERVAL_US, MINUTE_US, WEEK_US
from tradegen.errors import InputError

START, END = us("2019-01-01"), us("2022-12-31")
MONDAY = us("2024-01-01")
FX_WEEK = MONDAY + np.arange(-2 * HOUR_US, 4 * DAY_US + 22 * HOUR_US, HOUR_US)
"""Hourly foreign-exchange bars from Sunday 22:00 to Friday 22:00 UTC."""


@cache
def oracle(name: str) -> Any:
    return exchange_calendars.get_calendar(name, start="2018-12-01", end="2023-01-31")


def in_us(times: pd.DatetimeIndex) -> list[int]:
    """Return times as microseconds, without the arithmetic under test."""
    return [us(moment.tz_localize(None).isoformat()) for moment in times]


def named(name: str) -> Calendar:
    return exchange_calendar(name, START, END)


def fx() -> WeeklyCalendar:
    return WeeklyCalendar("fx", {HOUR_US: np.sort((FX_WEEK - us("1970-01-05")) % WEEK_US)})


# --- exchanges --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["XNYS", "XLON", "XTKS", "24/5"])
def test_daily_bars_open_on_the_days_that_exchange_calendars_calls_sessions(name: str) -> None:
    days = pd.date_range("2019-01-01", "2022-12-31")
    sessions = [bool(oracle(name).is_session(day)) for day in days]
    assert 200 * 4 < sum(sessions) < len(days)
    assert named(name).is_slot(np.array(in_us(days)), DAY_US).tolist() == sessions
    expected = [moment for moment, open_ in zip(in_us(days), sessions, strict=True) if open_]
    assert named(name).slots(DAY_US, START, END + DAY_US).tolist() == expected


@pytest.mark.parametrize("name", ["XNYS", "XLON", "24/5"])
@pytest.mark.parametrize("interval", ["15m", "30m", "1h", "4h"])
def test_intraday_bars_open_where_exchange_calendars_puts_them(name: str, interval: str) -> None:
    """Two whole years, so that holidays, half days and clock changes are among them."""
    index = oracle(name).trading_index(
        "2020-06-01", "2022-05-31", interval, intervals=False, closed="left", ignore_breaks=True
    )
    found = named(name).slots(INTERVAL_US[interval], us("2020-06-01"), us("2022-06-01"))
    assert found.tolist() == in_us(index)
    assert named(name).is_slot(found, INTERVAL_US[interval]).all()


def test_no_bar_opens_during_the_lunch_break_and_the_afternoon_starts_afresh() -> None:
    index = oracle("XTKS").trading_index(
        "2021-06-01", "2021-06-30", "1h", intervals=False, closed="left"
    )
    found = named("XTKS").slots(HOUR_US, us("2021-06-01"), us("2021-07-01"))
    assert found.tolist() == in_us(index)


def test_new_york_on_days_a_person_remembers() -> None:
    new_york = named("XNYS")
    holidays = ["2021-01-01", "2021-01-18", "2021-07-05", "2021-11-25", "2021-12-24", "2022-06-20"]
    sessions = ["2021-01-04", "2021-07-02", "2021-11-24", "2021-11-26", "2021-12-31"]
    assert not new_york.is_slot(np.array([us(day) for day in holidays]), DAY_US).any()
    assert new_york.is_slot(np.array([us(day) for day in sessions]), DAY_US).all()
    half_day = new_york.slots(HOUR_US, us("2021-11-26"), us("2021-11-27"))
    assert half_day.tolist() == [us(f"2021-11-26T{hour}:30") for hour in (14, 15, 16, 17)]
    summer = new_york.slots(HOUR_US, us("2021-07-02"), us("2021-07-03"))
    assert (summer[0], len(summer)) == (us("2021-07-02T13:30"), 7)


def test_sessions_a_little_outside_the_span_asked_for_are_known_too() -> None:
    """Generated windows start and end a little outside of gold's."""
    for moment in (us("2018-03-01"), us("2023-11-01")):
        assert named("XNYS").is_slot(np.array([moment]), DAY_US).all()


def test_an_unknown_exchange_is_an_error_that_suggests_a_name() -> None:
    with pytest.raises(InputError, match=r"'XNYZ' is not known; did you mean .*XNYS"):
        named("XNYZ")
    with pytest.raises(InputError, match="XNYS, XLON and 24/7 are known"):
        named("no such calendar")


@pytest.mark.parametrize("name", ["XBOM", "XSHG"])
def test_exchanges_whose_holidays_are_recorded_to_the_end_of_the_gold_can_be_used(
    name: str,
) -> None:
    bound = exchange_calendars.calendar_utils.global_calendar_dispatcher
    last = bound._calendar_factories[name].bound_max()
    end = us(f"{last.year}-06-30")
    calendar = exchange_calendar(name, end - 300 * DAY_US, end)
    assert len(calendar.slots(DAY_US, end - 300 * DAY_US, end)) > 150


# --- the clock, around it, and weeks ----------------------------------------------------------


@given(st.integers(us("1960-01-01"), us("2100-01-01")), st.sampled_from(list(INTERVAL_US)))
def test_a_market_that_never_closes_has_a_bar_at_every_multiple_of_the_interval(
    start: int, interval: str
) -> None:
    length = INTERVAL_US[interval]
    found = AlwaysOpen().slots(length, start, start + 10 * length)
    assert len(found) == 10
    assert set(np.diff(found)) == {length}
    assert start <= found[0] < start + length
    assert (found[0] - us("1970-01-01")) % length == 0
    assert AlwaysOpen().is_slot(found, length).all()
    assert not AlwaysOpen().is_slot(found + 1, length).any()


def test_24_7_is_a_name_of_the_market_that_never_closes() -> None:
    assert exchange_calendar("24/7", START, END) == AlwaysOpen()


def test_a_weekly_pattern_repeats_in_every_week_and_rests_at_the_weekend() -> None:
    for week in (0, 1, -60, 300):
        moved = FX_WEEK + week * WEEK_US
        assert fx().is_slot(moved, HOUR_US).all()
        monday = MONDAY + week * WEEK_US
        rest = monday + np.arange(4 * DAY_US + 22 * HOUR_US, 6 * DAY_US + 22 * HOUR_US, HOUR_US)
        assert not fx().is_slot(rest, HOUR_US).any()
        assert not fx().is_slot(moved + MINUTE_US, HOUR_US).any()
        assert fx().slots(HOUR_US, int(moved[0]), int(moved[0]) + WEEK_US).tolist() == list(moved)


def test_a_weekly_pattern_has_no_slot_at_an_interval_it_has_not_seen() -> None:
    assert not fx().is_slot(FX_WEEK, DAY_US).any()
    assert len(fx().slots(DAY_US, START, END)) == 0


def test_bars_on_the_clock_cover_the_session_from_the_hour_before_its_open() -> None:
    """Vendors stamp New York's hours 14:00, 15:00 ... in winter; the first one is half empty."""
    day = us("2024-01-02")
    session = SessionCalendar(
        "clock",
        session=np.array([day]),
        open=np.array([day + 14 * HOUR_US + 30 * MINUTE_US]),
        close=np.array([day + 21 * HOUR_US]),
        on_clock=True,
    )
    expected = [day + hour * HOUR_US for hour in range(14, 21)]
    assert session.slots(HOUR_US, day, day + DAY_US).tolist() == expected
    assert session.bars_per_year(HOUR_US) == 252 * 7


CALENDARS: dict[str, tuple[Calendar, tuple[str, ...]]] = {
    "24/7": (AlwaysOpen(), ("30m", "1h", "1d")),
    "XNYS": (named("XNYS"), ("30m", "1h", "1d")),
    "XLON": (named("XLON"), ("30m", "1h", "1d")),
    "24/5": (named("24/5"), ("30m", "1h", "1d")),
    "fx": (fx(), ("1h",)),
    "fx in New York": (replace(fx(), zone="America/New_York"), ("1h",)),
}


@settings(max_examples=60)
@given(st.sampled_from(list(CALENDARS)), st.integers(START, END - 9 * DAY_US), st.data())
def test_slots_are_exactly_the_moments_that_are_slots(
    name: str, start: int, data: st.DataObject
) -> None:
    calendar, intervals = CALENDARS[name]
    interval = INTERVAL_US[data.draw(st.sampled_from(intervals))]
    end = start + data.draw(st.integers(0, 9 * DAY_US))
    every_minute = np.arange(-(-start // MINUTE_US) * MINUTE_US, end, MINUTE_US)
    brute = every_minute[calendar.is_slot(every_minute, interval)]
    assert calendar.slots(interval, start, end).tolist() == brute.tolist()


# --- bars per year ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("calendar", "interval", "expected"),
    [
        (named("XNYS"), "1d", 252),
        (AlwaysOpen(), "1d", 365),
        (AlwaysOpen(), "1h", 8760),
        (AlwaysOpen(), "4h", 2190),
        (AlwaysOpen(), "1m", 525_600),
        (named("XNYS"), "1h", 252 * 7),
        (named("XNYS"), "30m", 252 * 13),
        (named("XNYS"), "1m", 252 * 390),
        (named("24/5"), "1h", 252 * 24),
        (fx(), "1h", 252 * 24),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_bars_per_year(calendar: Calendar, interval: str, expected: float) -> None:
    assert calendar.bars_per_year(INTERVAL_US[interval]) == pytest.approx(expected)


def test_a_weekly_pattern_without_rest_has_365_days_a_year() -> None:
    daily = WeeklyCalendar("all", {DAY_US: np.arange(7) * DAY_US})
    assert daily.bars_per_year(DAY_US) == pytest.approx(365)
    workdays = WeeklyCalendar("work", {DAY_US: np.arange(5) * DAY_US})
    assert workdays.bars_per_year(DAY_US) == pytest.approx(252)


@pytest.mark.filterwarnings("ignore:DatetimeIndex.weekday is deprecated")  # in XHKG
@pytest.mark.parametrize(
    ("exchange", "interval", "expected"),
    [
        ("XHKG", "30m", 5 + 6),
        ("XHKG", "1h", 3 + 3),
        ("XTKS", "15m", 10 + 10),
        ("XASX", "1h", 6),
        ("XNZE", "1h", 7),
    ],
)
def test_a_session_counts_all_its_bars_whatever_its_breaks_and_its_side_of_midnight(
    exchange: str, interval: str, expected: int
) -> None:
    calendar = named(exchange)
    assert calendar.bars_per_year(INTERVAL_US[interval]) == 252 * expected
    assert isinstance(calendar, SessionCalendar)
    for other in calendar.stamped_otherwise()[1:2]:
        assert other.bars_per_year(INTERVAL_US[interval]) == 252 * expected


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Australia/Sydney"])
def test_a_week_of_a_zone_follows_its_clocks(zone: str) -> None:
    """Midnights and ten o'clocks from Monday to Friday, against the standard library."""
    ten = 10 * HOUR_US + DAY_US * np.arange(5)
    calendar = WeeklyCalendar("local", {DAY_US: DAY_US * np.arange(5), HOUR_US: ten}, zone)
    hours = np.arange(us("2022-01-01"), us("2023-01-10"), HOUR_US)
    clocks = [datetime.fromtimestamp(hour // 1_000_000, ZoneInfo(zone)) for hour in hours.tolist()]
    for interval, at in ((DAY_US, 0), (HOUR_US, 10)):
        expected = [
            hour
            for hour, clock in zip(hours.tolist(), clocks, strict=True)
            if clock.weekday() < 5 and clock.hour == at
        ]
        assert calendar.slots(interval, int(hours[0]), int(hours[-1]) + 1).tolist() == expected
        assert hours[calendar.is_slot(hours, interval)].tolist() == expected
        assert calendar.bars_per_year(interval) == pytest.approx(252)


def test_daily_bars_stamped_at_the_exchanges_midnight_open_on_its_sessions() -> None:
    calendar = named("XNYS")
    assert isinstance(calendar, SessionCalendar)
    _, midnight, _ = calendar.stamped_otherwise()
    days = midnight.slots(DAY_US, us("2021-07-02"), us("2021-07-08"))
    assert days.tolist() == [us(f"2021-07-{day}T04:00") for day in ("02", "06", "07")]
    winter = midnight.slots(DAY_US, us("2021-12-23"), us("2021-12-28"))
    assert winter.tolist() == [us(f"2021-12-{day}T05:00") for day in (23, 27)]
    assert midnight.bars_per_year(DAY_US) == 252
