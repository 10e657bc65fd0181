"""The copy guard: finds rows that repeat a gold row, whole or in part."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tradegen.data.row import FloatArray
from tradegen.data.rows import Rows
from tradegen.guards.fingerprint import (
    distance_at_correlation,
    fingerprints,
    standardised_returns,
)

PATH_CORRELATION = 0.95
"""A whole path that correlates this much with a gold row's path is a copy."""

RUN = 16
RUN_CORRELATION = 0.99
RUN_SHARE = 0.25
"""A row is a copy if more than this share of its runs of 16 bars repeat a run of its seeds."""

_STRIDE = 4


@dataclass(frozen=True, slots=True)
class Copied:
    """Why a row is taken for a copy: of which gold row, and how that shows."""

    row: int
    trade_id: str
    evidence: str


class CopyGuard:
    """Compares rows with all gold train rows, and more closely with the seeds they had.

    A generator knows only its three seeds, so only these are searched for repeated runs at
    shifted places; a path copied in place is found whichever gold row it comes from.
    """

    def __init__(self, gold: Rows) -> None:
        """Index the paths of gold's train rows."""
        from scipy.spatial import cKDTree

        self._trade_id = gold.trade_id
        close = gold.lookback(gold.bars.close)
        self._returns = standardised_returns(close)
        self._tree = cKDTree(fingerprints(close))
        self._index = {trade_id: k for k, trade_id in enumerate(gold.trade_id.tolist())}

    def find(self, rows: Rows, seeds: Sequence[Sequence[str]]) -> list[Copied]:
        """Return the rows that are copies; `seeds` names the gold rows each of them was shown."""
        close = rows.lookback(rows.bars.close)
        reach = distance_at_correlation(PATH_CORRELATION)
        found_at = self._tree.query(fingerprints(close), distance_upper_bound=reach)
        distance, nearest = np.asarray(found_at[0]), np.asarray(found_at[1])
        found = {
            int(row): Copied(
                int(row),
                str(self._trade_id[nearest[row]]),
                f"path distance {distance[row]:.2f}, copies lie within {reach:.2f}",
            )
            for row in np.flatnonzero(np.isfinite(distance))
        }
        shown = np.array([[self._index[name] for name in names] for names in seeds])
        share, source = _repeated_runs(standardised_returns(close), self._returns[shown])
        for row in np.flatnonzero(share > RUN_SHARE):
            found.setdefault(
                int(row),
                Copied(
                    int(row),
                    str(self._trade_id[shown[row, source[row]]]),
                    f"{share[row]:.0%} of its runs of {RUN} bars repeat a seed's",
                ),
            )
        return [found[row] for row in sorted(found)]


def _repeated_runs(
    returns: FloatArray, seeds: FloatArray
) -> tuple[FloatArray, npt.NDArray[np.intp]]:
    """Return the share of each row's runs that repeat a run of its seeds, and which seed most.

    `returns` has shape `(n, 63)`, `seeds` `(n, n_seeds, 63)`; both results have shape `(n,)`.
    """
    mine = _unit_runs(returns)[:, ::_STRIDE]
    n, n_seeds = seeds.shape[:2]
    theirs = _unit_runs(seeds.reshape(n * n_seeds, -1)).reshape(n, -1, RUN - 1)
    correlation = (mine @ theirs.transpose(0, 2, 1)).reshape(n, mine.shape[1], n_seeds, -1)
    best = correlation.max(axis=3)
    share = np.mean(best.max(axis=2) >= RUN_CORRELATION, axis=1)
    return share, best.mean(axis=1).argmax(axis=1)


def _unit_runs(returns: FloatArray) -> FloatArray:
    """Return all runs of 15 returns, each of mean 0 and length 1: `(n, n_runs, 15)`."""
    runs = np.lib.stride_tricks.sliding_window_view(returns, RUN - 1, axis=1)
    centred = runs - runs.mean(axis=2, keepdims=True)
    length = np.sqrt((centred**2).sum(axis=2, keepdims=True))
    result: FloatArray = centred / np.maximum(length, 1e-12)
    return result
