"""Realised volatility: the one number the diversity constraint speaks about."""

import numpy as np

from tradegen.data.row import FloatArray
from tradegen.data.rows import Rows


def realised_volatility(close: FloatArray, bars_per_year: FloatArray) -> FloatArray:
    """Return annualised close-to-close volatility, as a fraction (0.7 is 70 %).

    Sample standard deviation of the log returns times the square root of the bars per year
    (the classical estimator; e.g. Hull, "Options, Futures, and Other Derivatives", ch. 15).

    `close` has shape `(n, n_bars)` and must be positive, `bars_per_year` shape `(n,)`; the
    result has shape `(n,)`.
    """
    returns = np.diff(np.log(close), axis=1)
    result: FloatArray = returns.std(axis=1, ddof=1) * np.sqrt(bars_per_year)
    return result


def lookback_volatility(rows: Rows, bars_per_year: FloatArray) -> FloatArray:
    """Return the realised volatility of each row's lookback, shape `(n,)`."""
    return realised_volatility(rows.lookback(rows.bars.close), bars_per_year)
