"""Measures on planted sets: each finds the fault it is for, and leaves real rows alone."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.fidelity.planted import jittered, random_walks, two_halves
from tests.support.rows import demo_gold
from tradegen.backtest.clustered import Measured
from tradegen.backtest.costs import Costs
from tradegen.data.row import Bars
from tradegen.data.rows import Rows
from tradegen.verdict.beside import BESIDE, measure_beside
from tradegen.verdict.copying import NEAR, REPEATS, RUNS, measure_copying
from tradegen.verdict.likeness import (
    COVERED,
    FACTS,
    SHAPES,
    TOLD,
    TOLD_BY_BARS,
    UNREAL,
    measure_likeness,
)
from tradegen.verdict.sides import Side
from tradegen.verdict.trading import FAKE, RANKS, compare_strategies, measure_trading


@cache
def halves() -> tuple[Side, Side]:
    first, second, ours, theirs = two_halves()
    return Side(first, ours), Side(second, theirs)


def with_drift(rows: Rows, a_bar: float) -> Rows:
    """Return rows whose prices rise by a share of themselves every bar."""
    bars = rows.bars
    at = np.arange(len(bars)) - np.repeat(rows.offsets[:-1], rows.n_bars)
    prices = [price * np.exp(a_bar * at) for price in (bars.open, bars.high, bars.low, bars.close)]
    return replace(
        rows, bars=Bars(bars.time, prices[0], prices[1], prices[2], prices[3], bars.volume)
    )


def copying(other: Side) -> dict[str, Measured]:
    return measure_copying(halves()[0], other, np.random.default_rng(0), 100)


@cache
def likeness(kind: str) -> dict[str, Measured]:
    first, second = halves()
    other = second if kind == "real" else Side.synthetic(random_walks(second.rows))
    return measure_likeness(first, other, 0)


def test_copies_are_near_and_hold_copied_bars_and_unseen_rows_do_not() -> None:
    first, second = halves()
    real, copied = copying(second), copying(Side.synthetic(jittered(first.rows, 1e-4)))
    for name in (NEAR, RUNS):
        assert real[name].value < 0.1
        assert copied[name].value > 0.9


def test_the_same_rows_again_and_again_repeat_each_other() -> None:
    _, second = halves()
    some = second.rows.select(np.arange(len(second)) % 10)
    assert copying(Side.synthetic(some))[REPEATS].value == 1.0
    assert copying(second)[REPEATS].value < 0.5


def test_random_walks_are_told_apart_and_the_other_half_is_not() -> None:
    real, noise = likeness("real"), likeness("noise")
    for name in (TOLD, TOLD_BY_BARS):
        assert real[name].value == pytest.approx(0.5, abs=0.15)
        assert noise[name].value > 0.9
    assert real[UNREAL].value < 0.15 < 0.7 < noise[UNREAL].value
    assert real[FACTS].value < 0.25 < noise[FACTS].value
    assert noise[COVERED].value < 0.2 < 0.6 < real[COVERED].value
    assert noise[SHAPES].value < real[SHAPES].value


def test_errors_say_how_far_other_halves_of_the_same_gold_are_apart() -> None:
    """The spread of the AUC over random halves, against the error that is given with it."""
    gold = Side.real(demo_gold().train)
    found = []
    for seed in range(6):
        one, other = gold.halved(np.random.default_rng(seed))
        found.append(measure_likeness(one, other, seed)[TOLD])
    spread = float(np.std([one.value for one in found], ddof=1))
    assert 0.3 < spread / np.mean([one.error for one in found]) < 3


def test_the_numbers_beside_tell_copies_and_noise_from_the_other_half() -> None:
    first, second = halves()

    def beside(other: Side, outsiders: Side | None = second) -> dict[str, float]:
        found = measure_beside(first, other, outsiders, np.random.default_rng(0), 500)
        return {name: one.value for name, one in found.items()}

    real, copied = beside(second, None), beside(Side.synthetic(jittered(first.rows, 1e-4)))
    noise = beside(Side.synthetic(random_walks(second.rows)))
    attack = "membership attack (AUC)"
    assert set(copied) == set(BESIDE)
    assert set(real) == set(BESIDE) - {attack}
    assert copied["authenticity"] < 0.05 < 0.3 < real["authenticity"]
    assert copied[attack] > 0.95 > 0.6 > noise[attack]
    assert noise["recall"] < 0.5 < real["recall"]
    assert noise["alpha-precision"] < 0.6 < 0.85 < real["alpha-precision"]


def test_too_few_independent_rows_leave_likeness_unknown() -> None:
    few = Side.real(demo_gold().train.slice(0, 12))
    assert all(np.isnan(one.value) for one in measure_likeness(few, few, 0).values())


def test_a_side_of_some_rows_is_that_side_in_part() -> None:
    whole, index = halves()[0], np.array([5, 3, 40])
    assert np.array_equal(whole.smooth[index], whole.select(index).smooth)
    fresh = Side(whole.rows.select(index), whole.groups[index])
    assert np.array_equal(whole.select(index).features.values, fresh.features.values)
    assert np.array_equal(whole.select(index).sequences, fresh.sequences)


def test_strategies_rank_alike_on_halves_and_a_planted_drift_is_fake_alpha() -> None:
    first, second = halves()
    rng = np.random.default_rng(0)
    real = measure_trading(compare_strategies(first, second, Costs(), rng))
    drifting = Side.synthetic(with_drift(second.rows, 0.01))
    fake = measure_trading(compare_strategies(first, drifting, Costs(), rng))
    assert real[RANKS].value > 0.3
    assert fake[FAKE].value - 1.645 * fake[FAKE].error > 0.25
    assert real[FAKE].value - 1.645 * real[FAKE].error < 0.25
