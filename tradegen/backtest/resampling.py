"""Resamples for confidence intervals: of days in a row, and of whole groups of trades."""

import math
from dataclasses import dataclass

import numpy as np

from tradegen.data.row import FloatArray, IntArray

RESAMPLES = 1000
LEVEL = 0.95
"""Confidence level of every interval."""

_MOST_UNDEFINED = 0.05


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its 95 % bootstrap interval; NaN where the data are too few to tell."""

    value: float
    low: float
    high: float


UNKNOWN = Estimate(float("nan"), float("nan"), float("nan"))


def estimate(value: float, drawn: FloatArray) -> Estimate:
    """Return a value with the percentile interval of its resamples, shape `(resamples,)`.

    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, ch. 13. Resamples in which it is
    not defined (NaN) are left out; if they are more than 5 % of all, so is the interval.
    """
    defined = drawn[np.isfinite(drawn)]
    if not np.isfinite(value) or len(defined) < (1 - _MOST_UNDEFINED) * max(len(drawn), 1):
        return Estimate(float(value), float("nan"), float("nan"))
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(float(value), float(low), float(high))


def days_resampled(returns: FloatArray, rng: np.random.Generator, resamples: int) -> IntArray:
    """Return the numbers of the days in each resample, shape `(resamples, n_days)`.

    The stationary bootstrap: blocks of days in a row, of random length (Politis and Romano, 1994,
    "The stationary bootstrap", JASA 89), on average as long as Politis and White (2004, corrected
    by Patton, Politis and White, 2009) find best for the mean of these returns.
    """
    from arch.bootstrap import StationaryBootstrap

    index = np.arange(len(returns))
    bootstrap = StationaryBootstrap(_block_length(returns), index, seed=rng)
    drawn = [sample[0][0] for sample in bootstrap.bootstrap(resamples)]
    return np.array(drawn, dtype=np.int64).reshape(resamples, len(returns))


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


def _block_length(returns: FloatArray) -> int:
    """Return the mean block length in days, rounded up; 1 for returns that never change."""
    from arch.bootstrap import optimal_block_length

    if np.ptp(returns) == 0:
        return 1
    best = float(optimal_block_length(returns)["stationary"].iloc[0])
    return max(math.ceil(best), 1)
