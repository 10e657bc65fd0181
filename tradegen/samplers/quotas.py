"""Quotas: how many rows each bucket gets, exactly, and which row numbers."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from tradegen.data.row import FloatArray, IntArray
from tradegen.streams import Purpose, stream


def largest_remainder(weights: FloatArray | Sequence[float], n: int) -> IntArray:
    """Split `n` into whole parts proportional to the weights (Hamilton's method).

    Every part is its exact share rounded down, and the rest goes to the largest remainders, the
    earlier part first among equals. Weights must be 0 or more and sum to more than 0.
    """
    shares = [Fraction(str(float(weight))) for weight in weights]  # 0.15 means 15/100, exactly
    total = sum(shares)
    exact = [n * share / total for share in shares]
    parts = [int(share) for share in exact]
    by_remainder = sorted(range(len(parts)), key=lambda k: parts[k] - exact[k])
    for k in by_remainder[: n - sum(parts)]:
        parts[k] += 1
    return np.array(parts, dtype=np.int64)


def spread(quotas: IntArray, seed: int) -> IntArray:
    """Return the bucket of each row number, shape `(sum(quotas),)`, meeting the quotas exactly.

    Each bucket's rows are spread evenly over the run from a random start, so that any stretch of
    row numbers (a preview, an interrupted run) comes close to the same split.
    """
    starts = stream(seed, 0, Purpose.PLAN).random(len(quotas))
    bucket = np.repeat(np.arange(len(quotas)), quotas)
    place = np.concatenate(
        [
            (np.arange(quota) + start) / quota
            for quota, start in zip(quotas, starts, strict=True)
            if quota
        ]
        or [np.zeros(0)]
    )
    of_row: IntArray = bucket[np.argsort(place, kind="stable")]
    return of_row
