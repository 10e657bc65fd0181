"""Realised volatility from the ranges of bars, which tell more than their closes alone."""

import math

import numpy as np

from tradegen.data.row import FloatArray


def parkinson_volatility(
    high: FloatArray, low: FloatArray, bars_per_year: FloatArray
) -> FloatArray:
    """Return annualised high-low volatility, as a fraction (0.7 is 70 %).

    The root of the mean squared log range over 4 ln 2 (Parkinson, "The Extreme Value Method for
    Estimating the Variance of the Rate of Return", 1980). Blind to gaps between bars and to drift.

    `high` and `low` have shape `(n, n_bars)`, `bars_per_year` and the result shape `(n,)`.
    """
    squared = np.log(high / low) ** 2
    result: FloatArray = np.sqrt(squared.mean(axis=1) / (4 * math.log(2)) * bars_per_year)
    return result


def yang_zhang_volatility(
    open_: FloatArray,
    high: FloatArray,
    low: FloatArray,
    close: FloatArray,
    bars_per_year: FloatArray,
) -> FloatArray:
    """Return annualised volatility from gaps, bodies and ranges, as a fraction (0.7 is 70 %).

    The variance of the gaps, k times that of the bodies, and 1 - k times the mean of Rogers and
    Satchell, with k = 0.34 / (1.34 + (n + 1) / (n - 1)) (Yang and Zhang, "Drift-Independent
    Volatility Estimation Based on High, Low, Open, and Close Prices", 2000). The first bar has no
    gap before it and counts as the close before the second: n is one less than the bars.

    Prices have shape `(n_rows, n_bars)`, `bars_per_year` and the result shape `(n_rows,)`.
    """
    gap = np.log(open_[:, 1:] / close[:, :-1])
    up, down, body = (np.log(price[:, 1:] / open_[:, 1:]) for price in (high, low, close))
    rogers_satchell = (up * (up - body) + down * (down - body)).mean(axis=1)
    n = gap.shape[1]
    k = 0.34 / (1.34 + (n + 1) / (n - 1))
    variance = gap.var(axis=1, ddof=1) + k * body.var(axis=1, ddof=1) + (1 - k) * rogers_satchell
    result: FloatArray = np.sqrt(variance * bars_per_year)
    return result
