from dataclasses import replace

import exchange_calendars
import numpy as np
import pytest

from tests.support.made_rows import row_at, rows_at, us
from tests.support.rows import demo_gold, demo_rows
from tradegen.data.calendars import AlwaysOpen, SessionCalendar, WeeklyCalendar
from tradegen.data.interval import DAY_US, HOUR_US, MINUTE_US, WEEK_US
from tradegen.data.invariants import find_violations
from tradegen.data.market import InstrumentOverride, learn_market
from tradegen.data.row import IntArray
from tradegen.data.rows import Rows
from tradegen.errors import InputError

WINDOW = 70
MONDAY = us("2024-01-01")


def windows(times: IntArray, step: int = 25) -> list[IntArray]:
    """Cut times into windows long enough for a row."""
    return [times[k : k + WINDOW] for k in range(0, len(times) - WINDOW + 1, step)]


def daily_every_day() -> IntArray:
    return MONDAY + DAY_US * np.arange(120)


def daily_in_new_york() -> IntArray:
    sessions = exchange_calendars.get_calendar("XNYS", start="2020-01-01", end="2021-12-31")
    return np.array([us(day.date().isoformat()) for day in sessions.sessions])


def hourly_foreign_exchange(weeks: int = 6) -> IntArray:
    """Hourly bars from Sunday 22:00 to Friday 22:00 UTC."""
    week = np.arange(-2 * HOUR_US, 4 * DAY_US + 22 * HOUR_US, HOUR_US)
    return (MONDAY + WEEK_US * np.arange(weeks)[:, None] + week).ravel()


# --- calendars --------------------------------------------------------------------------------


def test_bars_on_saturdays_mean_a_market_that_never_closes() -> None:
    market = learn_market(rows_at(windows(daily_every_day())))
    assert market.calendar_of("MADE") == AlwaysOpen()


def test_bars_on_new_york_sessions_mean_new_york() -> None:
    market = learn_market(rows_at(windows(daily_in_new_york(), 60)))
    calendar = market.calendar_of("MADE")
    assert isinstance(calendar, SessionCalendar)
    assert calendar.name == "XNYS"
    assert market.bars_per_year(rows_at(windows(daily_in_new_york(), 400))).tolist() == [252.0] * 2


def test_foreign_exchange_hours_are_learned_from_the_bars_themselves() -> None:
    times = hourly_foreign_exchange()
    rows = rows_at(windows(times), "1h", "EURUSD")
    market = learn_market(rows)
    calendar = market.calendar_of("EURUSD")
    assert isinstance(calendar, WeeklyCalendar)
    later = times + 52 * WEEK_US
    assert calendar.is_slot(later, HOUR_US).all()
    clock = later[0] + HOUR_US * np.arange(7 * 24)
    assert calendar.is_slot(clock, HOUR_US).sum() == 5 * 24
    saturday = us("2024-12-28")
    assert not calendar.is_slot(saturday + HOUR_US * np.arange(24), HOUR_US).any()
    assert market.bars_per_year(rows) == pytest.approx([252 * 24] * len(rows))
    assert find_violations(rows, market) == []


def test_markets_are_told_apart_symbol_by_symbol() -> None:
    coins = rows_at(windows(daily_every_day()), symbol="COIN")
    shares = rows_at(windows(daily_in_new_york(), 60), symbol="SHARE")
    market = learn_market(Rows.concatenate([coins, shares]))
    assert market.calendar_of("COIN").name == "24/7"
    assert market.calendar_of("SHARE").name == "XNYS"


def test_a_symbol_whose_bars_span_no_weekend_joins_the_resting_market_it_fits() -> None:
    times = hourly_foreign_exchange()
    inside_a_week = times[(times >= MONDAY) & (times < MONDAY + 4 * DAY_US)][:WINDOW]
    clear = rows_at(windows(times), "1h", "EURUSD")
    unclear = rows_at([inside_a_week, inside_a_week + WEEK_US], "1h", "USDJPY")
    alone = learn_market(unclear)
    together = learn_market(Rows.concatenate([clear, unclear]))
    assert alone.calendar_of("USDJPY").name == "24/7"
    assert together.calendar_of("USDJPY").name == "weekly"


def test_a_calendar_stated_for_all_or_for_one_symbol_is_taken() -> None:
    rows = Rows.concatenate(
        [rows_at(windows(daily_in_new_york(), 60), symbol=name) for name in ("A", "B")]
    )
    stated = {"B": InstrumentOverride(calendar="XLON")}
    market = learn_market(rows, calendar="24/7", overrides=stated)
    assert market.calendar_of("A").name == "24/7"
    assert market.calendar_of("B").name == "XLON"
    auto = learn_market(rows, overrides=stated)
    assert auto.calendar_of("A").name == "XNYS"


def test_an_unknown_calendar_or_symbol_is_an_error_that_names_it() -> None:
    rows = rows_at(windows(daily_every_day()))
    with pytest.raises(InputError, match=r"'XLNO' is not known; did you mean .*XLON"):
        learn_market(rows, calendar="XLNO")
    with pytest.raises(InputError, match=r"no gold row has: MAED; gold has MADE"):
        learn_market(rows, overrides={"MAED": InstrumentOverride(lot=1.0)})


# --- grids ------------------------------------------------------------------------------------


def test_ticks_lots_and_whole_volumes_are_learned() -> None:
    rows = rows_at(windows(daily_every_day(), 2))
    rows = replace(rows, quantity=np.arange(1.0, len(rows) + 1) / 4)
    one = learn_market(rows).instruments["MADE"]
    assert (one.price_tick, one.fill_tick, one.lot, one.volume_step) == (0.01, 0.01, 0.25, 1.0)


def test_what_the_user_states_takes_precedence_over_what_is_learned() -> None:
    rows = rows_at(windows(daily_every_day()))
    stated = InstrumentOverride(price_tick=0.001, fill_tick=0.0, lot=2.0)
    one = learn_market(rows, overrides={"MADE": stated}).instruments["MADE"]
    assert (one.price_tick, one.fill_tick, one.lot) == (0.001, 0.0, 2.0)


# --- look-ups ---------------------------------------------------------------------------------


def test_steps_and_names_of_known_and_unknown_symbols() -> None:
    market = demo_gold().market
    symbols = np.array(["SIM1", "NONE", "SIM8"])
    assert market.knows(symbols).tolist() == [True, False, True]
    assert market.steps(symbols, "price_tick").tolist() == [0.01, 0.0, 0.01]


def test_bars_per_year_follow_each_rows_interval_and_calendar() -> None:
    rows = demo_rows()
    per_year = demo_gold().market.bars_per_year(rows)
    assert per_year.tolist() == np.where(rows.interval == "1d", 365.0, 8760.0).tolist()
    four_hourly = rows_at([MONDAY + 4 * HOUR_US * np.arange(WINDOW)], "4h", "SIM1")
    assert demo_gold().market.bars_per_year(four_hourly).tolist() == [2190.0]


def test_rows_of_unknown_symbols_or_intervals_have_no_bars_per_year() -> None:
    rows = demo_rows().slice(0, 3)
    symbol, interval = rows.symbol.copy(), rows.interval.copy()
    symbol[0], interval[2] = "NO", "7m"
    strange = replace(rows, symbol=symbol, interval=interval)
    found = demo_gold().market.bars_per_year(strange)
    assert np.isnan(found).tolist() == [True, False, True]


def test_every_row_is_in_the_one_group_of_its_calendar_and_interval() -> None:
    rows = demo_rows()
    groups = demo_gold().market.calendar_groups(rows)
    assert sorted(length for _, length, _ in groups) == [HOUR_US, DAY_US]
    for calendar, length, index in groups:
        assert calendar.name == "24/7"
        assert set(rows.interval[index]) == {"1h" if length == HOUR_US else "1d"}
    assert sorted(np.concatenate([index for *_, index in groups])) == list(range(len(rows)))


def test_rows_without_any_bars_can_be_looked_at() -> None:
    """The invariant `enough_bars` is to say so, not numpy."""
    row = row_at(MONDAY + MINUTE_US * np.arange(WINDOW), "1m")
    barless = Rows.from_models([row.model_copy(update={"bars": row.bars[:0]})])
    assert {v.invariant for v in find_violations(barless, learn_market(barless))} == {"enough_bars"}


def test_an_unknown_interval_in_a_market_with_sessions_is_found_without_a_warning() -> None:
    rows = rows_at(windows(daily_in_new_york(), 60))
    interval = rows.interval.copy()
    interval[1] = "1w"
    strange = replace(rows, interval=interval)
    found = find_violations(strange, learn_market(strange))
    assert [(v.row, v.invariant) for v in found] == [(1, "known_names")]


@pytest.mark.parametrize("field", ["entry_price", "bars.close"])
def test_an_infinite_price_is_found_without_a_warning(field: str) -> None:
    rows = Rows.from_models([demo_rows().row(i) for i in range(4)])
    column = rows.bars.close if field == "bars.close" else rows.entry_price
    column[3] = np.inf
    assert {v.invariant for v in find_violations(rows, learn_market(rows))} == {"finite_numbers"}
