import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tradegen.guards.collapse import PATH_CORRELATION, CollapseIndex
from tradegen.guards.fingerprint import DIMENSIONS, distance_at_correlation

REACH = distance_at_correlation(PATH_CORRELATION)


def crowd(n: int, twins: int, seed: int) -> np.ndarray:
    """Return fingerprints of which about `twins` repeat an earlier one with a little noise."""
    rng = np.random.default_rng(seed)
    points = rng.standard_normal((n, DIMENSIONS))
    for _ in range(twins):
        i, j = sorted(rng.choice(n, 2, replace=False).tolist())
        points[j] = points[i] + rng.uniform(0, 0.4) * rng.standard_normal(DIMENSIONS)
    return points


def admit_all(points: np.ndarray, batch: int) -> list[int]:
    """Offer points in batches, skipping each that has a twin; return those that were admitted."""
    index, admitted, k = CollapseIndex(), list[int](), 0
    while k < len(points):
        part = np.arange(k, min(k + batch, len(points)))
        count, twin = index.admit(part, points[part])
        admitted += part[:count].tolist()
        k += count + (twin is not None)
    return admitted


def by_brute_force(points: np.ndarray) -> list[int]:
    admitted: list[int] = []
    for k, point in enumerate(points):
        if not admitted or np.linalg.norm(points[admitted] - point, axis=1).min() >= REACH:
            admitted.append(k)
    return admitted


@settings(max_examples=30)
@given(st.integers(1, 1500), st.integers(0, 60), st.integers(0, 2**32), st.integers(1, 600))
def test_the_index_agrees_with_brute_force_whatever_the_batches(
    n: int, twins: int, seed: int, batch: int
) -> None:
    points = crowd(n, min(twins, n // 2), seed)
    assert admit_all(points, batch) == by_brute_force(points)


def test_the_twin_is_named() -> None:
    points = crowd(700, 0, seed=1)
    index = CollapseIndex()
    assert index.admit(np.arange(700), points) == (700, None)
    assert index.admit(np.array([700]), points[[123]] + 0.01) == (0, 123)
    assert index.admit(np.array([700]), points[[699]] + 0.01) == (0, 699)


def test_a_twin_inside_one_batch_yields_to_the_lower_number() -> None:
    points = crowd(10, 0, seed=2)
    points[7] = points[3] + 0.01
    assert CollapseIndex().admit(np.arange(10), points) == (7, 3)


def test_restoring_gives_the_same_decisions_as_admitting() -> None:
    points = crowd(900, 40, seed=3)
    admitted = by_brute_force(points[:600])
    restored = CollapseIndex()
    restored.add(np.array(admitted), points[admitted])
    grown = CollapseIndex()
    for k in admitted:
        grown.admit(np.array([k]), points[[k]])
    for k in range(600, 900):
        assert restored.admit(np.array([k]), points[[k]]) == grown.admit(np.array([k]), points[[k]])
