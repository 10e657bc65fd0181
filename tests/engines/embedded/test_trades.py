"""Sizes and fills of new trades: where they may lie."""

from dataclasses import replace

import numpy as np

from tests.support.engine import demo_model
from tests.support.rows import demo_gold
from tradegen.data.row import FloatArray, IntArray
from tradegen.engines.embedded.compose import snap_bars
from tradegen.engines.embedded.donors import Donors, learn_donors
from tradegen.engines.embedded.trades import sizes


def new_sizes(donors: Donors, donor: IntArray, price: FloatArray) -> FloatArray:
    draw = np.random.default_rng(0).random(len(donor))
    return sizes(donors, donor, price, np.zeros(len(donor)), draw)


def bracketed() -> Donors:
    """Gold whose trades are worth 1,000 or 15,000, or anything from 20,000 to 50,000."""
    gold = demo_gold()
    rng = np.random.default_rng(1)
    n = len(gold.train)
    value = np.where(np.arange(n) % 2, 1000.0, 15_000.0)
    value = np.where(np.arange(n) % 5 == 0, rng.uniform(20_000, 50_000, n), value)
    rows = replace(gold.train, quantity=value / gold.train.entry_price)
    return learn_donors(replace(gold, train=rows))


def test_a_value_that_many_trades_share_is_kept_and_none_lies_between_brackets() -> None:
    donors = bracketed()
    donor = np.arange(len(donors.rows))
    price = donors.rows.entry_price * 1.7
    value = new_sizes(donors, donor, price) * price
    shared = donor % 5 != 0
    assert np.allclose(value[shared], np.where(donor % 2, 1000.0, 15_000.0)[shared], rtol=1e-6)
    assert np.all((value[~shared] > 14_900) & (value[~shared] < 50_500))
    assert len(np.unique(value[~shared])) > 0.9 * (~shared).sum()


def test_a_new_size_lies_between_golds_next_smaller_and_larger_one() -> None:
    donors = demo_model().donors
    trades, donor = donors.trades, np.arange(len(donors.rows))
    free = ~(trades.value_is_usual | trades.quantity_is_usual)
    quantity = new_sizes(donors, donor, trades.entry_price)
    step = np.log(quantity / trades.quantity)[free]
    digit = 0.06  # a quantity of two digits is rounded by up to 5 %
    assert np.all(step <= trades.size_above[free] + digit)
    assert np.all(step >= -trades.size_below[free] - digit)


def test_a_bar_that_opens_with_a_gap_does_so_on_the_tick_too() -> None:
    close = np.array([[100.0, 100.004, 100.0]])
    open_ = np.array([[100.0, 100.003, 100.004]])
    gap = np.array([[0.0, 3e-5, 0.0]])
    made = snap_bars((open_, open_ + 0.1, open_ - 0.1, close), np.array([[0.01]]), gap)
    assert made.open[0].tolist() == [100.0, 100.01, 100.0]
    assert np.all(made.high >= np.maximum(made.open, made.close))


def test_bars_adjusted_for_a_split_keep_their_own_grid() -> None:
    gold = demo_gold()
    rows = gold.train
    symbol = rows.symbol[0]
    first = np.flatnonzero(rows.symbol == symbol)[0]
    split = np.arange(len(rows.bars)) < rows.offsets[first + 1]
    split &= np.arange(len(rows.bars)) >= rows.offsets[first]
    prices = {
        name: np.where(split, np.round(getattr(rows.bars, name) / 7, 4), getattr(rows.bars, name))
        for name in ("open", "high", "low", "close")
    }
    odd = replace(rows, bars=replace(rows.bars, **prices))
    usual = gold.market.instruments[str(symbol)].usual_tick
    instruments = dict(gold.market.instruments)
    instruments[str(symbol)] = replace(instruments[str(symbol)], price_tick=1e-4)
    market = replace(gold.market, instruments=instruments)
    tick = learn_donors(replace(gold, train=odd, market=market)).trades.tick
    assert tick[first] < usual
    others = np.flatnonzero(rows.symbol == symbol)[1:]
    assert np.all(tick[others] == usual)
