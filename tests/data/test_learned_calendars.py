"""Calendars told from the bars of each symbol: sessions, zones, and who shares them."""

from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from tests.support.made_rows import rows_at, us
from tests.support.market_gold import session_times, trades_on, written_to
from tradegen.data.calendars import SessionCalendar, WeeklyCalendar
from tradegen.data.gold import GoldSource, load_gold
from tradegen.data.interval import DAY_US, HOUR_US, WEEK_US
from tradegen.data.invariants import find_violations
from tradegen.data.market import InstrumentOverride, Market, learn_market
from tradegen.data.row import IntArray
from tradegen.data.rows import Rows
from tradegen.errors import GoldError

MONDAY = us("2022-01-03")


def local(times: IntArray, zone: str) -> IntArray:
    """Return times whose clocks in `zone` show what these show in UTC."""
    naive = pd.DatetimeIndex(times.astype("datetime64[us]"))
    stamps = naive.tz_localize(ZoneInfo(zone)).tz_convert("UTC").tz_localize(None)
    return stamps.to_numpy().astype("datetime64[us]").astype(np.int64)


def weekly(hours: IntArray, weeks: int = 104) -> IntArray:
    """Return hours of the week, counted from Monday, of two years."""
    return (MONDAY + WEEK_US * np.arange(weeks)[:, None] + HOUR_US * hours).ravel()


def hours_a_day(first: int, last: int) -> IntArray:
    return np.add.outer(24 * np.arange(5), np.arange(first, last)).ravel()


def trades(times: IntArray, interval: str, symbol: str, step: int = 150) -> Rows:
    return rows_at(trades_on(times, [10], step), interval, symbol)


def learned(*parts: Rows) -> Market:
    """Learn a market whose rows must then be without fault."""
    rows = Rows.concatenate(list(parts))
    market = learn_market(rows)
    assert find_violations(rows, market) == []
    return market


def per_year(market: Market, rows: Rows) -> float:
    (value,) = set(market.bars_per_year(rows).tolist())
    return float(value)


def new_york(interval: str = "1h") -> Rows:
    return trades(session_times(interval, "2022-01-03", "2023-12-20"), interval, "NYSE", 60)


def foreign_exchange(symbol: str = "EURUSD", zone: str = "UTC") -> Rows:
    """Hourly bars from Sunday 17:00 to Friday 17:00 in New York, or the like in another zone."""
    return trades(local(weekly(np.arange(-7, 4 * 24 + 17)), zone), "1h", symbol)


def test_shares_next_to_foreign_exchange_keep_their_sessions() -> None:
    shares, pair = new_york(), foreign_exchange()
    market = learned(shares, pair)
    assert market.calendar_of("NYSE").name == "XNYS"
    assert per_year(market, shares) == 252 * 7
    assert market.calendar_of("EURUSD").name == "weekly"
    assert per_year(market, pair) == pytest.approx(252 * 24)


def test_daily_bars_stamped_at_new_yorks_midnight_are_sessions_of_new_york() -> None:
    days = session_times("1d", "2021-01-04", "2023-12-20")
    rows = trades(local(days, "America/New_York"), "1d", "ACME", 9)
    market = learned(rows)
    assert per_year(market, rows) == 252
    calendar = market.calendar_of("ACME")
    assert isinstance(calendar, SessionCalendar)
    slots = calendar.slots(DAY_US, us("2022-11-01"), us("2022-11-30"))
    assert (
        slots.tolist()
        == local(session_times("1d", "2022-11-01", "2022-11-30"), str(calendar.zone)).tolist()
    )


def test_a_stated_exchange_takes_daily_bars_stamped_at_its_midnight() -> None:
    days = session_times("1d", "2021-01-04", "2023-12-20", "XLON")
    rows = trades(local(days, "Europe/London"), "1d", "VOD", 9)
    assert find_violations(rows, learn_market(rows, "XLON")) == []


def test_symbols_stamped_differently_on_one_exchange_all_fit_it() -> None:
    days = session_times("1d", "2021-01-04", "2023-12-20")
    utc, local_days = (
        trades(days, "1d", "A", 9),
        trades(local(days, "America/New_York"), "1d", "B", 9),
    )
    market = learned(utc, local_days)
    assert market.calendar_of("A").name == "XNYS"
    assert market.calendar_of("B").name != "XNYS"
    assert isinstance(market.calendar_of("B"), SessionCalendar)


def test_a_stated_and_a_told_exchange_are_one_calendar_over_both_spans() -> None:
    early = trades(session_times("1d", "2005-01-04", "2006-12-20"), "1d", "EARLY", 30)
    late = trades(session_times("1d", "2021-01-04", "2023-12-20"), "1d", "LATE", 30)
    rows = Rows.concatenate([early, late])
    market = learn_market(rows, overrides={"EARLY": InstrumentOverride(calendar="XNYS")})
    assert find_violations(rows, market) == []


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Australia/Sydney"])
def test_daily_bars_that_move_with_the_clocks_are_one_a_day(zone: str) -> None:
    """Every weekday is open, so that no exchange fits."""
    rows = trades(local(weekly(24 * np.arange(5)), zone), "1d", "OWN", 9)
    market = learned(rows)
    calendar = market.calendar_of("OWN")
    assert isinstance(calendar, WeeklyCalendar)
    assert per_year(market, rows) == pytest.approx(252)
    slots = calendar.slots(DAY_US, int(rows.bars.time.min()), int(rows.bars.time.max()))
    assert np.diff(slots).min() >= 23 * HOUR_US


def test_hours_that_move_with_the_clocks_are_counted_once() -> None:
    pair = foreign_exchange(zone="America/New_York")
    assert per_year(learned(pair), pair) == pytest.approx(252 * 24)
    shares = trades(local(weekly(hours_a_day(9, 18)), "Europe/Berlin"), "1h", "SAP")
    assert per_year(learned(shares), shares) == pytest.approx(252 * 9)


def test_symbols_open_at_the_same_times_share_a_calendar_and_others_do_not() -> None:
    zone = "Europe/Berlin"
    sap, bmw = (
        trades(local(weekly(hours_a_day(9, 18)), zone), "1h", s, step)
        for s, step in (("SAP", 150), ("BMW", 430))
    )
    pair = foreign_exchange()
    market = learned(sap, bmw, pair)
    assert market.calendar_of("SAP") is market.calendar_of("BMW")
    assert market.calendar_of("SAP").name != market.calendar_of("EURUSD").name
    assert per_year(market, bmw) == pytest.approx(252 * 9)
    assert per_year(market, pair) == pytest.approx(252 * 24)


def test_few_rows_of_a_pair_fill_the_week_of_another_pair() -> None:
    few = foreign_exchange("USDJPY").slice(3, 5)
    market = learned(foreign_exchange(), few)
    assert per_year(market, few) == pytest.approx(252 * 24)


def test_daily_stamps_that_no_zone_explains_are_faults_that_name_the_way_out(
    tmp_path: Path,
) -> None:
    """Two vendors of one symbol: new days must not open an hour apart."""
    days = weekly(24 * np.arange(5))
    both = [
        rows_at(trades_on(days, [10], 9), "1d", "OWN"),
        rows_at(trades_on(days + HOUR_US, [10], 90), "1d", "OWN"),
    ]
    rows = Rows.concatenate(both)
    market = learn_market(rows)
    assert per_year(market, rows) == pytest.approx(252)
    rows.trade_id[:] = [f"t-{k}" for k in range(len(rows))]
    path = written_to(tmp_path / "gold.parquet", rows)
    with pytest.raises(GoldError, match=r"in calendar weekly(.|\n)*--calendar"):
        load_gold(GoldSource(files=(path,)))
    kept = load_gold(GoldSource(files=(path,), skip_bad=True))
    assert len(kept.train) + len(kept.holdout) + kept.purged == len(both[0])


def test_a_symbol_without_bars_does_not_disturb_the_others() -> None:
    shares = new_york()
    barless = trades(weekly(24 * np.arange(5)), "1d", "NONE", 500).row(0)
    none = Rows.from_models([barless.model_copy(update={"bars": barless.bars[:0]})])
    market = learn_market(Rows.concatenate([none, shares]))
    assert market.calendar_of("NYSE").name == "XNYS"
