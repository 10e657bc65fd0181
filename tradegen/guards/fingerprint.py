"""Fingerprints of price paths, in which only twins are near each other."""

import numpy as np

from tradegen.data.row import LOOKBACK, FloatArray, Row
from tradegen.errors import DamagedError

DIMENSIONS = 16
"""Length of a fingerprint."""

_RETURNS = LOOKBACK - 1
_CLIP = 3.0
_STARTS = np.linspace(0, _RETURNS, DIMENSIONS + 1).round().astype(np.int64)


def standardised_returns(close: FloatArray) -> FloatArray:
    """Return the log returns of lookback closes `(n, 64)` with root mean square 1, `(n, 63)`.

    Extremes are cut at 3, so that two paths are not alike only because each has one big jump.
    """
    returns = np.diff(np.log(close), axis=1)
    clipped = np.clip(returns / _root_mean_square(returns), -_CLIP, _CLIP)
    return clipped / _root_mean_square(clipped)


def fingerprints(close: FloatArray) -> FloatArray:
    """Return fingerprints `(n, 16)` of lookback closes `(n, 64)`: returns over 16 stretches.

    Every coordinate has variance 1 for white noise, and price level and volatility cancel. Paths
    whose returns correlate with r lie about `sqrt(32 (1 - r))` apart: unrelated ones about 5.7,
    those with r = 0.98 about 0.8.
    """
    sums = np.add.reduceat(standardised_returns(close), _STARTS[:-1], axis=1)
    return sums / np.sqrt(np.diff(_STARTS))


def fingerprint_bytes(row: Row) -> bytes:
    """Return a row's fingerprint in the form the ledger keeps."""
    (own,) = fingerprints(row.bars.close[None, :LOOKBACK])
    return bytes(own.astype("<f8").tobytes())


def fingerprint_of_bytes(data: bytes) -> FloatArray:
    """Return a fingerprint from the ledger, shape `(16,)`; `DamagedError` if it is none."""
    if len(data) != 8 * DIMENSIONS or not np.isfinite(found := np.frombuffer(data, "<f8")).all():
        raise DamagedError("a row's fingerprint cannot be read")
    return found


def distance_at_correlation(correlation: float) -> float:
    """Return the expected distance of fingerprints whose returns correlate this much."""
    return float(np.sqrt(2 * DIMENSIONS * (1 - correlation)))


def _root_mean_square(values: FloatArray) -> FloatArray:
    result: FloatArray = np.sqrt(np.maximum((values**2).mean(axis=1, keepdims=True), 1e-24))
    return result
