"""The split of gold by time into train and holdout, purged so that they share no moment."""

from dataclasses import dataclass

import numpy as np

from tradegen.data.interval import interval_lengths
from tradegen.data.row import IntArray
from tradegen.data.rows import Rows
from tradegen.errors import InputError


@dataclass(frozen=True, slots=True)
class Split:
    """Indices of train, holdout and purged rows, each increasing, and where the holdout begins.

    Every train row's exit bar closes at or before `begins`, and every holdout row's first
    lookback bar opens at or after it (microseconds since 1970; None without a holdout).
    """

    train: IntArray
    holdout: IntArray
    purged: IntArray
    begins: int | None


def split_by_time(rows: Rows, holdout_share: float) -> Split:
    """Make the latest `holdout_share` of the rows (by entry time) the holdout.

    Rows whose window crosses the boundary belong to neither side (purging; Lopez de Prado,
    "Advances in Financial Machine Learning", 2018, ch. 7). The boundary is put where the shares
    of train and holdout rows lost add up to the least.

    Raises `InputError` if the share is not in `[0, 1)` or leaves no train row.
    """
    if not 0 <= holdout_share < 1:
        raise InputError(f"holdout is {holdout_share}; expected a share from 0 to below 1")
    order = np.argsort(rows.entry_time, kind="stable")
    n_holdout = round(len(rows) * holdout_share)
    if n_holdout == 0:
        return Split(np.arange(len(rows)), np.arange(0), np.arange(0), None)
    earlier, later = order[:-n_holdout], order[-n_holdout:]
    ends = rows.bars.time[rows.exit_bar] + interval_lengths(rows.interval)
    begins = _least_loss(ends[earlier], rows.window_start[later])
    train = np.sort(earlier[ends[earlier] <= begins])
    holdout = np.sort(later[rows.window_start[later] >= begins])
    if len(train) == 0:
        raise InputError(
            f"no gold row ends before the holdout begins ({len(rows)} rows, holdout "
            f"{holdout_share:.0%}); give more rows or a smaller holdout"
        )
    purged = np.setdiff1d(np.arange(len(rows)), np.concatenate([train, holdout]))
    return Split(train, holdout, purged, begins)


def _least_loss(train_ends: IntArray, holdout_starts: IntArray) -> int:
    candidates = np.unique(holdout_starts)
    lost_train = len(train_ends) - np.searchsorted(np.sort(train_ends), candidates, side="right")
    lost_holdout = np.searchsorted(np.sort(holdout_starts), candidates, side="left")
    loss = lost_train / max(len(train_ends), 1) + lost_holdout / len(holdout_starts)
    return int(candidates[np.argmin(loss)])
