"""The space in which rows are near or far: real features scaled to spread 1, extremes cut."""

from dataclasses import dataclass

import numpy as np

from tradegen.data.row import FloatArray

_CLIP = 6.0
_TINY = 1e-8


@dataclass(frozen=True, slots=True)
class Space:
    """Centre and spread of real features, each of shape `(n_features,)`."""

    centre: FloatArray
    spread: FloatArray

    @classmethod
    def of(cls, real: FloatArray) -> "Space":
        """Learn from real features `(n, n_features)`: median and interquartile range / 1.349.

        A feature whose quartiles agree is scaled by its standard deviation, a constant one by 1.
        """
        low, high = np.quantile(real, [0.25, 0.75], axis=0)
        spread = (high - low) / 1.349
        deviation = real.std(axis=0)
        spread = np.where(spread > _TINY, spread, np.where(deviation > _TINY, deviation, 1.0))
        return cls(np.median(real, axis=0), spread)

    def __call__(self, values: FloatArray) -> FloatArray:
        """Return features in this space, cut at 6; same shape."""
        result: FloatArray = np.clip((values - self.centre) / self.spread, -_CLIP, _CLIP)
        return result


def distances(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the Euclidean distance of each row of `a` `(n, k)` to each of `b`, shape `(n, m)`."""
    from scipy.spatial.distance import cdist

    return np.asarray(cdist(a, b))
