"""Bootstrap over rows, or over whole groups of rows that are no independent evidence."""

import numpy as np

from tradegen.data.row import BoolArray, FloatArray, IntArray


def resamples(n: int, groups: IntArray | None, rng: np.random.Generator, count: int) -> FloatArray:
    """Return how often each of `n` rows is in each resample, shape `(count, n)`.

    Whole `groups`, shape `(n,)`, are drawn with replacement, as many as there are (the cluster
    bootstrap; Cameron, Gelbach and Miller, 2008); without groups each row is one.
    """
    _, dense = np.unique(np.arange(n) if groups is None else groups, return_inverse=True)
    size = int(dense.max()) + 1
    drawn = rng.multinomial(size, np.full(size, 1 / size), size=count)
    result: FloatArray = drawn[:, dense].astype(np.float64)
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
