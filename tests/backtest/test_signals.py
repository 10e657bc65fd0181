"""Signals against a plain loop that only ever sees the bars up to its own."""

import numpy as np
import pytest

from tests.backtest.planted import made_trades, martingale
from tests.support.bar_by_bar import SIGNALS, Known
from tests.support.nonsense import with_a_nonsense_future
from tests.support.rows import demo_gold
from tradegen.backtest.histories import Histories
from tradegen.backtest.strategies import STRATEGIES, Strategy
from tradegen.data.rows import Rows

BY_NAME = pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda one: one.name)


def some_rows() -> Rows:
    """Bars with gaps, with and without trends and memory, on ticks and off them."""
    gold = demo_gold().train.slice(0, 12)
    return Rows.concatenate([gold, made_trades(12), martingale(made_trades(12, seed=1))])


def test_there_is_a_second_implementation_of_every_strategy() -> None:
    assert list(SIGNALS) == [strategy.name for strategy in STRATEGIES]


@BY_NAME
def test_every_bars_signal_is_that_of_the_plain_loop(strategy: Strategy) -> None:
    rows = some_rows()
    found = strategy.signal(Histories.of(rows))
    for i in range(len(rows)):
        known = Known.of(rows.bars_of(i))
        expected = [SIGNALS[strategy.name](known.upto(t + 1)) for t in range(len(known))]
        assert found[i, : len(known)].tolist() == expected
        assert not found[i, len(known) :].any()


@BY_NAME
def test_signals_come_in_both_directions_or_the_strategy_is_always_long(
    strategy: Strategy,
) -> None:
    found = set(np.unique(strategy.signal(Histories.of(some_rows()))).tolist())
    assert found == ({0, 1} if strategy.name == "always long" else {-1, 0, 1})


@BY_NAME
@pytest.mark.parametrize("first", [1, 15, 30, 63])
def test_no_signal_knows_what_comes_after_its_bar(strategy: Strategy, first: int) -> None:
    rows = some_rows()
    with np.errstate(all="ignore"):
        spoilt = strategy.signal(Histories.of(with_a_nonsense_future(rows, first=first)))
    assert np.array_equal(spoilt[:, :first], strategy.signal(Histories.of(rows))[:, :first])
