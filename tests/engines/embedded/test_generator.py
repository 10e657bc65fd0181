import asyncio
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.engine import SEED, brief, briefs_of, demo_model
from tests.support.real_gold import CRYPTO, EQUITY, needs_real_gold
from tests.support.rows import demo_gold
from tradegen.data.gold import GoldSource, load_gold
from tradegen.data.invariants import find_violations
from tradegen.data.row import LOOKBACK
from tradegen.data.rows import Rows
from tradegen.data.volatility import lookback_volatility
from tradegen.engines.embedded.donors import learn_donors
from tradegen.engines.embedded.generator import EmbeddedGenerator
from tradegen.engines.protocols import Brief

MANY = 300


def generator() -> EmbeddedGenerator:
    return EmbeddedGenerator(demo_model().donors, SEED)


def limits(briefs: list[Brief]) -> np.ndarray:
    return np.array([(b.constraint.low, b.constraint.high) for b in briefs])


def test_almost_every_row_keeps_every_invariant_at_the_first_attempt() -> None:
    briefs = [brief(i) for i in range(MANY)]
    rows = Rows.from_models(generator().write(briefs))
    broken = find_violations(rows, demo_gold().market, volatility_range=limits(briefs))
    assert {v.invariant for v in broken} <= {"volatility_in_bucket"}, (
        "only rounding may move it out"
    )
    assert len(broken) <= 0.01 * MANY


@settings(max_examples=20)
@given(st.lists(st.integers(0, 999), min_size=1, max_size=40, unique=True), st.integers(0, 3))
def test_a_row_depends_on_its_number_and_attempt_and_not_on_the_batch(
    numbers: list[int], attempt: int
) -> None:
    briefs = [brief(i, attempt) for i in numbers]
    together = generator().write(briefs)
    probe = len(briefs) // 2
    assert generator().write([briefs[probe]])[0] == together[probe]
    assert generator().write(briefs[::-1])[::-1] == together


def test_awaiting_one_row_gives_what_a_batch_gives() -> None:
    assert asyncio.run(generator().generate(brief(5))) == generator().write([brief(5)])[0]


def test_another_attempt_is_another_row() -> None:
    one, two = generator().write([brief(5, 0), brief(5, 1)])
    assert one.bars != two.bars


def test_symbol_interval_and_own_categories_come_from_one_seed() -> None:
    briefs = [brief(i) for i in range(MANY)]
    for made, task in zip(generator().write(briefs), briefs, strict=True):
        known = [(seed.symbol, seed.interval, seed.extras["setup"]) for seed in task.seeds]
        assert (made.symbol, made.interval, made.extras["setup"]) in known


def test_trade_ids_are_new_and_unique() -> None:
    made = generator().write([brief(i) for i in range(MANY)])
    ids = {row.trade_id for row in made}
    assert len(ids) == MANY
    assert not ids & set(demo_gold().train.trade_id.tolist())


def test_results_are_read_off_the_new_bars() -> None:
    for row in generator().write([brief(i) for i in range(50)]):
        entry, exit_ = row.bars[LOOKBACK : LOOKBACK + 1], row.bars[-1:]
        assert entry.low[0] <= row.entry_price <= entry.high[0]
        assert exit_.low[0] <= row.exit_price <= exit_.high[0]


def test_rows_lie_inside_the_span_that_generation_may_see() -> None:
    gold = demo_gold()
    rows = Rows.from_models(generator().write([brief(i) for i in range(MANY)]))
    assert gold.begins is not None
    assert rows.bars.time.max() < gold.begins
    assert rows.bars.time.min() >= gold.train.bars.time.min()


def test_bars_are_consecutive_slots() -> None:
    rows = Rows.from_models(generator().write([brief(i) for i in range(MANY)]))
    for i in range(len(rows)):
        steps = np.diff(rows.bars_of(i).time)
        assert np.all(steps == steps[0]), "these markets never close"


def test_both_sides_wins_and_losses_and_many_holding_times_appear() -> None:
    rows = Rows.from_models(generator().write([brief(i) for i in range(MANY)]))
    result = np.where(rows.long, 1, -1) * np.log(rows.exit_price / rows.entry_price)
    assert 0.3 < rows.long.mean() < 0.7
    assert 0.25 < (result > 0).mean() < 0.75
    assert len(np.unique(rows.n_bars)) > 15


@needs_real_gold
@pytest.mark.parametrize("file", [EQUITY, CRYPTO])
def test_trades_gain_and_lose_as_often_and_as_much_as_golds(file: Path) -> None:
    gold = load_gold(GoldSource(files=(file,)))
    briefs = briefs_of(gold, 600, "gold", seed=1)
    rows = Rows.from_models(EmbeddedGenerator(learn_donors(gold), 1).write(briefs))

    def drift(of: Rows) -> float:
        """Return the mean move of a traded bar in the trade's favour, in units of volatility."""
        scale = np.diff(np.log(of.lookback(of.bars.close)), axis=1).std(axis=1)
        move = np.log(of.bars.close[of.exit_bar] / of.bars.close[of.entry_bar]) / scale
        signed = np.where(of.long, 1, -1) * move
        return float(signed.sum() / (of.n_bars - 1 - LOOKBACK).sum())

    def wins(of: Rows) -> float:
        return float((np.where(of.long, 1, -1) * (of.exit_price - of.entry_price) > 0).mean())

    assert drift(rows) == pytest.approx(drift(gold.train), abs=0.09)
    assert wins(rows) == pytest.approx(wins(gold.train), abs=0.08)


@needs_real_gold
def test_real_gold_of_three_intervals_and_two_markets_gives_valid_rows() -> None:
    gold = load_gold(GoldSource(files=(EQUITY, CRYPTO)))
    briefs = briefs_of(gold, 400, seed=1)
    rows = Rows.from_models(EmbeddedGenerator(learn_donors(gold), 1).write(briefs))
    broken = find_violations(rows, gold.market, volatility_range=limits(briefs))
    assert len(broken) <= 4
    assert set(rows.interval.tolist()) == {"1h", "4h", "1d"}
    volatility = lookback_volatility(rows, gold.market.bars_per_year(rows))
    assert np.all(np.isfinite(volatility))
    only_long = rows.symbol[
        np.isin(rows.symbol, np.unique(gold.train.symbol[gold.train.side == "short"]), invert=True)
    ]
    assert len(only_long), "equities are long only"
