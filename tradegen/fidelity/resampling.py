"""Bootstrap over rows, or over whole groups of rows that are no independent evidence."""

import numpy as np

from tradegen.data.row import BoolArray, FloatArray, IntArray


def resamples(n: int, groups: IntArray | None, rng: np.random.Generator, count: int) -> FloatArray:
    """Return how often each of `n` rows is in each resample, shape `(count, n)`.

    Whole `groups`, shape `(n,)`, are drawn; without groups each row is one.
    """
    number = dense(np.arange(n) if groups is None else groups)
    return groups_resampled(number, rng, count)[:, number]


def groups_resampled(groups: IntArray, rng: np.random.Generator, resamples: int) -> FloatArray:
    """Return how often each group is in each resample, shape `(resamples, n_groups)`.

    `groups`, shape `(n,)`, number the groups from 0 without gaps. Whole groups are drawn, as many
    as there are (the cluster bootstrap; Davison and Hinkley, "Bootstrap Methods and their
    Application", 1997, ch. 3.8).
    """
    count = int(groups.max()) + 1
    drawn = rng.multinomial(count, np.full(count, 1 / count), size=resamples)
    result: FloatArray = drawn.astype(np.float64)
    return result


def dense(groups: IntArray) -> IntArray:
    """Return the same groups numbered from 0 without gaps, shape `(n,)`."""
    result: IntArray = np.unique(groups, return_inverse=True)[1]
    return result


def resampled_auc(label: BoolArray, score: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the area under the ROC curve in each resample, shape `(count,)`.

    `label` and `score` have shape `(n,)`, `weights` `(count, n)`. Equal scores count half (the
    Mann-Whitney statistic). NaN where a resample lacks one of the labels.
    """
    _, place = np.unique(score, return_inverse=True)
    order = np.argsort(place, kind="stable")
    ends = np.flatnonzero(np.diff(place[order], append=place.max() + 1))
    totals = [
        np.diff(np.cumsum(np.where(of, weights, 0.0)[:, order], axis=1)[:, ends], prepend=0.0)
        for of in (label, ~label)
    ]
    positive, negative = totals
    below = np.cumsum(negative, axis=1) - negative / 2
    pairs = positive.sum(axis=1) * negative.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        result: FloatArray = (positive * below).sum(axis=1) / pairs
    return result
