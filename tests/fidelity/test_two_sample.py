"""Classifier tests on planted sets: equal ones, shifted ones, twins, and orders that matter."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tests.fidelity.planted import random_walks, two_halves
from tradegen.fidelity.features import all_features
from tradegen.fidelity.sequences import random_convolutions, raw_bars
from tradegen.fidelity.two_sample import (
    folds,
    tell_by_one,
    tell_by_ridge,
    tell_by_trees,
    what_gives_away,
)

N = 300
APART = (np.arange(N), np.arange(N))


def noise(seed: int, features: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((N, features))


def test_samples_of_one_distribution_cannot_be_told_apart() -> None:
    assert tell_by_trees(noise(0), noise(1), APART, 0).auc == pytest.approx(0.5, abs=0.08)
    told = tell_by_ridge(noise(0), noise(1), APART, 0)
    assert told.auc == pytest.approx(0.5, abs=0.08)
    assert told.discriminative_score < 0.07


def test_a_shifted_feature_is_found_and_named() -> None:
    shifted = noise(1) + np.array([0, 0, 3, 0])
    told = tell_by_trees(noise(0), shifted, APART, 0)
    assert told.auc > 0.95
    assert told.discriminative_score > 0.4
    assert what_gives_away(noise(0), shifted, APART, 0).argmax() == 2
    alone = tell_by_one(noise(0), shifted)
    label = np.arange(2 * N) >= N
    assert alone[2] == pytest.approx(roc_auc_score(label, np.r_[noise(0)[:, 2], shifted[:, 2]]))


def test_no_group_is_trained_on_and_judged() -> None:
    groups = np.repeat(np.arange(N // 5), 5)
    label = np.arange(2 * N) >= N
    both = np.r_[groups, groups + 1000]
    for train, test in folds(label, (groups, groups), 0):
        assert not set(both[train]) & set(both[test])


def test_halves_of_gold_are_alike_and_random_walks_are_not() -> None:
    first, second, ours, theirs = two_halves()
    for other, least, most in ((second, 0.35, 0.65), (random_walks(second), 0.9, 1.0)):
        real, made = all_features(first).values, all_features(other).values
        assert np.isfinite(made).all()
        assert least <= tell_by_trees(real, made, (ours, theirs), 0).auc <= most
        sequences = np.concatenate([raw_bars(first), raw_bars(other)])
        convolved = random_convolutions(sequences, np.random.default_rng(0), 100)
        told = tell_by_ridge(convolved[: len(first)], convolved[len(first) :], (ours, theirs), 0)
        assert least <= told.auc <= most


def test_convolutions_see_the_order_of_bars() -> None:
    """The same numbers in another order: every moment agrees, only the memory differs."""
    rng = np.random.default_rng(0)
    drift = np.cumsum(rng.standard_normal((2 * N, 1, 64)), axis=2)
    drift[N:] = rng.permuted(drift[N:], axis=2)
    convolved = random_convolutions(drift, rng, 100)
    assert tell_by_ridge(convolved[:N], convolved[N:], APART, 0).auc > 0.95
