"""Estimates with confidence intervals, and resamples of days in a row for them."""

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


def _block_length(returns: FloatArray) -> int:
    """Return the mean block length in days, rounded up; 1 for returns that never change."""
    from arch.bootstrap import optimal_block_length

    if np.ptp(returns) == 0:
        return 1
    best = float(optimal_block_length(returns)["stationary"].iloc[0])
    return max(math.ceil(best), 1)
