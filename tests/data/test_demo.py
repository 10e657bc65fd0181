import numpy as np
import pytest

from tests.support.rows import demo_gold, demo_rows
from tradegen.data.demo import simulate_demo_gold
from tradegen.data.invariants import find_violations
from tradegen.data.row import LOOKBACK, PRICE_FIELDS
from tradegen.data.rows import Rows
from tradegen.data.volatility import lookback_volatility

BUCKETS = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1]
TICK = 0.01


@pytest.fixture(scope="module")
def simulated() -> Rows:
    return simulate_demo_gold()


def test_the_file_that_ships_is_what_the_simulation_makes(simulated: Rows) -> None:
    """Prices to within a tick: other builds of numpy may round the last digit otherwise."""
    shipped = demo_rows()
    for name in ("trade_id", "symbol", "side", "interval"):
        assert getattr(simulated, name).tolist() == getattr(shipped, name).tolist()
    for name in ("entry_time", "exit_time"):
        assert np.array_equal(getattr(simulated, name), getattr(shipped, name))
    assert np.array_equal(simulated.bars.time, shipped.bars.time)
    assert np.array_equal(simulated.offsets, shipped.offsets)
    for name in ("entry_price", "exit_price"):
        np.testing.assert_allclose(
            getattr(simulated, name), getattr(shipped, name), rtol=0, atol=1.01 * TICK
        )
    for name in PRICE_FIELDS:
        np.testing.assert_allclose(
            getattr(simulated.bars, name), getattr(shipped.bars, name), rtol=0, atol=1.01 * TICK
        )
    np.testing.assert_allclose(simulated.bars.volume, shipped.bars.volume, rtol=0.01, atol=1.01)
    np.testing.assert_allclose(simulated.quantity, shipped.quantity, rtol=0.01, atol=0.011)
    for name, values in simulated.extras.items():
        assert values.tolist() == shipped.extras[name].tolist()


def test_another_seed_makes_other_trades() -> None:
    other = simulate_demo_gold(seed=1)
    assert set(other.trade_id) != set(demo_rows().trade_id)
    assert find_violations(other, demo_gold().market) == []


def test_every_row_says_that_it_is_simulated() -> None:
    assert set(demo_rows().extras["source"]) == {"simulated"}


def test_about_600_rows_long_and_short_hourly_and_daily_of_several_symbols() -> None:
    rows = demo_rows()
    assert 550 <= len(rows) <= 650
    for column, values in ((rows.side, {"long", "short"}), (rows.interval, {"1h", "1d"})):
        counts = dict(zip(*np.unique(column, return_counts=True), strict=True))
        assert set(counts) == values
        assert min(counts.values()) >= 50
    assert len(set(rows.symbol)) == 8


def test_all_nine_default_buckets_have_train_rows_enough_for_seeds() -> None:
    volatility = demo_gold().volatility
    for value in BUCKETS:
        inside = (volatility >= value - 0.05) & (volatility < value + 0.05)
        assert inside.sum() >= 3, value
        assert len(set(demo_gold().train.symbol[inside])) > 1, value


def test_some_rows_lie_beyond_the_buckets_as_in_real_gold() -> None:
    rows = demo_rows()
    volatility = lookback_volatility(rows, demo_gold().market.bars_per_year(rows))
    assert (volatility < 0.25).sum() >= 10
    assert (volatility >= 1.15).sum() >= 10


def test_the_trades_are_those_of_a_rule_based_trader() -> None:
    """Stops lose, targets win, and no trade outlasts its time limit of 40 bars."""
    rows = demo_rows()
    gain = np.where(rows.long, 1, -1) * (rows.exit_price / rows.entry_price - 1)
    reason = rows.extras["exit_reason"]
    assert set(reason) == {"stop", "target", "time"}
    assert (gain[reason == "stop"] <= 0).all()
    assert (gain[reason == "target"] >= 0).all()
    held = rows.n_bars - LOOKBACK - 1
    assert held.min() >= 1
    assert held.max() <= 40


def test_returns_are_heavy_tailed_and_volatility_clusters() -> None:
    """What GARCH with Student t shocks is for; plain random walks have neither."""
    rows = demo_rows()
    closes = rows.lookback(rows.bars.close)
    returns = np.diff(np.log(closes), axis=1)
    scaled = (returns - returns.mean()) / returns.std(axis=1, keepdims=True)
    assert (scaled**4).mean() / (scaled**2).mean() ** 2 > 3.5
    lagged = [np.corrcoef(size[:-1], size[1:])[0, 1] for size in np.abs(scaled)]
    assert np.mean(lagged) > 0
