"""Stretches: what is true of bars that follow each other."""

import numpy as np

from tradegen.data.row import BoolArray


def stretches(mask: BoolArray) -> list[tuple[int, int]]:
    """Return the first index of each run of True, and the one after its last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [(int(one), int(end)) for one, end in edges.reshape(-1, 2)]
