"""Wider bars are those of pandas, and a trade has the finest ones that hold it."""

import numpy as np
import pandas as pd
import pytest

from tradegen.data.interval import DAY_US, HOUR_US, INTERVAL_US
from tradegen.data.row import Bars
from tradegen.importers.intervals import MOST_BARS, finest, resampled, spacing, wider


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
    odd = Bars(bars.time * 7 // 5, bars.open, bars.high, bars.low, bars.close, bars.volume)
    assert spacing(odd) is None


def test_only_whole_multiples_can_be_made() -> None:
    assert wider("1h") == ["1h", "2h", "4h", "6h", "8h", "12h", "1d"]
    assert wider("4h") == ["4h", "8h", "12h", "1d"]


@pytest.mark.parametrize(
    ("hours", "expected"), [(1, "1h"), (59, "1h"), (60, "4h"), (239, "4h"), (240, "1d")]
)
def test_a_trade_has_the_finest_usual_interval_that_holds_it(hours: int, expected: str) -> None:
    entry = 19_000 * DAY_US
    name = finest(wider("1h"), entry, entry + hours * HOUR_US)
    assert name == expected
    length = INTERVAL_US[expected]
    assert (entry + hours * HOUR_US) // length - entry // length + 1 <= MOST_BARS


def test_bars_at_another_spacing_are_taken_as_they_are() -> None:
    entry = 19_000 * DAY_US
    assert finest(wider("2h"), entry, entry + HOUR_US) == "2h"


def test_a_trade_of_months_fits_no_interval() -> None:
    assert finest(wider("1d"), 0, 61 * DAY_US) is None
