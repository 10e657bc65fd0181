"""Bets: what a model's scores would have earned, block by block, as tests of selection need it."""

import numpy as np

from tradegen.data.row import BoolArray, FloatArray

BLOCKS = 10
"""Number of blocks in time by which trials are compared, half of them at a time."""


def bets(score: FloatArray, label: BoolArray) -> FloatArray:
    """Return what a bet on each row earns, shape `(n,)`: for its label, or against it.

    The half that is scored higher is bet for, the other against; a bet for a row earns its label (1
    or 0) less the share of rows whose label is true, one against it the opposite. Without any skill
    that is 0 on average. Among rows of the same score a fixed lot decides.
    """
    lot = np.random.default_rng(len(score)).permutation(len(score))
    rank = np.empty(len(score))
    rank[np.lexsort((lot, score))] = np.arange(len(score))
    side = np.where(rank >= len(score) / 2, 1.0, -1.0)
    result: FloatArray = side * (label - label.mean())
    return result


def block_sums(values: FloatArray) -> FloatArray:
    """Return the sum of values `(n,)` in each of ten blocks of neighbours, shape `(10,)`."""
    return np.array([part.sum() for part in np.array_split(values, BLOCKS)])
