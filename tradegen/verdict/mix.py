"""The volatility mix in which gold and synthetic rows are compared."""

from collections.abc import Sequence

import numpy as np

from tradegen.data.row import FloatArray, IntArray

Range = tuple[float, float]
"""A half-open range of volatility, `[low, high)`."""


def in_ranges(volatility: FloatArray, ranges: Sequence[Range]) -> IntArray:
    """Return which range each volatility lies in, shape `(n,)`; -1 for none, or for NaN."""
    bucket = np.full(len(volatility), -1, dtype=np.int64)
    for number, (low, high) in enumerate(ranges):
        bucket[(volatility >= low) & (volatility < high)] = number
    return bucket


def common_mix(
    gold: IntArray, synthetic: IntArray, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """Return gold rows and synthetic rows, as increasing indices, with one mix of buckets.

    `gold` and `synthetic` are the buckets of rows, -1 for none. The mix is gold's within the
    buckets that both have, and synthetic rows are thinned to it: of them there are plenty, and
    every real row left out would cost evidence. The constraint itself then is no fault.
    """
    shared = np.intersect1d(gold[gold >= 0], synthetic[synthetic >= 0])
    ours = np.flatnonzero(np.isin(gold, shared))
    if not len(shared):
        return ours, ours
    wanted = np.array([(gold == one).sum() for one in shared])
    there = np.array([(synthetic == one).sum() for one in shared])
    scale = (there / wanted).min()
    taken = [
        rng.permutation(np.flatnonzero(synthetic == one))[: int(np.floor(scale * count))]
        for one, count in zip(shared, wanted, strict=True)
    ]
    return ours, np.sort(np.concatenate(taken))
