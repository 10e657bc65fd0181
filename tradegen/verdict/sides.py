"""Sides of a comparison: rows with all that is measured of them, computed once."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from tradegen.data.row import FloatArray, IntArray
from tradegen.data.rows import Rows
from tradegen.fidelity.features import FRAGILE, Features, all_features
from tradegen.fidelity.overlap import halves, overlap_groups
from tradegen.fidelity.sequences import raw_bars


@dataclass(frozen=True)
class Side:
    """Rows, and the group of each, shape `(n,)`: rows of a group are no independent evidence."""

    rows: Rows
    groups: IntArray

    @classmethod
    def real(cls, rows: Rows) -> Self:
        """Return real rows, grouped by the moments of a market that they share."""
        return cls(rows, overlap_groups(rows))

    @classmethod
    def synthetic(cls, rows: Rows) -> Self:
        """Return synthetic rows, each of which is evidence of its own."""
        return cls(rows, np.arange(len(rows)))

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def features(self) -> Features:
        """All features of trades and bars, fragile ones included."""
        return all_features(self.rows)

    @cached_property
    def smooth(self) -> FloatArray:
        """The features by which rows may be near each other, `(n, k)`."""
        kept = [k for k, name in enumerate(self.features.names) if name not in FRAGILE]
        return self.features.values[:, kept]

    @cached_property
    def sequences(self) -> FloatArray:
        """Raw bars, see `sequences.raw_bars`."""
        return raw_bars(self.rows)

    @property
    def n_groups(self) -> int:
        """Number of independent pieces of evidence."""
        return len(np.unique(self.groups))

    def select(self, index: IntArray) -> Self:
        """Return some of the rows; what was computed of them is not computed again."""
        part = type(self)(self.rows.select(index), self.groups[index])
        for name in ("smooth", "sequences"):
            if name in self.__dict__:
                part.__dict__[name] = self.__dict__[name][index]
        if "features" in self.__dict__:
            part.__dict__["features"] = Features(self.features.names, self.features.values[index])
        return part

    def at_most(self, size: int, rng: np.random.Generator) -> Self:
        """Return `size` of the rows at random, in their order, or all if there are no more."""
        if len(self) <= size:
            return self
        return self.select(np.sort(rng.permutation(len(self))[:size]))

    def halved(self, rng: np.random.Generator) -> tuple[Self, Self]:
        """Return two random halves that share no group."""
        first, second = halves(self.groups, rng)
        return self.select(first), self.select(second)
