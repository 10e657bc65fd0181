"""Replayed trades against the engine bt, plain loops, and what must hold of any."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.backtest.in_bt import path_in_bt
from tests.backtest.planted import DEAR, FREE, made_trades, one_trade
from tests.support.rows import demo_gold, with_prices
from tradegen.backtest.costs import Costs
from tradegen.backtest.replay import replay
from tradegen.data.row import LOOKBACK

BPS = st.floats(0, 200)
COSTS = st.builds(
    Costs,
    commission_bps=BPS,
    commission_per_share=st.floats(0, 1),
    spread_bps=BPS,
    slippage_bps=BPS,
    impact_bps=BPS,
)
N_TRADES = st.integers(1, 8)
INTERVALS = st.sampled_from(["1h", "4h", "1d"])
SEEDS = st.integers(0, 1000)


@pytest.mark.parametrize("interval", ["1h", "1d"])
@pytest.mark.parametrize("costs", [FREE, DEAR])
def test_every_trade_earns_bar_by_bar_what_it_earns_in_bt(interval: str, costs: Costs) -> None:
    rows = made_trades(12, interval, seed=3)
    rows = replace(rows, entry_time=rows.entry_time + 1_000_000)
    replayed = replay(rows, costs)
    assert {"long", "short"} == set(rows.side.tolist())
    for i in range(len(rows)):
        path = replayed.path_pnl[replayed.offsets[i] : replayed.offsets[i + 1]]
        assert path == pytest.approx(path_in_bt(rows, i, costs), abs=1e-6)
        assert replayed.net_pnl[i] == pytest.approx(path.sum(), abs=1e-9)


@given(N_TRADES, INTERVALS, SEEDS, COSTS)
def test_the_path_adds_up_to_the_profit(n: int, interval: str, seed: int, costs: Costs) -> None:
    rows = made_trades(n, interval, seed)
    replayed = replay(rows, costs)
    added = np.add.reduceat(replayed.path_pnl, replayed.offsets[:-1])
    assert added == pytest.approx(replayed.net_pnl, rel=1e-9, abs=1e-9 * replayed.stake.max())
    assert len(replayed.path_pnl) == (rows.n_bars - LOOKBACK).sum()


@given(N_TRADES, SEEDS, COSTS, st.sampled_from(list(Costs.model_fields)), st.floats(0, 100))
def test_higher_costs_never_raise_a_return(
    n: int, seed: int, costs: Costs, name: str, more: float
) -> None:
    rows = made_trades(n, seed=seed)
    dearer = costs.model_copy(update={name: getattr(costs, name) + more})
    assert np.all(replay(rows, dearer).net_return <= replay(rows, costs).net_return + 1e-12)
    assert np.all(replay(rows, costs).net_return <= replay(rows, FREE).gross_return + 1e-12)


@given(N_TRADES, SEEDS, st.floats(1e-6, 1e6), st.floats(1e-3, 1e3))
def test_neither_the_unit_of_prices_nor_size_without_impact_changes_a_return(
    n: int, seed: int, unit: float, size: float
) -> None:
    rows = made_trades(n, seed=seed)
    costs = Costs(impact_bps=0)
    scaled = replace(
        rows,
        bars=with_prices(rows.bars, lambda price: price * unit),
        entry_price=rows.entry_price * unit,
        exit_price=rows.exit_price * unit,
        quantity=rows.quantity * size,
    )
    one, other = replay(rows, costs), replay(scaled, costs)
    for name in ("gross_return", "net_return", "worst", "best"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), abs=1e-9)


def test_long_and_short_earn_the_opposite_before_costs() -> None:
    rows = made_trades(10)
    turned = replace(rows, side=np.where(rows.long, "short", "long"))
    one, other = replay(rows, FREE), replay(turned, FREE)
    assert np.array_equal(one.path_pnl, -other.path_pnl)
    assert np.array_equal(one.worst, other.best)
    assert np.array_equal(one.best, other.worst)


def test_excursions_know_only_what_was_certainly_lived_through() -> None:
    bars = [(100, 130, 70, 102), (103, 110, 95, 104), (106, 140, 60, 105)]
    replayed = replay(one_trade(bars, "long", 100.0, 107.0), FREE)
    assert replayed.worst == pytest.approx(0.05)  # 95; 70 and 60 may be outside the trade
    assert replayed.best == pytest.approx(0.10)  # 110; 130 and 140 may be
    assert replayed.bars_held == 2
    short = replay(one_trade(bars, "short", 100.0, 107.0), FREE)
    assert (short.worst[0], short.best[0]) == pytest.approx((0.10, 0.05))


def test_a_trade_within_one_bar_has_no_excursion_but_its_own_result() -> None:
    bars = [(100, 130, 70, 120)]
    replayed = replay(one_trade(bars, "long", 100.0, 98.0), FREE)
    assert (replayed.worst[0], replayed.best[0]) == pytest.approx((0.02, 0.0))
    assert replayed.path_pnl == pytest.approx([-2.0])
    assert replayed.bars_held == 0


def test_a_result_never_lies_beyond_the_excursions() -> None:
    replayed = replay(demo_gold().train, FREE)
    assert np.all(replayed.worst >= 0)
    assert np.all(replayed.gross_return <= replayed.best + 1e-12)
    assert np.all(replayed.gross_return >= -replayed.worst - 1e-12)


def test_no_rows_are_replayed_as_none() -> None:
    replayed = replay(made_trades(2).select([]), DEAR)
    assert len(replayed) == len(replayed.path_pnl) == 0
