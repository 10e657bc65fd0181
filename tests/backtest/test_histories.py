"""Bars side by side, and rolling values against plain windows."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.backtest.planted import made_trades
from tests.support.made_rows import rows_at, us
from tradegen.backtest.histories import (
    HORIZON,
    Histories,
    highest,
    lowest,
    rolling_deviation,
    rolling_mean,
    shifted,
)
from tradegen.data.interval import HOUR_US
from tradegen.data.row import FloatArray


def test_each_row_has_its_own_bars_and_nothing_after_them() -> None:
    rows = made_trades(10)
    bars = Histories.of(rows)
    for i in range(len(rows)):
        own = rows.bars_of(i)
        assert bars.last[i] == len(own) - 1
        for name in ("open", "high", "low", "close", "volume"):
            column = getattr(bars, name)[i]
            assert np.array_equal(column[: len(own)], getattr(own, name))
            assert np.isnan(column[len(own) :]).all()


def test_a_long_trade_takes_no_more_memory_than_the_horizon() -> None:
    long = us("2021-01-01") + HOUR_US * np.arange(5000)
    bars = Histories.of(rows_at([long, long[:70]], "1h"))
    assert bars.close.shape == (2, HORIZON)
    assert bars.last.tolist() == [HORIZON - 1, 69]


@pytest.mark.parametrize("length", [1, 2, 14])
@pytest.mark.parametrize(
    ("function", "plain"),
    [(rolling_mean, np.mean), (rolling_deviation, np.std), (highest, np.max), (lowest, np.min)],
)
def test_rolling_values_are_those_of_the_window_up_to_each_bar(
    function: Callable[[FloatArray, int], FloatArray],
    plain: Callable[[FloatArray], float],
    length: int,
) -> None:
    values = np.random.default_rng(0).normal(5, 1, (3, 30))
    found = function(values, length)
    for i in range(3):
        for t in range(30):
            window = values[i, t - length + 1 : t + 1]
            expected = plain(window) if t >= length - 1 else np.nan
            assert found[i, t] == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)


def test_what_lies_before_and_after_a_window_leaves_no_trace() -> None:
    values = np.random.default_rng(0).normal(5, 1, (2, 40))
    spoilt = values.copy()
    spoilt[:, :10], spoilt[:, 30:] = 1e18, np.nan
    for function in (rolling_mean, rolling_deviation, highest, lowest):
        assert np.array_equal(function(values, 5)[:, 14:30], function(spoilt, 5)[:, 14:30])


def test_a_shift_beyond_the_first_bar_has_no_value() -> None:
    assert np.isnan(shifted(np.ones((2, 3)), 5)).all()


def test_the_true_range_reaches_to_the_close_before() -> None:
    rows = made_trades(5)
    bars = Histories.of(rows)
    high, low, before = bars.high[:, 1:60], bars.low[:, 1:60], bars.close[:, :59]
    sizes = np.stack([high - low, np.abs(high - before), np.abs(low - before)])
    assert bars.true_range[:, 1:60] == pytest.approx(sizes.max(axis=0))
    assert np.isnan(bars.true_range[:, 0]).all()
