"""Wider bars are those of pandas, and a trade has the finest ones that hold it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tradegen.data.interval import DAY_US, HOUR_US, INTERVAL_US
from tradegen.data.row import Bars
from tradegen.importers.intervals import MOST_BARS, Series, resampled, spacing, wider


def hourly(n: int, missing: tuple[int, ...] = ()) -> Bars:
    rng = np.random.default_rng(0)
    kept = np.setdiff1d(np.arange(n), missing)
    close = 100 + np.cumsum(rng.standard_normal(n))
    open_ = np.concatenate([[100], close[:-1]])
    high, low = np.maximum(open_, close) + 1, np.minimum(open_, close) - 1
    time = 19_000 * DAY_US + HOUR_US * np.arange(n) + 5 * HOUR_US
    volume = rng.integers(1, 9, n).astype(float)
    return Bars(time[kept], open_[kept], high[kept], low[kept], close[kept], volume[kept])


@pytest.mark.parametrize("interval", ["2h", "4h", "12h", "1d"])
def test_wider_bars_are_those_of_pandas(interval: str) -> None:
    bars = hourly(200, missing=(7, 8, 9, 10, 11, 60))
    frame = pd.DataFrame(
        {name: getattr(bars, name) for name in ("open", "high", "low", "close", "volume")},
        index=pd.to_datetime(bars.time, unit="us", utc=True),
    )
    how = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    expected = frame.resample(interval.replace("d", "D")).agg(how).dropna()
    made = resampled(bars, interval)
    assert (pd.to_datetime(made.time, unit="us", utc=True) == expected.index).all()
    for name in how:
        assert getattr(made, name) == pytest.approx(expected[name].to_numpy())


def test_bars_of_the_same_interval_are_left_as_they_are() -> None:
    bars = hourly(30)
    assert resampled(bars, "1h") is bars


def test_the_spacing_is_the_usual_step_and_gaps_do_not_change_it() -> None:
    assert spacing(hourly(50, missing=(3, 4, 5))) == "1h"
    bars = hourly(50)
    assert spacing(bars[:1]) is None
    assert spacing(replace(bars, time=bars.time * 7 // 5)) is None


def test_only_whole_multiples_can_be_made() -> None:
    assert wider("1h") == ["1h", "2h", "4h", "6h", "8h", "12h", "1d"]
    assert wider("4h") == ["4h", "8h", "12h", "1d"]


def since(bars: Bars, hours: int) -> tuple[int, int]:
    """Return an entry in the 65th bar of a day and an exit some hours later."""
    entry = int(bars.time[0]) + 70 * DAY_US
    return entry, entry + hours * HOUR_US


@pytest.mark.parametrize(
    ("hours", "expected"), [(1, "1h"), (59, "1h"), (60, "4h"), (235, "4h"), (240, "1d")]
)
def test_a_trade_has_the_finest_usual_interval_that_holds_it(hours: int, expected: str) -> None:
    series = Series([hourly(100 * 24)])
    entry, exit_ = since(series.bars("1h"), hours)
    assert series.finest(entry, exit_) == expected
    time = series.bars(expected).time
    assert ((time > entry - INTERVAL_US[expected]) & (time <= exit_)).sum() <= MOST_BARS


def test_bars_are_counted_and_not_days_of_the_calendar() -> None:
    """Days without weekends: a trade of 65 days has 46 bars."""
    days = 19_000 * DAY_US + DAY_US * np.arange(300)
    kept = days[np.arange(300) % 7 < 5]
    ones = np.ones(len(kept))
    series = Series([Bars(kept, ones, ones, ones, ones, ones)])
    assert series.finest(int(kept[70]), int(kept[70]) + 65 * DAY_US) == "1d"
    assert series.finest(int(kept[70]), int(kept[70]) + 90 * DAY_US) is None


def test_bars_at_another_spacing_are_taken_as_they_are() -> None:
    series = Series([resampled(hourly(2000), "2h")])
    assert series.finest(*since(series.bars("2h"), 1)) == "2h"


def test_of_several_intervals_the_finest_that_holds_the_trade_is_taken() -> None:
    """Days for long, hours of late alone: an early trade has its days."""
    bars = hourly(150 * 24)
    series = Series([resampled(bars, "1d"), bars[120 * 24 :]])
    entry, exit_ = since(bars, 30)
    assert series.finest(entry, exit_) == "1d"
    assert series.finest(entry + 60 * DAY_US, exit_ + 60 * DAY_US) == "1h"


def test_bars_keep_their_times_wherever_these_lie() -> None:
    bars = hourly(300)
    half_past = replace(bars, time=bars.time + HOUR_US // 2)
    series = Series([half_past])
    assert series.bars("1h") is half_past
    assert set(series.bars("4h").time % (4 * HOUR_US)) == {HOUR_US // 2}
    day = resampled(bars, "1d")
    late = replace(day, time=day.time - HOUR_US)
    assert Series([late]).bars("1d") is late


def test_bars_at_no_known_interval_are_refused() -> None:
    bars = hourly(50)
    with pytest.raises(ValueError, match="not at a known interval"):
        Series([replace(bars, time=bars.time * 7 // 5)])
