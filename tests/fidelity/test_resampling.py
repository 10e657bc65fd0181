"""Resampling against scikit-learn's weighted AUC, and what a group bootstrap keeps together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from tradegen.fidelity.resampling import resampled_auc, resamples


@given(st.integers(0, 2**32 - 1))
def test_the_auc_of_a_resample_is_that_of_its_rows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    score = rng.integers(0, 6, 30).astype(float)  # with ties
    label = np.arange(30) % 3 == 0
    weights = resamples(30, None, rng, 4)
    for mine, weight in zip(resampled_auc(label, score, weights), weights, strict=True):
        if weight[label].any() and weight[~label].any():
            assert mine == pytest.approx(roc_auc_score(label, score, sample_weight=weight))
        else:
            assert np.isnan(mine)


def test_rows_of_a_group_are_drawn_together_and_as_many_groups_as_there_are() -> None:
    groups = np.array([7, 7, 3, 3, 3, 9])
    drawn = resamples(6, groups, np.random.default_rng(0), 50)
    assert (drawn[:, 0] == drawn[:, 1]).all()
    assert (drawn[:, 2] == drawn[:, 4]).all()
    assert (drawn[:, [0, 2, 5]].sum(axis=1) == 3).all()
    assert drawn[:, 5].std() > 0


def test_errors_grow_where_rows_are_no_independent_evidence() -> None:
    """Ten copies of each row are no more evidence than the row."""
    rng = np.random.default_rng(0)
    label, score = np.arange(60) % 2 == 0, rng.standard_normal(60)
    groups = np.repeat(np.arange(60), 10)
    spread = [
        resampled_auc(np.repeat(label, 10), np.repeat(score, 10), weights).std()
        for weights in (resamples(600, groups, rng, 300), resamples(600, None, rng, 300))
    ]
    once = resampled_auc(label, score, resamples(60, None, rng, 300)).std()
    assert spread[0] == pytest.approx(once, rel=0.2)
    assert spread[1] < once / 2
