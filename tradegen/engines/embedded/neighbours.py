"""Neighbours: the gold windows whose markets were most like each train row's."""

from collections.abc import Iterator

import numpy as np
from scipy.spatial import cKDTree

from tradegen.data.row import FloatArray, IntArray
from tradegen.data.rows import Rows
from tradegen.engines.embedded.correlations import correlation
from tradegen.engines.embedded.windows import Windows

NEAREST = 12
"""How many windows are drawn on for each seed."""

_CLIP = 4.0
_CHUNK = 10_000
_TINY = 1e-9


def find_neighbours(windows: Windows, rows: Rows, kind: IntArray) -> IntArray:
    """Return the windows nearest to each train row on either side, shape `(n_train, 2, NEAREST)`.

    Index 0 of the second axis stands for short, 1 for long. Nearest windows come first, and they
    repeat where there are fewer. Windows are of the row's kind; where none of that kind
    were traded on a side, those of the other side stand in.
    """
    points = np.concatenate([*_descriptors(rows)])
    centre, spread = points.mean(axis=0), np.maximum(points.std(axis=0), _TINY)
    points = np.clip((points - centre) / spread, -_CLIP, _CLIP) * list(_WEIGHTS.values())
    nearest = np.empty((len(rows), 2, NEAREST), dtype=np.int64)
    for number in np.unique(kind):
        own = np.flatnonzero(kind == number)
        pools = [np.flatnonzero((windows.kind == number) & (windows.long == s)) for s in (0, 1)]
        for side, pool in enumerate(pools):
            used = pool if len(pool) else pools[1 - side]
            count = min(NEAREST, len(used))
            tree = cKDTree(points[windows.row[used]])
            found = np.asarray(tree.query(points[own], k=np.arange(1, count + 1))[1])
            nearest[own, side] = used[found[:, np.arange(NEAREST) % count]]
    return nearest


_WEIGHTS = {
    "log volatility": 1.0,
    "range over volatility": 1.0,
    "spread of ranges": 1.0,
    "spread of volume": 1.0,
    "autocorrelation of ranges": 0.7,
    "autocorrelation of volume": 0.7,
    "gap over volatility": 1.0,
    "bars without a gap": 1.0,
    "shadows in the range": 0.5,
    "range against volume": 0.7,
    "last 10 returns": 0.5,
    "log price": 0.5,
    "log volume": 0.3,
}
"""What a market is described by, and how much it counts."""


def _descriptors(rows: Rows) -> Iterator[FloatArray]:
    """Yield the descriptors of rows, `(n_chunk, 13)`, some rows at a time to spare memory."""
    for start in range(0, len(rows), _CHUNK):
        chunk = rows.slice(start, start + _CHUNK)
        bars = chunk.bars
        open_, high, low, close = (
            np.log(chunk.lookback(column))
            for column in (bars.open, bars.high, bars.low, bars.close)
        )
        returns = np.diff(close, axis=1)
        scale = np.maximum(returns.std(axis=1), _TINY)
        range_ = high - low
        log_range = np.log(np.maximum(range_ / scale[:, None], 1e-3))
        volume = np.log1p(chunk.lookback(bars.volume))
        shadow = 1 - np.abs(close - open_) / np.maximum(range_, _TINY)
        gap = np.abs(open_[:, 1:] - close[:, :-1]).mean(axis=1)
        columns = [
            np.log(scale),
            log_range.mean(axis=1),
            log_range.std(axis=1),
            np.log(volume.std(axis=1) + 0.05),
            correlation(log_range[:, 1:], log_range[:, :-1]),
            correlation(volume[:, 1:], volume[:, :-1]),
            np.log1p(gap / scale),
            (open_[:, 1:] == close[:, :-1]).mean(axis=1),
            shadow.mean(axis=1),
            correlation(log_range, volume),
            returns[:, -10:].sum(axis=1) / scale,
            close[:, -1],
            volume.mean(axis=1),
        ]
        yield np.stack(columns, axis=1)
