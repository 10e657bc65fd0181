"""Groups of overlapping windows, against a plain search of all pairs."""

import numpy as np

from tests.support.rows import demo_gold
from tradegen.fidelity.overlap import halves, overlap_groups


def test_windows_of_a_symbol_that_overlap_are_one_group_unless_a_chain_is_cut() -> None:
    rows = demo_gold().train
    groups = overlap_groups(rows)
    cap = max(8, int(0.05 * len(rows)))
    sizes = np.bincount(groups)
    assert sizes.max() <= cap
    start, end = rows.window_start, rows.bars.time[rows.exit_bar]
    overlap = (
        (start[:, None] <= end)
        & (start <= end[:, None])
        & (rows.symbol[:, None] == rows.symbol)
        & (groups[:, None] != groups)
    )
    cut = sizes[groups] == cap
    assert not overlap[~cut][:, ~cut].any()
    assert len(np.unique(rows.symbol[groups == 0])) == 1


def test_halves_share_no_group_and_leave_no_row_out() -> None:
    groups = np.repeat(np.arange(40), 5)
    first, second = halves(groups, np.random.default_rng(0))
    assert sorted([*first, *second]) == list(range(200))
    assert not set(groups[first]) & set(groups[second])
    assert abs(len(first) - len(second)) <= 10
