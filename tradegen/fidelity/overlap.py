"""Which rows share moments of a market: such rows are no independent evidence of each other."""

import numpy as np

from tradegen.data.row import IntArray
from tradegen.data.rows import Rows

_LARGEST_SHARE = 0.05
_SMALLEST_CAP = 8


def overlap_groups(rows: Rows) -> IntArray:
    """Return the group of each row, shape `(n,)`: chains of overlapping windows of one symbol.

    Folds and bootstraps take whole groups, or a window's twin in another fold would leak (purging;
    Lopez de Prado, "Advances in Financial Machine Learning", 2018, ch. 7). A chain that would hold
    more than 5 % of all rows is cut in time, so that there are always enough groups.
    """
    start, end = rows.window_start, rows.bars.time[rows.exit_bar]
    cap = max(_SMALLEST_CAP, int(_LARGEST_SHARE * len(rows)))
    group = np.empty(len(rows), dtype=np.int64)
    number, size, reach, symbol = -1, 0, 0, ""
    for i in np.lexsort((start, rows.symbol)).tolist():
        chained = rows.symbol[i] == symbol and start[i] <= reach and size < cap
        number, size = (number, size + 1) if chained else (number + 1, 1)
        reach = max(reach, int(end[i])) if rows.symbol[i] == symbol else int(end[i])
        symbol = rows.symbol[i]
        group[i] = number
    return group


def halves(groups: IntArray, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Return two random halves of the rows that share no group: indices, each increasing."""
    _, dense, counts = np.unique(groups, return_inverse=True, return_counts=True)
    order = rng.permutation(len(counts))
    taken = np.cumsum(counts[order]) - counts[order] / 2 <= len(groups) / 2
    first = np.isin(dense, order[taken])
    return np.flatnonzero(first), np.flatnonzero(~first)
