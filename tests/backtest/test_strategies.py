"""Strategies trade by trade against a plain loop, and what must hold of any of them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.backtest.planted import DEAR, FREE, made_trades, martingale
from tests.support.bar_by_bar import SIGNALS, traded
from tests.support.nonsense import with_a_nonsense_future
from tests.support.rows import demo_gold, with_prices
from tradegen.backtest.clustered import mean
from tradegen.backtest.costs import Costs
from tradegen.backtest.strategies import STRATEGIES, Strategy, StrategyTrades, run_strategies
from tradegen.data.rows import Rows

ROWS = st.integers(1, 12)
SEEDS = st.integers(0, 1000)


def some_rows() -> Rows:
    return Rows.concatenate([demo_gold().train.slice(0, 30), made_trades(30)])


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda one: one.name)
def test_every_trade_is_that_of_the_plain_loop(strategy: Strategy) -> None:
    rows = some_rows()
    volume = rows.bars.volume.copy()
    volume[::7] = 0.0
    rows = replace(rows, bars=replace(rows.bars, volume=volume))
    found = run_strategies(rows, DEAR, (strategy,))[strategy.name]
    exits = (strategy.exits.stop, strategy.exits.target, strategy.exits.bars)
    held = found.positions
    expected = [
        (i, trade.side, trade.entry_at, trade.exit_at, trade.entry_price, trade.exit_price)
        for i in range(len(rows))
        for trade in traded(rows.bars_of(i), SIGNALS[strategy.name], exits, DEAR)
    ]
    columns = (held.row, held.side, held.entry_at, held.exit_at, held.entry_price, held.exit_price)
    assert np.column_stack(columns) == pytest.approx(np.array(expected).reshape(-1, 6))
    net = [
        trade.net_return
        for i in range(len(rows))
        for trade in traded(rows.bars_of(i), SIGNALS[strategy.name], exits, DEAR)
    ]
    assert found.net_return == pytest.approx(net, rel=1e-9, abs=1e-12)


def told(trades: StrategyTrades, before: int) -> np.ndarray:
    """Return what is known of trades that were over before a bar, and of their beginnings."""
    held = trades.positions
    over = held.exit_at < before
    numbers = (held.row, held.side, held.entry_at, held.exit_at)
    prices = (held.entry_price, held.exit_price, held.unit, trades.net_return, trades.net_units)
    return np.column_stack([column[over] for column in (*numbers, *prices)])


def begun(trades: StrategyTrades, before: int) -> np.ndarray:
    held = trades.positions
    chosen = held.entry_at < before
    columns = (held.row, held.side, held.entry_at, held.entry_price, held.unit)
    return np.column_stack([column[chosen] for column in columns])


@given(ROWS, SEEDS, st.integers(1, 80))
@settings(max_examples=25)
def test_the_future_changes_no_trade_that_was_over_and_none_that_had_begun(
    n: int, seed: int, first: int
) -> None:
    rows = made_trades(n, seed=seed)
    before = run_strategies(rows, DEAR)
    with np.errstate(all="ignore"):
        after = run_strategies(with_a_nonsense_future(rows, seed, first), DEAR)
        for name, trades in before.items():
            assert np.array_equal(told(trades, first), told(after[name], first))
            assert np.array_equal(begun(trades, first), begun(after[name], first))


@given(ROWS, SEEDS, st.sampled_from(list(Costs.model_fields)), st.floats(0, 100))
@settings(max_examples=25)
def test_higher_costs_never_raise_a_return(n: int, seed: int, name: str, more: float) -> None:
    rows = made_trades(n, seed=seed)
    one = run_strategies(rows, DEAR)
    dearer = DEAR.model_copy(update={name: getattr(DEAR, name) + more})
    for strategy, trades in run_strategies(rows, dearer).items():
        assert np.all(trades.net_return <= one[strategy].net_return + 1e-12)
        assert np.all(one[strategy].net_return < one[strategy].gross_return)


@given(ROWS, SEEDS, st.integers(-20, 20))
@settings(max_examples=25)
def test_the_unit_of_prices_changes_no_return(n: int, seed: int, power: int) -> None:
    """Powers of 2 leave each tie a tie; others would break some by their rounding."""
    rows = made_trades(n, seed=seed)
    scaled = replace(rows, bars=with_prices(rows.bars, lambda price: price * 2.0**power))
    costs = Costs(commission_per_share=0)
    other = run_strategies(scaled, costs)
    for name, trades in run_strategies(rows, costs).items():
        assert np.array_equal(trades.net_return, other[name].net_return)
        assert np.array_equal(trades.net_units, other[name].net_units)


def test_what_the_rows_trader_did_plays_no_part() -> None:
    rows = some_rows()
    turned = replace(
        rows,
        side=np.where(rows.long, "short", "long"),
        quantity=2 * rows.quantity,
        entry_price=rows.exit_price,
    )
    other = run_strategies(turned, DEAR)
    for name, trades in run_strategies(rows, DEAR).items():
        assert np.array_equal(trades.net_return, other[name].net_return)


def test_where_nothing_can_be_earned_no_strategy_earns() -> None:
    """A martingale gives no strategy anything, whatever its stops: only peeking would.

    Paths pass a stop by part of a step, which is 2 % over the root of 200: less than 0.1 ATR.
    """
    rows = martingale(made_trades(600))
    for name, trades in run_strategies(rows, FREE).items():
        if len(trades.row) > 100:  # there are no gaps to fade
            earned = mean(trades.net_units, trades.row)
            assert abs(earned.value) < 4 * earned.error + 0.02, name


def test_drift_is_found_by_who_is_always_long() -> None:
    rows = martingale(made_trades(300), drift=0.004)
    trades = run_strategies(rows, FREE)["always long"]
    earned = mean(trades.net_units, trades.row)
    assert earned.value > 10 * earned.error


def test_no_rows_have_no_trades() -> None:
    for trades in run_strategies(made_trades(2).select([]), DEAR).values():
        assert len(trades.row) == len(trades.net_return) == 0
