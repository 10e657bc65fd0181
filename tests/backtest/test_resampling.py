"""Resamples: what is drawn, how far it reaches, and when there is no interval."""

import math

import numpy as np
import pytest

from tradegen.backtest.resampling import days_resampled, estimate
from tradegen.fidelity.resampling import dense, groups_resampled


def test_days_are_drawn_in_blocks_that_are_longer_where_days_follow_each_other() -> None:
    rng = np.random.default_rng(0)
    alone = rng.standard_normal(800)
    trending = np.convolve(alone, np.ones(20) / 20, mode="same")

    def share_in_a_row(returns: np.ndarray) -> float:
        drawn = days_resampled(returns, np.random.default_rng(1), 20)
        assert drawn.shape == (20, 800)
        assert drawn.min() >= 0
        assert drawn.max() < 800
        return float((np.diff(drawn, axis=1) == 1).mean())

    assert share_in_a_row(alone) < 0.8
    assert share_in_a_row(trending) > 0.9


def test_returns_that_never_change_are_drawn_day_by_day() -> None:
    drawn = days_resampled(np.zeros(100), np.random.default_rng(0), 5)
    assert (np.diff(drawn, axis=1) == 1).mean() < 0.1


def test_groups_are_drawn_whole_and_as_many_as_there_are() -> None:
    groups = dense(np.array([7, 7, 3, 9, 9, 9]))
    taken = groups_resampled(groups, np.random.default_rng(0), 4000)
    assert taken.shape == (4000, 3)
    assert (taken.sum(axis=1) == 3).all()
    assert taken.mean(axis=0) == pytest.approx([1, 1, 1], abs=0.05)
    assert len(set(taken[:, groups[0]] - taken[:, groups[1]])) == 1  # both of one group


def test_an_interval_leaves_out_undefined_resamples_unless_they_are_many() -> None:
    drawn = np.linspace(0, 1, 1000)
    drawn[:50] = np.nan
    assert estimate(0.5, drawn).low == pytest.approx(np.nanquantile(drawn, 0.025))
    drawn[:51] = np.nan
    assert math.isnan(estimate(0.5, drawn).low)
    assert estimate(0.5, drawn).value == 0.5


def test_an_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(200):
        groups = np.arange(60).repeat(3)
        values = rng.standard_normal(60).repeat(3)
        weights = groups_resampled(groups, rng, 300)[:, groups]
        found = estimate(values.mean(), weights @ values / weights.sum(axis=1))
        hits += found.low <= 0 <= found.high
    assert 180 <= hits <= 199
