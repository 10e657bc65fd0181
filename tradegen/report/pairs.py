"""Pairs to look at: synthetic rows, each beside the gold row nearest to it."""

from dataclasses import dataclass

import numpy as np

from tradegen.data.row import FloatArray
from tradegen.report.nearest import Nearest

_TYPICAL = 5


@dataclass(frozen=True, slots=True)
class Pair:
    """A row and its nearest gold row by number, how far apart, and why this pair is shown."""

    row: int
    gold: int
    distance: float
    why: str


def choose_pairs(nearest: Nearest, volatility: FloatArray, count: int = _TYPICAL) -> list[Pair]:
    """Return the closest pair of all, then the most typical of `count` bands of volatility.

    The bands hold equally many rows; the typical row of a band is the one whose distance to gold
    is the band's median. Nothing is left to chance, and no row is shown twice.
    """
    if len(nearest.distance) == 0:
        return []
    closest = int(nearest.distance.argmin())
    chosen = {closest: "the closest pair of all"}
    order = np.argsort(volatility, kind="stable")
    for k, band in enumerate(np.array_split(order, count)):
        left = band[~np.isin(band, list(chosen))]
        if len(left) == 0:
            continue
        by_distance = left[np.argsort(nearest.distance[left], kind="stable")]
        typical = int(by_distance[(len(by_distance) - 1) // 2])
        chosen[typical] = f"typical of {_BANDS[k] if count == _TYPICAL else f'band {k + 1}'}"
    return [
        Pair(row, int(nearest.gold[row]), float(nearest.distance[row]), why)
        for row, why in chosen.items()
    ]


_BANDS = (
    "the calmest fifth",
    "the second calmest fifth",
    "the middle fifth",
    "the second wildest fifth",
    "the wildest fifth",
)
