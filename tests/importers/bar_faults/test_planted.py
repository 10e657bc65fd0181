"""Each fault that is planted is found where it is, with its fix; fixed bars are the bars before."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.market_gold import session_times
from tests.support.planted_bars import (
    before_split,
    changed,
    made_bars,
    prices_in,
    raw,
    taken,
)
from tradegen.data.calendars import local_time
from tradegen.data.interval import DAY_US, HOUR_US, MINUTE_US
from tradegen.data.row import PRICE_FIELDS, Bars
from tradegen.errors import GoldError, InputError
from tradegen.importers.bar_faults.examine import Examined, examine
from tradegen.importers.bar_faults.fault import FIXABLE, Fault, Kind
from tradegen.importers.bar_faults.prices import Prices
from tradegen.importers.bar_faults.ratios import SPLITS

if TYPE_CHECKING:
    from tradegen.data.bars_files import Key, RawBars

BARS = made_bars()
NEW_YEAR_2024 = 1_704_067_200_000_000
DAYS = made_bars(time=session_times("1d", "2019-01-01", "2022-01-01"), seed=1)


def examined(
    *parts: Bars, prices: Prices | None = None, fix: str = "", calendar: str | None = None
) -> Examined:
    fixes = frozenset(Kind(name) for name in fix.split(",") if name)
    held = {} if prices is None else {"A": prices}
    return examine({("A", None): raw(*parts)}, held, fixes, calendar)


def only(found: Examined) -> Fault:
    (fault,) = found.faults
    return fault


@pytest.mark.parametrize("bars", [BARS, DAYS], ids=["hours", "days"])
def test_sound_bars_have_no_faults(bars: Bars) -> None:
    length = HOUR_US if bars is BARS else DAY_US
    found = examined(bars, prices=prices_in(bars, 60, length=length))
    assert found.faults == []
    assert found.bars == {"A": [bars]}
    assert found.rescale == {}
    assert examine({("A", None): raw(bars)}, {}, FIXABLE, None).bars == {"A": [bars]}


# --- order and duplicates -----------------------------------------------------------------------


@given(st.permutations(range(40)))
@settings(max_examples=30)
def test_bars_out_of_order_are_sorted_and_that_is_told(order: list[int]) -> None:
    bars = BARS[:40]
    found = examined(taken(bars, order))
    assert found.bars["A"] == [bars]
    behind = sum(one > two for one, two in pairwise(order))
    if behind:
        assert (only(found).kind, only(found).count) == (Kind.ORDER, behind)
        assert only(found).done == "done: sorted"
    else:
        assert found.faults == []


@given(st.lists(st.integers(0, 99), min_size=1, max_size=9, unique=True), st.booleans())
@settings(max_examples=30)
def test_bars_that_are_there_twice_count_once(twice: list[int], apart: bool) -> None:
    bars, again = BARS[:100], taken(BARS, sorted(twice))
    parts = (bars, again) if apart else (Bars.concatenate([again, bars]),)
    found = examined(*parts)
    assert found.bars["A"] == [bars]
    (fault,) = [one for one in found.faults if one.kind is Kind.DUPLICATES]
    assert (fault.count, fault.first) == (len(twice), bars.time[min(twice)])
    assert fault.done == "done: dropped, each counts once"


@pytest.mark.parametrize("apart", [False, True])
def test_bars_that_contradict_each_other_are_both_named(apart: bool) -> None:
    bars = BARS[:50]
    other = changed(bars, 7, close=float(bars.close[7]) + 0.01)[7:8]
    parts = (bars, other) if apart else (Bars.concatenate([bars, other]),)
    with pytest.raises(GoldError) as caught:
        examined(*parts)
    second = "b.csv, row 1" if apart else "a.csv, row 51"
    told = str(caught.value)
    assert told.startswith(f"a.csv, row 8 and {second}: two bars of A open at 2022-01-08T07:00:00")
    assert told.endswith("drop one, or keep the last of each with --fix duplicates")
    found = examined(*parts, fix="duplicates")
    assert found.bars["A"] == [changed(bars, 7, close=float(other.close[0]))]
    assert "1 bars are there again with other values" in found.faults[0].evidence


# --- impossible and stale -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"high": 1.0}, "high 1 is below low"),
        ({"low": 0.0}, "low is 0"),
        ({"close": -3.0}, "close is -3"),
        ({"open": float("nan")}, "open is missing"),
        ({"volume": float("nan")}, "volume is missing"),
        ({"volume": -1.0}, "volume is -1"),
        ({"close": 9_999.0}, "close 9999 is not from low"),
        ({"high": float("inf")}, "high is inf"),
    ],
)
def test_impossible_bars_are_found_and_dropped(values: dict[str, float], why: str) -> None:
    bars = changed(BARS, 400, **values)
    found = examined(bars)
    (fault,) = [one for one in found.faults if one.kind is Kind.IMPOSSIBLE]
    assert (fault.first, fault.last, fault.count) == (BARS.time[400], BARS.time[400], 1)
    assert fault.evidence.startswith(why)
    fixed = examined(bars, fix="impossible")
    assert fixed.bars["A"] == [taken(BARS, np.delete(np.arange(1_000), 400))]
    assert Kind.GAPS in {one.kind for one in fixed.faults}, "what is dropped is missing then"


@given(st.integers(1, 900), st.integers(3, 40))
@settings(max_examples=25)
def test_a_feed_that_hung_is_found_to_the_bar(at: int, n: int) -> None:
    columns = {name: getattr(BARS, name).copy() for name in (*PRICE_FIELDS, "volume")}
    for column in columns.values():
        column[at : at + n] = column[at]
    bars = replace(BARS, **columns)
    fault = only(examined(bars))
    assert (fault.kind, fault.first, fault.count) == (Kind.STALE, BARS.time[at + 1], n - 1)
    fixed = examined(bars, fix="stale").bars["A"][0]
    assert fixed == taken(BARS, np.delete(np.arange(1_000), np.arange(at + 1, at + n)))


def test_a_market_without_trades_for_some_hours_is_not_stale() -> None:
    columns = {name: getattr(BARS, name).copy() for name in (*PRICE_FIELDS, "volume")}
    for column in columns.values():
        column[300:320] = 200.0
    columns["volume"][300:320] = 0.0
    assert examined(replace(BARS, **columns)).faults == []


def test_a_few_bars_alike_in_prices_but_not_in_volume_are_not_stale() -> None:
    columns = {name: getattr(BARS, name).copy() for name in (*PRICE_FIELDS, "volume")}
    for name, price in (("open", 200.0), ("high", 201.0), ("low", 199.0), ("close", 200.0)):
        columns[name][300:305] = price
    columns["volume"][300:305] = [5.0, 6.0, 5.0, 7.0, 5.0]
    kinds = {one.kind for one in examined(replace(BARS, **columns)).faults}
    columns["volume"][300:305] = 5.0
    assert Kind.STALE not in kinds
    assert Kind.STALE in {one.kind for one in examined(replace(BARS, **columns)).faults}


# --- gaps ---------------------------------------------------------------------------------------


@given(st.integers(1, 900), st.integers(1, 90))
@settings(max_examples=25)
def test_missing_hours_of_a_market_that_never_closes_are_a_gap(at: int, n: int) -> None:
    fault = only(examined(taken(BARS, np.delete(np.arange(1_000), np.arange(at, at + n)))))
    assert (fault.kind, fault.count) == (Kind.GAPS, n)
    assert (fault.first, fault.last) == (BARS.time[at], BARS.time[at + n - 1])


@given(st.integers(1, len(DAYS) - 3))
@settings(max_examples=15)
def test_a_missing_session_is_a_gap_and_weekends_and_holidays_are_none(at: int) -> None:
    fault = only(examined(taken(DAYS, np.delete(np.arange(len(DAYS)), at))))
    assert (fault.kind, fault.count, fault.first) == (Kind.GAPS, 1, DAYS.time[at])
    assert "XNYS" in fault.evidence


def test_bars_on_the_half_hour_have_no_gaps() -> None:
    assert examined(replace(BARS, time=BARS.time + 30 * MINUTE_US)).faults == []


def test_sessions_of_another_exchange_are_told_or_stated() -> None:
    london = made_bars(time=session_times("1d", "2019-01-01", "2022-01-01", "XLON"))
    assert examined(london).faults == []
    missing = {one.evidence.split()[3] for one in examined(london, calendar="XNYS").faults}
    assert missing == {"XNYS"}
    with pytest.raises(InputError, match="calendar 'XLONN' is not known; did you mean"):
        examined(london, calendar="XLONN")


def test_a_week_of_its_own_is_learned_and_its_gaps_may_be_holidays() -> None:
    """Foreign exchange: from Sunday 22:00 to Friday 22:00 UTC."""
    time = 19_000 * DAY_US + HOUR_US * np.arange(24 * 7 * 30)
    hour = (time - 3 * DAY_US) // HOUR_US % (24 * 7)  # since a Sunday, 00:00
    bars = made_bars(time=time[(hour >= 22) & (hour < 5 * 24 + 22)])
    assert examined(bars).faults == []
    fault = only(examined(taken(bars, np.delete(np.arange(len(bars)), [700, 701]))))
    assert (fault.count, "or a holiday (--calendar NAME knows them)" in fault.evidence) == (2, True)


# --- splits and ratios --------------------------------------------------------------------------

RATIOS = st.sampled_from([one for whole in SPLITS for one in (whole, 1 / whole)])


@given(st.integers(30, 950), RATIOS)
@settings(max_examples=60)
def test_a_split_is_found_with_its_ratio_and_undone(at: int, ratio: Fraction) -> None:
    bars = before_split(BARS, at, float(ratio))
    fault = only(examined(bars))
    assert (fault.kind, fault.last) == (Kind.SPLITS, BARS.time[at])
    assert f"a split {ratio.numerator}:{ratio.denominator} to within" in fault.evidence
    fixed = examined(bars, fix="splits").bars["A"][0]
    for name in (*PRICE_FIELDS, "volume"):
        np.testing.assert_allclose(getattr(fixed, name), getattr(BARS, name), rtol=1e-12)


def test_two_splits_are_undone_together() -> None:
    bars = before_split(before_split(BARS, 700, 2), 300, 0.1)
    fixed = examined(bars, prices=prices_in(bars, 80), fix="splits")
    assert [one.kind for one in fixed.faults] == [Kind.SPLITS, Kind.SPLITS]
    for name in PRICE_FIELDS:
        np.testing.assert_allclose(getattr(fixed.bars["A"][0], name), getattr(BARS, name))


def test_a_crash_is_no_split() -> None:
    """Half its price overnight, with ten times the turnover and days of great moves."""
    rng = np.random.default_rng(0)
    bars = before_split(BARS, 500, 2.0)
    wild = np.arange(1_000) >= 500
    spread = np.where(wild, 1 + rng.uniform(0.03, 0.15, 1_000), 1)
    volume = np.where(wild, BARS.volume * 10, BARS.volume)
    crash = replace(bars, high=bars.high * spread, low=bars.low / spread, volume=volume)
    assert examined(crash).faults == []


def test_half_the_price_after_a_long_rest_is_no_split() -> None:
    bars = before_split(BARS, 500, 2.0)
    rest = np.where(np.arange(1_000) >= 500, 11 * DAY_US, 0)
    assert {one.kind for one in examined(replace(bars, time=bars.time + rest)).faults} == {
        Kind.GAPS
    }


def test_a_split_is_found_beside_impossible_bars() -> None:
    bars = changed(before_split(BARS, 500, 4), 499, close=float("nan"))
    kinds = [one.kind for one in examined(bars).faults]
    assert kinds == [Kind.SPLITS, Kind.IMPOSSIBLE]


def test_prices_before_a_split_are_brought_along_with_the_bars() -> None:
    """Fills at 800 and bars at 800, then a split 4:1: both are 200 afterwards."""
    bars = before_split(BARS, 600, 4)
    fixed = examined(bars, prices=prices_in(bars, 50), fix="splits")
    assert [one.kind for one in fixed.faults] == [Kind.SPLITS], "no price is outside then"
    (rescale,) = fixed.rescale["A"]
    assert (rescale.ratio, rescale.last) == (4.0, BARS.time[600] - 1)


@given(st.integers(100, 900), RATIOS)
@settings(max_examples=40)
def test_fills_on_the_other_side_of_a_split_are_recognised(at: int, ratio: Fraction) -> None:
    prices = prices_in(BARS, 80)
    unadjusted = np.where(prices.time < BARS.time[at], prices.price * float(ratio), prices.price)
    log = replace(prices, price=unadjusted)
    found = examined(BARS, prices=log)
    (fault,) = [one for one in found.faults if one.kind is Kind.RATIO]
    assert f"a split {ratio.numerator}:{ratio.denominator}" in fault.evidence
    assert fault.last < BARS.time[at]
    fixed = examined(BARS, prices=log, fix="ratio")
    (rescale,) = fixed.rescale["A"]
    np.testing.assert_allclose(log.scaled(rescale).price, prices.price, rtol=1e-12)
    assert {one.kind for one in fixed.faults} == {Kind.RATIO}


def test_contracts_of_a_thousand_coins_are_recognised_in_all_of_the_log() -> None:
    log = replace(prices_in(BARS, 30), price=prices_in(BARS, 30).price * 1_000)
    (rescale,) = examined(BARS, prices=log, fix="ratio").rescale["A"]
    assert rescale.first < 0 < 2**60 < rescale.last


def test_two_strange_prices_are_no_ratio() -> None:
    prices = prices_in(BARS, 30)
    odd = replace(prices, price=np.where(np.arange(30) < 2, prices.price * 2, prices.price))
    assert {one.kind for one in examined(BARS, prices=odd).faults} == {Kind.OUTSIDE}


# --- shifts -------------------------------------------------------------------------------------


@given(st.integers(-14, 14).filter(lambda hours: hours not in (0, 1)), st.integers(0, 9))
@settings(max_examples=40)
def test_bars_in_another_zone_are_found_with_the_evidence(hours: int, seed: int) -> None:
    prices = prices_in(BARS[30:970], 60, seed)
    bars = replace(BARS, time=BARS.time + hours * HOUR_US)
    (fault,) = [one for one in examined(bars, prices=prices).faults if one.kind is Kind.ZONE]
    assert fault.evidence.startswith(f"60 of 60 prices fit with {-hours:+g} h, ")
    assert int(fault.evidence.split(", ")[1].split()[0]) < 50
    fixed = examined(bars, prices=prices, fix="zone")
    assert fixed.bars["A"] == [BARS]
    assert only(fixed).kind is Kind.ZONE


def test_a_zone_whose_clocks_change_is_found() -> None:
    """New York's clocks, written as if they were UTC, from January to July."""
    bars = made_bars(24 * 200)
    bars = replace(bars, time=bars.time - 6 * DAY_US)
    local = replace(bars, time=local_time(bars.time, "America/New_York"))
    prices = prices_in(bars, 90)
    (fault,) = [one for one in examined(local, prices=prices).faults if one.kind is Kind.ZONE]
    assert "90 of 90 prices fit with read as clocks in America/New_York" in fault.evidence
    assert examined(local, prices=prices, fix="zone").bars["A"] == [bars]


@given(st.integers(0, 30))
@settings(max_examples=15)
def test_bars_stamped_with_their_closing_time_are_found(seed: int) -> None:
    prices = prices_in(BARS[5:-5], 90, seed)
    bars = replace(BARS, time=BARS.time + HOUR_US)
    (fault,) = [one for one in examined(bars, prices=prices).faults if one.kind is Kind.CLOSING]
    assert "fit with opening an interval earlier" in fault.evidence
    assert fault.evidence.endswith("stamped with their closing time")
    assert examined(bars, prices=prices, fix="closing").bars["A"] == [BARS]


def test_symbols_with_few_trades_tell_together() -> None:
    every = {name: made_bars(seed=k) for k, name in enumerate("ABCDEF")}
    prices = {name: prices_in(bars[20:-20], 6, k) for k, (name, bars) in enumerate(every.items())}
    late: dict[Key, list[RawBars]] = {
        (name, None): raw(replace(bars, time=bars.time + 5 * HOUR_US))
        for name, bars in every.items()
    }
    found = examine(late, prices, frozenset({Kind.ZONE}), None)
    assert {one.symbol for one in found.faults if one.kind is Kind.ZONE} == set(every)
    assert found.bars == {name: [bars] for name, bars in every.items()}
    assert "36 of 36 prices of 6 symbols together fit with -5 h" in found.faults[0].evidence


def test_bars_off_their_sessions_tell_without_any_trade() -> None:
    times = session_times("15m", "2021-01-04", "2021-06-30")
    bars = made_bars(time=times)
    late = replace(bars, time=bars.time - 5 * HOUR_US)
    fault = next(one for one in examined(late).faults if one.kind is Kind.ZONE)
    assert "of bars lie in sessions of XNYS with +5 h" in fault.evidence


def test_prices_of_another_market_are_no_shift() -> None:
    """Half of them lie outside, as futures' do with bars of the spot market."""
    prices = prices_in(BARS, 200)
    rng = np.random.default_rng(3)
    log = replace(prices, price=prices.price * (1 + rng.normal(0.004, 0.006, 200)))
    assert {one.kind for one in examined(BARS, prices=log).faults} == {Kind.OUTSIDE}


# --- outside ------------------------------------------------------------------------------------


def test_each_price_outside_its_bar_is_listed_with_its_distance() -> None:
    prices = prices_in(BARS, 40)
    at = np.searchsorted(BARS.time, prices.time, side="right") - 1
    price = prices.price.copy()
    price[7], price[20] = BARS.high[at[7]] * 1.01, BARS.low[at[20]] * 0.98
    found = examined(BARS, prices=replace(prices, price=price)).faults
    assert [(one.kind, one.first) for one in found] == [
        (Kind.OUTSIDE, prices.time[7]),
        (Kind.OUTSIDE, prices.time[20]),
    ]
    assert found[0].evidence.startswith(f"row 7: {price[7]:g} is 1.00% above the high")
    assert found[1].evidence.startswith(f"row 20: {price[20]:g} is 2.00% below the low")


def test_prices_where_there_are_no_bars_are_not_outside() -> None:
    assert examined(BARS[200:400], prices=prices_in(BARS, 60)).faults == []


# --- edges --------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_few_bars_are_examined_too(n: int) -> None:
    assert examined(BARS[:n], prices=prices_in(BARS, 5)).bars["A"] == [BARS[:n]]


def test_faults_are_listed_with_the_most_severe_first() -> None:
    bars = before_split(BARS, 500, 10)
    bars = changed(taken(bars, np.delete(np.arange(1_000), [200, 201])), 700, high=1.0)
    kinds = [one.kind for one in examined(taken(bars, [1, 0, *range(2, 998)])).faults]
    assert kinds == [Kind.SPLITS, Kind.IMPOSSIBLE, Kind.GAPS, Kind.ORDER]


def test_an_hour_that_clocks_show_twice_is_never_taken_for_the_other_one() -> None:
    bars = made_bars(1_000)
    autumn = 304 * DAY_US  # from 31 October 2024 on
    bars = replace(bars, time=bars.time - bars.time[0] + NEW_YEAR_2024 + autumn)
    local = replace(bars, time=local_time(bars.time, "America/New_York"))
    prices = prices_in(bars, 90)
    (mended,) = examined(local, prices=prices, fix="zone,duplicates").bars["A"]
    index = np.searchsorted(bars.time, mended.time)
    assert taken(bars, index) == mended
    assert len(bars) - len(mended) == 2
