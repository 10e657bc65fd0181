"""The hazard of an exit, learned from trades whose rule is known."""

from dataclasses import replace

import numpy as np
import pytest

from tests.support.engine import demo_model
from tests.support.made_rows import rows_at
from tests.support.market_gold import trades_on
from tests.support.rows import demo_gold
from tradegen.data.interval import HOUR_US
from tradegen.data.row import LOOKBACK, FloatArray, IntArray
from tradegen.data.rows import Rows
from tradegen.engines.embedded import exits
from tradegen.engines.embedded.exits import Course, ExitModel, learn_exits

LONGEST = 40


def learned(rows: Rows) -> ExitModel:
    n = len(rows)
    return learn_exits(rows, np.zeros(n, dtype=np.int64), 1, np.arange(n)[:, None])


def trades() -> Rows:
    """Trades on made bars, all open for 40 bars."""
    times = np.arange(0, 900 * HOUR_US * 2, HOUR_US)
    return rows_at(trades_on(times, [LONGEST], 4), "1h", "MADE")


def course_of(rows: Rows, model: ExitModel) -> Course:
    at = rows.offsets[:-1, None] + np.arange(LOOKBACK + 1 + LONGEST)
    bars = rows.bars
    open_, high, low, close, volume = (
        column[at] for column in (bars.open, bars.high, bars.low, bars.close, bars.volume)
    )
    kind = np.zeros(len(rows), dtype=np.int64)
    return Course.of((open_, high, low, close, volume), rows.long, model.patience, kind)


def cut(rows: Rows, holding: IntArray) -> Rows:
    """Return the trades closed after that many bars."""
    kept = np.arange(len(rows.bars)) - np.repeat(rows.offsets[:-1], rows.n_bars)
    keep = kept <= np.repeat(LOOKBACK + holding, rows.n_bars)
    bars = type(rows.bars)(*(getattr(rows.bars, f)[keep] for f in rows.bars.__slots__))
    offsets = np.concatenate([[0], np.cumsum(LOOKBACK + 1 + holding)])
    return replace(rows, bars=bars, offsets=offsets.astype(np.int64))


def results(rows: Rows) -> FloatArray:
    """Return results bar by bar in units of volatility, `(n, 41)`."""
    close = np.log(rows.bars.close[rows.offsets[:-1, None] + np.arange(LOOKBACK + 1 + LONGEST)])
    scale = np.diff(close[:, :LOOKBACK], axis=1).std(axis=1)[:, None]
    sign = np.where(rows.long, 1, -1)[:, None]
    bars = np.arange(LONGEST + 1)
    moves = sign * (close[:, LOOKBACK:] - close[:, [LOOKBACK]])
    result: FloatArray = moves / scale / np.sqrt(bars + 1)
    return result


def test_a_trader_who_takes_profits_is_imitated() -> None:
    rows = trades()
    result = results(rows)
    wins = result > 1.0
    wins[:, 0], wins[:, -1] = False, True
    gold = cut(rows, wins.argmax(axis=1))
    model = learned(gold)
    draw = np.random.default_rng(0).random(len(rows))
    holding = model.holding(course_of(rows, model), draw, np.full(len(rows), LONGEST))
    at_exit = result[np.arange(len(rows)), holding]
    early = holding < LONGEST
    assert np.median(at_exit[early]) > 0.8
    assert at_exit[early].mean() > result[:, 1:].mean() + 0.4
    assert holding.mean() == pytest.approx((gold.n_bars - 1 - LOOKBACK).mean(), rel=0.2)


def test_a_trader_who_waits_a_fixed_time_is_imitated() -> None:
    rows = trades()
    model = learned(cut(rows, np.full(len(rows), 12)))
    draw = np.random.default_rng(0).random(len(rows))
    holding = model.holding(course_of(rows, model), draw, np.full(len(rows), LONGEST))
    assert np.quantile(holding, [0.05, 0.95]).tolist() == pytest.approx([12, 12], abs=1)


def test_no_trade_is_held_for_longer_or_shorter_than_it_may() -> None:
    rows = trades()
    model = learned(cut(rows, np.random.default_rng(1).integers(3, 30, len(rows))))
    draw = np.random.default_rng(2).random(len(rows))
    holding = model.holding(course_of(rows, model), draw, np.full(len(rows), 9))
    assert holding.min() >= 3
    assert holding.max() == 9


def test_trades_are_held_as_long_as_golds() -> None:
    gold, model = demo_gold().train, demo_model().donors.exits
    holding = gold.n_bars - 1 - LOOKBACK
    assert model.shortest.min() == holding.min()
    assert model.patience.mean() == pytest.approx(np.log1p(holding).mean(), rel=0.1)


def test_how_many_bars_are_looked_at_together_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = trades()
    gold = cut(rows, np.random.default_rng(1).integers(3, 30, len(rows)))
    draw, longest = np.random.default_rng(2).random(len(rows)), np.full(len(rows), LONGEST)
    whole = learned(gold)
    holding = whole.holding(course_of(rows, whole), draw, longest)
    monkeypatch.setattr(exits, "_AT_ONCE", 1000)
    assert np.array_equal(learned(gold).weights, whole.weights)
    assert np.array_equal(whole.holding(course_of(rows, whole), draw, longest), holding)
