"""The gold row nearest to a row, in the space in which `evaluate` looks for copies."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from tradegen.data.row import FloatArray, IntArray
from tradegen.data.rows import Rows
from tradegen.fidelity.features import smooth_features
from tradegen.fidelity.overlap import overlap_groups
from tradegen.fidelity.space import Space, distances

_BLOCK = 1000


@dataclass(frozen=True, slots=True)
class Nearest:
    """The distance of each row to its nearest gold row, and which that is; `(n,)` each."""

    distance: FloatArray
    gold: IntArray


@dataclass(frozen=True)
class GoldSpace:
    """Gold train in the space of its own smooth features, and how far real rows lie apart in it.

    `among` `(n_train,)` is the distance of each train row to the nearest one that shares no market
    moment with it; `holdout` `(n_holdout,)` that of each later real row. Only 1 % of `among` lies
    within `near`: this is how `evaluate` knows a copy.
    """

    space: Space
    points: FloatArray
    among: FloatArray
    holdout: FloatArray

    @classmethod
    def of(cls, train: Rows, holdout: Rows) -> Self:
        """Learn the space from gold's train rows, of which there must be one at least."""
        values = smooth_features(train).values
        space = Space.of(values)
        points = space(values)
        groups = overlap_groups(train)
        apart = distances(points, points)
        apart[groups[:, None] == groups[None, :]] = np.inf
        among = apart.min(axis=1)
        later = np.zeros(0)
        if len(holdout):
            later = distances(space(smooth_features(holdout).values), points).min(axis=1)
        return cls(space, points, among[np.isfinite(among)], later)

    @property
    def near(self) -> float:
        """The distance within which a row counts as near gold; NaN if gold is one group."""
        return float(np.quantile(self.among, 0.01)) if len(self.among) else float("nan")

    def nearest(self, rows: Rows) -> Nearest:
        """Return the nearest gold row of each row."""
        own = self.space(smooth_features(rows).values)
        found = [distances(own[k : k + _BLOCK], self.points) for k in range(0, len(own), _BLOCK)]
        return Nearest(
            np.concatenate([block.min(axis=1) for block in found]),
            np.concatenate([block.argmin(axis=1) for block in found]),
        )
