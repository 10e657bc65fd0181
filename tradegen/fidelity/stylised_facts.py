"""Stylised facts of bars, with standard errors: do synthetic markets behave as real ones do?

Cont, R. (2001), "Empirical properties of asset returns: stylized facts and statistical issues",
Quantitative Finance 1, 223-236. All facts are of the lookback's 63 log returns, each row's scaled
to mean 0 and standard deviation 1, pooled over rows. Windows this short bias autocorrelations
down, of real and of synthetic rows alike.
"""

from dataclasses import dataclass

import numpy as np

from tradegen.data.row import FloatArray, IntArray
from tradegen.data.rows import Rows
from tradegen.fidelity.features import centred, log_bars
from tradegen.fidelity.resampling import resamples

_TAIL = 0.95
_AGGREGATE = 5
_RETURN_LAGS = (1, 2, 5)
_SIZE_LAGS = (1, 5, 10, 20)
_VOLUME_LAGS = (1, 5)
_TINY = 1e-9
_NEAR = 2.0


@dataclass(frozen=True, slots=True)
class Facts:
    """Named facts with their standard errors, each of shape `(n_facts,)`."""

    names: tuple[str, ...]
    value: FloatArray
    error: FloatArray


def stylised_facts(
    rows: Rows, rng: np.random.Generator, groups: IntArray | None = None, count: int = 200
) -> Facts:
    """Return the facts of rows; errors by bootstrap over rows, or over whole `groups`, `(n,)`.

    Every fact is a ratio of sums over rows, so a resample only weighs the rows anew. The threshold
    of the tail index is that of the rows given, in every resample.
    """
    ratios = _ratios(rows)
    top = np.column_stack([part for part, _ in ratios.values()])
    bottom = np.column_stack([part for _, part in ratios.values()])
    value = top.sum(axis=0) / bottom.sum(axis=0)
    weights = resamples(len(rows), groups, rng, count)
    drawn = (weights @ top) / np.maximum(weights @ bottom, _TINY)
    return Facts(tuple(ratios), value, drawn.std(axis=0, ddof=1))


def deviations(real: Facts, synthetic: Facts) -> FloatArray:
    """Return each fact's difference in standard errors of the difference, shape `(n_facts,)`."""
    error = np.sqrt(real.error**2 + synthetic.error**2)
    result: FloatArray = (synthetic.value - real.value) / np.maximum(error, _TINY)
    return result


def share_near(real: Facts, synthetic: Facts) -> float:
    """Return the share of facts within 2 standard errors of real ones."""
    return float(np.mean(np.abs(deviations(real, synthetic)) <= _NEAR))


def _ratios(rows: Rows) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Return for each fact the two terms that every row adds to, shape `(n,)` each."""
    parts = log_bars(rows)
    standard = _standardised(parts.returns)
    size, volume = np.abs(standard), centred(parts.volume)
    log_range = centred(np.log(np.maximum(parts.ranges, 1e-6)))
    ones = np.ones(len(rows))
    aggregate = _standardised(
        parts.returns[:, : 63 // _AGGREGATE * _AGGREGATE]
        .reshape(len(rows), -1, _AGGREGATE)
        .sum(axis=2)
    )
    threshold = np.quantile(size, _TAIL)
    beyond = size > threshold
    total = np.maximum(np.abs(parts.returns).sum(axis=1), _TINY)
    return {
        "kurtosis": ((standard**4).mean(axis=1), ones),
        "Hill tail index": (
            beyond.sum(axis=1).astype(np.float64),
            np.log(np.maximum(size / threshold, 1.0)).sum(axis=1),
        ),
        "skewness": ((standard**3).mean(axis=1), ones),
        "kurtosis of 5-bar returns": ((aggregate**4).mean(axis=1), ones),
        "largest move": (size.max(axis=1), ones),
        **{f"ACF of returns, lag {k}": _products(standard, standard, k) for k in _RETURN_LAGS},
        **{
            f"ACF of absolute returns, lag {k}": _products(centred(size), centred(size), k)
            for k in _SIZE_LAGS
        },
        **{f"leverage, lag {k}": _products(standard, centred(size), k) for k in (1, 2)},
        "volume against volatility": _products(volume, centred(size), 0),
        **{f"ACF of volume, lag {k}": _products(volume, volume, k) for k in _VOLUME_LAGS},
        **{f"ACF of log range, lag {k}": _products(log_range, log_range, k) for k in (1, 5)},
        "spread of log range": ((log_range**2).mean(axis=1), ones),
        "spread of log volume": ((volume**2).mean(axis=1), ones),
        "range over absolute return": (parts.ranges.sum(axis=1) / total, ones),
        "gap share of variance": (
            (centred(parts.gap) ** 2).sum(axis=1)
            / np.maximum((centred(parts.returns) ** 2).sum(axis=1), _TINY**2),
            ones,
        ),
    }


def _standardised(values: FloatArray) -> FloatArray:
    deviation = centred(values)
    result: FloatArray = deviation / np.maximum(deviation.std(axis=1, keepdims=True), _TINY)
    return result


def _products(a: FloatArray, b: FloatArray, lag: int) -> tuple[FloatArray, FloatArray]:
    """Return the terms of the correlation of `a` with `b` some bars later: both `(n, t)`."""
    later = b[:, lag:]
    earlier = a[:, : a.shape[1] - lag]
    norm = np.sqrt((a**2).mean(axis=1) * (b**2).mean(axis=1))
    return (earlier * later).mean(axis=1), norm
