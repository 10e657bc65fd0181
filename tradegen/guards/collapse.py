"""The collapse guard: finds a row that is a near-twin of a row accepted before it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tradegen.data.row import FloatArray, IntArray
from tradegen.guards.fingerprint import DIMENSIONS, distance_at_correlation

PATH_CORRELATION = 0.98
"""Two paths whose returns correlate this much are twins."""

_BLOCK = 512


@dataclass(frozen=True, slots=True)
class _Tree:
    tree: Any  # scipy's cKDTree, imported where it is used
    numbers: IntArray


class CollapseIndex:
    """An index of accepted fingerprints that grows.

    It keeps k-d trees of doubling sizes and merges equal ones, as a binary counter carries
    (the logarithmic method; Bentley and Saxe, 1980), so that a look-up costs about the same
    however many rows there are.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._reach = distance_at_correlation(PATH_CORRELATION)
        self._trees: list[_Tree] = []
        self._points = np.empty((0, DIMENSIONS))
        self._numbers = np.empty(0, dtype=np.int64)

    def admit(self, numbers: IntArray, fingerprints: FloatArray) -> tuple[int, int | None]:
        """Add rows in their order, up to the first that has a twin.

        `numbers` has shape `(n,)` and `fingerprints` `(n, 16)`. Returns how many rows were added,
        and the number of the twin of the row after them (None if all were added).
        """
        found = self._indexed_twins(fingerprints)
        among = np.tril(_distances(fingerprints, fingerprints) < self._reach, k=-1)
        has_twin = (found >= 0) | among.any(axis=1)
        count = int(has_twin.argmax()) if has_twin.any() else len(numbers)
        self.add(numbers[:count], fingerprints[:count])
        if count == len(numbers):
            return count, None
        known = int(found[count])
        return count, known if known >= 0 else int(numbers[among[count].argmax()])

    def add(self, numbers: IntArray, fingerprints: FloatArray) -> None:
        """Add rows that are known to be accepted."""
        points = np.concatenate([self._points, fingerprints])
        owners = np.concatenate([self._numbers, numbers])
        while len(points) >= _BLOCK:
            self._carry(points[:_BLOCK], owners[:_BLOCK])
            points, owners = points[_BLOCK:], owners[_BLOCK:]
        self._points, self._numbers = points, owners

    def _indexed_twins(self, fingerprints: FloatArray) -> IntArray:
        """Return the number of a row within reach of each fingerprint, or -1; shape `(n,)`."""
        twins = np.full(len(fingerprints), -1, dtype=np.int64)
        for part in self._trees:
            distance, nearest = part.tree.query(fingerprints, distance_upper_bound=self._reach)
            near = np.isfinite(distance)
            twins[near] = part.numbers[nearest[near]]
        if len(self._points):
            near_recent = _distances(fingerprints, self._points) < self._reach
            hit = near_recent.any(axis=1)
            twins[hit] = self._numbers[near_recent[hit].argmax(axis=1)]
        return twins

    def _carry(self, points: FloatArray, numbers: IntArray) -> None:
        from scipy.spatial import cKDTree

        while self._trees and len(self._trees[-1].numbers) == len(numbers):
            equal = self._trees.pop()
            points = np.concatenate([np.asarray(equal.tree.data), points])
            numbers = np.concatenate([equal.numbers, numbers])
        self._trees.append(_Tree(cKDTree(points), numbers))


def _distances(a: FloatArray, b: FloatArray) -> FloatArray:
    from scipy.spatial.distance import cdist

    return np.asarray(cdist(a, b))
