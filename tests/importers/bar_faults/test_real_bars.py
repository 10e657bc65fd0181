"""Real bars: what is found in them is true, and what is planted in them is found."""

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.bar_faults import real_bars
from tests.support.planted_bars import MARKET, before_split, prices_in, raw, taken
from tests.support.real_gold import REASON
from tradegen.data.interval import DAY_US, HOUR_US
from tradegen.data.row import BAR_FIELDS, PRICE_FIELDS, Bars
from tradegen.importers.bar_faults.examine import Examined, examine
from tradegen.importers.bar_faults.fault import Fault, Kind
from tradegen.importers.bar_faults.ratios import SPLITS
from tradegen.importers.bar_faults.shifts import Series, find_shifts
from tradegen.importers.bar_faults.splits import adjusted, find_splits

Market = Mapping[str, Bars]

pytestmark = pytest.mark.skipif(not MARKET.is_dir(), reason=REASON)

GAPS_ON = {
    *("2020-03-04", "2020-04-25", "2020-06-28"),
    *("2021-04-20", "2021-04-25", "2021-08-13", "2021-09-29"),
}
"""Days of which the file lacks some hours, the same ones in all of its markets."""


@pytest.fixture(scope="session")
def hours() -> Market:
    return real_bars(MARKET / "crypto_hourly.parquet")


@pytest.fixture(scope="session")
def days() -> Market:
    return real_bars(MARKET / "equity_daily.parquet")


def as_they_are(bars: Market, length: int) -> Examined:
    prices = {name: prices_in(own[100:], 20, length=length) for name, own in bars.items()}
    return examine(
        {(name, None): raw(own) for name, own in bars.items()}, prices, frozenset(), None
    )


def test_in_real_hours_only_gaps_that_all_markets_share_are_found(hours: Market) -> None:
    faults = as_they_are(hours, HOUR_US).faults
    assert {one.kind for one in faults} == {Kind.GAPS}
    assert {str(np.datetime64(one.first, "us"))[:10] for one in faults} == GAPS_ON
    assert max(one.count for one in faults) == 4


def test_in_real_days_only_two_missing_ones_are_found(days: Market) -> None:
    """The market was open on that day; the file has no bar of it for these two shares."""
    faults = as_they_are(days, DAY_US).faults
    found = [(one.symbol, one.kind, str(np.datetime64(one.first, "us"))[:10]) for one in faults]
    assert found == [("CERN", Kind.GAPS, "2022-01-27"), ("DISCA", Kind.GAPS, "2022-01-27")]


def test_nearly_every_split_planted_in_real_days_is_found_and_undone(days: Market) -> None:
    rng = np.random.default_rng(0)
    names = sorted(name for name, bars in days.items() if len(bars) > 100)
    found, n = 0, 300
    for _ in range(n):
        bars = days[names[rng.integers(len(names))]]
        first = int(rng.integers(0, len(bars) - 80))
        window, at = bars[first : first + 80], int(rng.integers(30, 75))
        whole = SPLITS[rng.integers(len(SPLITS))]
        ratio = whole if rng.random() < 0.7 else 1 / whole
        splits = find_splits(before_split(window, at, float(ratio)))
        if [(one.at, one.ratio) for one in splits] == [(at, ratio)]:
            found += 1
            undone = adjusted(before_split(window, at, float(ratio)), splits[0])
            for name in PRICE_FIELDS:
                np.testing.assert_allclose(getattr(undone, name), getattr(window, name), 1e-12)
    assert found >= 0.95 * n


@given(data=st.data())
@settings(max_examples=20)
def test_a_gap_planted_in_real_bars_is_found_to_the_bar(
    hours: Market, days: Market, data: st.DataObject
) -> None:
    bars = data.draw(st.sampled_from([hours["BTCUSDT"], days["AAPL"]]))[:800]
    at, n = data.draw(st.integers(1, 700)), data.draw(st.integers(1, 50))
    kept = taken(bars, np.delete(np.arange(len(bars)), np.arange(at, at + n)))
    there = {(one.first, one.last) for one in _gaps(bars)}
    planted = {(one.first, one.last) for one in _gaps(kept)} - there
    assert any(first <= bars.time[at] and last >= bars.time[at + n - 1] for first, last in planted)
    assert sum(one.count for one in _gaps(kept)) == sum(one.count for one in _gaps(bars)) + n


def _gaps(bars: Bars) -> list[Fault]:
    return examine({("A", None): raw(bars)}, {}, frozenset(), None).faults


@pytest.mark.parametrize("shift", [-8, -5, 3, 9])
def test_a_shift_planted_in_real_hours_is_found_and_none_else(hours: Market, shift: int) -> None:
    found = 0
    for k, (name, bars) in enumerate(sorted(hours.items())):
        part = bars[2_000:4_000]
        prices = prices_in(part[20:-20], 30, k)
        off = Bars(part.time + shift * HOUR_US, *(getattr(part, one) for one in BAR_FIELDS[1:]))
        shifts = find_shifts(
            [Series(name, "1h", HOUR_US, off, prices)], lambda _: None, fixes=frozenset()
        )
        found += bool(shifts) and shifts[name][0].bars(off) == part
        right = [Series(name, "1h", HOUR_US, part, prices)]
        assert find_shifts(right, lambda _: None, fixes=frozenset()) == {}
    assert found >= 12, "of 13"


def test_fills_before_a_real_split_are_recognised(days: Market) -> None:
    """Apple split 4:1 on 2020-08-31; the bars are adjusted for it, fills never are."""
    bars = days["AAPL"]
    prices = prices_in(bars[-700:], 60, length=DAY_US)
    split = int(np.datetime64("2020-08-31", "us").astype(np.int64))
    ratio = np.where(prices.time < split, 4.0, 1.0)
    log = type(prices)(prices.time, prices.price * ratio, prices.name)
    found = examine({("AAPL", None): raw(bars)}, {"AAPL": log}, frozenset({Kind.RATIO}), None)
    (rescale,) = found.rescale["AAPL"]
    assert rescale.ratio == float(Fraction(4))
    np.testing.assert_allclose(log.scaled(rescale).price, prices.price)
