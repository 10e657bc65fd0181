"""Support: do synthetic rows lie where real rows are dense, and far out as often as they do?"""

import numpy as np

from tradegen.data.row import FloatArray

_LEVELS = np.linspace(0, 1, 51)


def alpha_precision(real: FloatArray, synthetic: FloatArray) -> float:
    """Return the integrated alpha-precision of standardised features `(n, k)` and `(m, k)`.

    The share of synthetic rows in the smallest ball around the centre of real rows that holds a
    share alpha of these should be alpha; 1 less twice the mean difference over all alphas (Alaa,
    van Breugel, Saveliev and van der Schaar, 2022, "How faithful is your synthetic data?"). 1 is
    best, 0 worst: all at the centre, or all beyond.
    """
    centre = real.mean(axis=0)
    ours, theirs = (np.linalg.norm(rows - centre, axis=1) for rows in (real, synthetic))
    inside = np.searchsorted(np.sort(theirs), np.quantile(ours, _LEVELS), side="right")
    apart = np.abs(inside / len(theirs) - _LEVELS)
    return float(1 - 2 * np.trapezoid(apart, _LEVELS))
