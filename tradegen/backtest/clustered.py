"""Means and Sharpe ratios of trades that come in groups, with the standard errors that leaves.

A statistic's error follows from each trade's influence on it, added up over whole groups: trades
of a group may resemble each other, groups may not (Liang and Zeger, 1986, "Longitudinal data
analysis using generalized linear models", Biometrika 73; Cameron and Miller, 2015, "A
practitioner's guide to cluster-robust inference", Journal of Human Resources 50).
"""

from dataclasses import dataclass

import numpy as np

from tradegen.data.row import FloatArray, IntArray
from tradegen.fidelity.resampling import dense

FEWEST_TRADES = 20
FEWEST_GROUPS = 10


@dataclass(frozen=True, slots=True)
class Measured:
    """A statistic and its standard error; NaN of fewer than 20 trades or 10 groups."""

    value: float
    error: float


UNKNOWN = Measured(float("nan"), float("nan"))


def enough(groups: IntArray) -> bool:
    """Return whether there are enough trades in enough groups to say how sure a statistic is."""
    return len(groups) >= FEWEST_TRADES and len(np.unique(groups)) >= FEWEST_GROUPS


def mean(values: FloatArray, groups: IntArray) -> Measured:
    """Return the mean of values `(k,)` in groups `(k,)`."""
    if not enough(groups):
        return UNKNOWN
    average = values.mean()
    return Measured(float(average), _error(values - average, groups))


def sharpe_per_trade(returns: FloatArray, groups: IntArray) -> Measured:
    """Return mean over standard deviation of returns `(k,)` in groups `(k,)`, not annualised.

    Its influence function is that of Lo, 2002, "The statistics of Sharpe ratios", Financial
    Analysts Journal 58. NaN if all returns are the same.
    """
    spread = returns.std() if enough(groups) else 0.0
    if not spread > 0:
        return UNKNOWN
    standard = (returns - returns.mean()) / spread
    ratio = returns.mean() / spread
    return Measured(float(ratio), _error(standard - ratio / 2 * (standard**2 - 1), groups))


def z_of_difference(one: Measured, other: Measured) -> float:
    """Return how many of its standard errors the first exceeds the second, or NaN."""
    error = float(np.hypot(one.error, other.error))
    return (one.value - other.value) / error if error > 0 else float("nan")


def _error(influence: FloatArray, groups: IntArray) -> float:
    """Return the standard error of a statistic from influences `(k,)` that add up to about 0."""
    sums = np.bincount(dense(groups), influence)
    return float(np.sqrt(len(sums) / (len(sums) - 1) * (sums**2).sum()) / len(influence))
