"""Correlations within rows of values."""

import numpy as np

from tradegen.data.row import FloatArray

_TINY = 1e-9


def correlation(a: FloatArray, b: FloatArray, lag: int = 0) -> FloatArray:
    """Return the correlation of each row of `a` with that of `b`, `lag` places later, `(n,)`.

    Both have shape `(n, t)`. Means and variances are those of whole rows; constant rows give 0.
    """
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    norm = np.sqrt((a**2).mean(axis=1) * (b**2).mean(axis=1))
    product = (a[:, : a.shape[1] - lag] * b[:, lag:]).mean(axis=1)
    result: FloatArray = product / np.maximum(norm, _TINY)
    return result
