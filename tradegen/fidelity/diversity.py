"""Diversity: do synthetic rows cover what real rows cover, without repeating themselves?"""

from dataclasses import dataclass

import numpy as np

from tradegen.data.row import FloatArray
from tradegen.fidelity.space import distances

_NEIGHBOURS = 5
_MOST_FOR_VENDI = 800


@dataclass(frozen=True, slots=True)
class Coverage:
    """`recall` (Kynkäänniemi et al., 2019), `density` and `coverage` (Naeem et al., 2020)."""

    recall: float
    density: float
    coverage: float


def coverage(real: FloatArray, synthetic: FloatArray) -> Coverage:
    """Compare standardised features `(n, k)` and `(m, k)` by balls that reach 5 neighbours.

    Recall is the share of real rows inside a synthetic row's ball; coverage the share of real rows
    whose ball holds a synthetic row; density the mean number of real balls a synthetic row lies
    in, over 5. At equal sizes, the only ones to compare, equal distributions give density 1 and
    coverage 1 - 2^-5 = 0.97; less where real rows come in near-twins, as overlapping windows do.
    """
    across = distances(real, synthetic)
    real_radius, synthetic_radius = _radius(real), _radius(synthetic)
    inside = across <= real_radius[:, None]
    return Coverage(
        recall=float((across <= synthetic_radius[None, :]).any(axis=1).mean()),
        density=float(inside.sum(axis=0).mean() / _NEIGHBOURS),
        coverage=float(inside.any(axis=1).mean()),
    )


def vendi_score(values: FloatArray) -> float:
    """Return the effective number of different rows among standardised features `(n, k)`.

    The exponential of the entropy of the eigenvalues of the similarity matrix over n (Friedman
    and Dieng, 2023), with a Gaussian kernel whose width is the root of the number of features.
    Noise is rewarded, so more than real rows have is no better than less.
    """
    squares = distances(values, values) ** 2
    kernel = np.exp(-squares / (2 * values.shape[1]))
    eigenvalues = np.linalg.eigvalsh(kernel / len(values))
    positive = eigenvalues[eigenvalues > 1e-12]
    return float(np.exp(-(positive * np.log(positive)).sum()))


def vendi_ratio(real: FloatArray, synthetic: FloatArray, rng: np.random.Generator) -> float:
    """Return the Vendi score of synthetic rows over that of as many real ones, at most 800."""
    size = min(len(real), len(synthetic), _MOST_FOR_VENDI)
    ours, theirs = (values[rng.permutation(len(values))[:size]] for values in (synthetic, real))
    return vendi_score(ours) / vendi_score(theirs)


def self_repeats(synthetic: FloatArray, near: float) -> float:
    """Return the share of standardised synthetic rows within `near` of another one.

    `near` is what `privacy.near_distance` gives for as many real rows, of which 1 % are so near.
    """
    distance = distances(synthetic, synthetic)
    np.fill_diagonal(distance, np.inf)
    return float((distance.min(axis=1) < near).mean())


def _radius(values: FloatArray) -> FloatArray:
    """Return each row's distance to its fifth neighbour, shape `(n,)`."""
    k = min(_NEIGHBOURS, len(values) - 1)
    result: FloatArray = np.partition(distances(values, values), k, axis=1)[:, k]
    return result
