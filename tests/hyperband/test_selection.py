"""The best of many trials is held against what the best of many would be by chance."""

import ffn
import numpy as np
import pandas as pd
import pytest

from tradegen.hyperband.bets import BLOCKS, bets, block_sums
from tradegen.hyperband.selection import (
    deflated_sharpe_ratio,
    overfitting_probability,
    selection,
)
from tradegen.hyperband.study import Labelled, Task, search

N = 40 * BLOCKS


def returns_of(trials: int, skill: float, seed: int) -> np.ndarray:
    """Return bets of equal size, shape `(N, trials)`; one of the trials is better by `skill`."""
    rng = np.random.default_rng(seed)
    signs = np.where(rng.random((N, trials)) < 0.5, -1.0, 1.0)
    signs[:, 0] = np.where(rng.random(N) < 0.5 + skill / 2, 1.0, -1.0)
    return signs * np.abs(rng.standard_normal((N, 1)))


def probability(returns: np.ndarray) -> float:
    gains = np.array([block_sums(column) for column in returns.T])
    return overfitting_probability(
        gains, block_sums(returns[:, 0] ** 2), block_sums(np.ones(len(returns)))
    )


@pytest.mark.parametrize("trials", [2, 7, 60])
@pytest.mark.parametrize("skill", [0.0, 0.15])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_probability_of_overfitting_is_that_of_another_library(
    trials: int, skill: float, seed: int
) -> None:
    returns = returns_of(trials, skill, seed)
    expected = ffn.calc_prob_backtest_overfitting(pd.DataFrame(returns), n_blocks=BLOCKS)
    assert probability(returns) == pytest.approx(expected)


def test_a_truly_better_trial_is_found_again_and_luck_is_not() -> None:
    assert probability(returns_of(20, 0.5, 0)) < 0.05
    lucky = [probability(returns_of(20, 0.0, seed)) for seed in range(20)]
    assert np.mean(lucky) > 0.3


@pytest.mark.parametrize("trials", [2, 60])
@pytest.mark.parametrize("skill", [0.0, 0.15, 0.5])
def test_the_deflated_sharpe_ratio_is_that_of_another_library(trials: int, skill: float) -> None:
    returns = returns_of(trials, skill, 3)
    sharpes = returns.mean(axis=0) / returns.std(axis=0)
    # the other library takes annual ratios of dated returns, unless told that a year is one return
    days = pd.Series(returns[:, 0], pd.bdate_range("2020", periods=N))
    expected = ffn.calc_deflated_sharpe_ratio(days, sharpes, nperiods=1, annualized_trials=False)
    assert deflated_sharpe_ratio(returns[:, 0], sharpes) == pytest.approx(expected)


def test_more_trials_make_the_same_returns_less_of_a_proof() -> None:
    returns = returns_of(1, 0.1, 5)[:, 0]
    rng = np.random.default_rng(0)
    few, many = (0.05 * rng.standard_normal(n) for n in (5, 500))
    assert deflated_sharpe_ratio(returns, many) < deflated_sharpe_ratio(returns, few)


def test_what_cannot_be_said_is_not_a_number() -> None:
    assert np.isnan(probability(returns_of(1, 0.0, 0)))
    assert np.isnan(deflated_sharpe_ratio(np.ones(50), np.array([0.1, 0.2])))
    assert np.isnan(deflated_sharpe_ratio(returns_of(1, 0.0, 0)[:, 0], np.array([0.1])))


def test_bets_earn_nothing_without_skill_and_most_with_all_of_it() -> None:
    rng = np.random.default_rng(0)
    label = rng.random(4_000) < 0.3
    assert bets(rng.random(4_000), label).mean() == pytest.approx(0, abs=0.02)
    assert bets(label + rng.random(4_000), label).mean() == pytest.approx(0.3, abs=0.02)
    assert bets(-(label + rng.random(4_000)), label).mean() == pytest.approx(-0.3, abs=0.02)


def test_a_model_that_knows_few_scores_is_not_bet_against() -> None:
    rng = np.random.default_rng(0)
    label = rng.random(1_000) < 0.6
    assert bets(label.astype(float), label).mean() == pytest.approx(0.42, abs=0.03)
    assert bets(np.zeros(1_000), label).mean() == pytest.approx(0, abs=0.05)


def test_ties_are_not_bet_on_by_their_place_in_time() -> None:
    late = np.arange(1_000) >= 500
    assert bets(np.zeros(1_000), late).mean() == pytest.approx(0, abs=0.05)


def labelled(n: int, seed: int, *, signal: bool) -> Labelled:
    rng = np.random.default_rng(seed)
    inputs = rng.standard_normal((n, 5))
    told = inputs[:, 0] if signal else np.zeros(n)
    return Labelled(inputs, told + 0.5 * rng.standard_normal(n) > 0)


def test_a_study_with_signal_is_told_from_one_without() -> None:
    real = labelled(200, 2, signal=True)
    judged = []
    for signal in (True, False):
        task = Task(
            labelled(200, 0, signal=signal), labelled(200, 1, signal=signal), {"later": real}
        )
        judged.append(selection(search(task, "s", 3, 20), task.validation.label, "later"))
    with_signal, without = judged
    assert with_signal.rank_correlation > 0.4
    assert without.rank_correlation < 0.4
    assert with_signal.overfitting < without.overfitting
