"""The collapse guard: finds a row that is a near-twin of a row accepted before it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tradegen.data.row import FloatArray, IntArray
from tradegen.guards.fingerprint import DIMENSIONS, distance_at_correlation

PATH_CORRELATION = 0.98
"""Two paths whose returns correlate this much are twins."""

_BLOCK = 256


@dataclass(frozen=True, slots=True)
class _Tree:
    tree: Any  # scipy's cKDTree, imported where it is used
    numbers: IntArray


class CollapseIndex:
    """An index of accepted fingerprints that grows one row at a time.

    It keeps k-d trees of doubling sizes and merges equal ones, as a binary counter carries
    (the logarithmic method; Bentley and Saxe, 1980), so that a look-up costs about the same
    however many rows there are. Whoever asks must ask and add in row-number order.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._reach = distance_at_correlation(PATH_CORRELATION)
        self._trees: list[_Tree] = []
        self._points = np.empty((_BLOCK, DIMENSIONS))
        self._numbers = np.empty(_BLOCK, dtype=np.int64)
        self._n_recent = 0

    def twin_of(self, fingerprint: FloatArray) -> int | None:
        """Return the number of the nearest row within reach, or None. Shape `(16,)`."""
        best, twin = self._reach, None
        recent = self._points[: self._n_recent] - fingerprint
        if self._n_recent:
            distance = np.sqrt((recent**2).sum(axis=1))
            nearest = int(distance.argmin())
            if distance[nearest] < best:
                best, twin = float(distance[nearest]), int(self._numbers[nearest])
        for part in self._trees:
            near, k = part.tree.query(fingerprint, distance_upper_bound=best)
            if near < best:
                best, twin = float(near), int(part.numbers[k])
        return twin

    def add(self, number: int, fingerprint: FloatArray) -> None:
        """Add an accepted row."""
        self._points[self._n_recent] = fingerprint
        self._numbers[self._n_recent] = number
        self._n_recent += 1
        if self._n_recent == _BLOCK:
            self._carry(self._points.copy(), self._numbers.copy())
            self._n_recent = 0

    def _carry(self, points: FloatArray, numbers: IntArray) -> None:
        from scipy.spatial import cKDTree

        while self._trees and len(self._trees[-1].numbers) == len(numbers):
            equal = self._trees.pop()
            points = np.concatenate([np.asarray(equal.tree.data), points])
            numbers = np.concatenate([equal.numbers, numbers])
        self._trees.append(_Tree(cKDTree(points), numbers))
