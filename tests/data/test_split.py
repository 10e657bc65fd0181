from itertools import chain, product

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from tests.support.made_rows import row_at, us
from tests.support.rows import demo_rows
from tradegen.data.interval import HOUR_US, INTERVAL_US
from tradegen.data.row import LOOKBACK, Bars
from tradegen.data.rows import Rows
from tradegen.data.split import Split, split_by_time
from tradegen.errors import InputError

START = us("2023-01-01")


def rows_over(spans: list[tuple[int, int, str]]) -> Rows:
    """Return rows of (hours after the start, bars in the trade, interval)."""
    models = []
    for k, (hours, held, interval) in enumerate(spans):
        first = START + hours * HOUR_US
        times = first + INTERVAL_US[interval] * np.arange(LOOKBACK + held)
        models.append(row_at(times, interval, trade_id=str(k)))
    return Rows.from_models(models)


def window(bars: Bars, interval: str) -> tuple[int, int]:
    """Return when a row's first bar opens and its exit bar closes."""
    return int(bars.time[0]), int(bars.time[-1]) + INTERVAL_US[interval]


spans = st.lists(
    st.tuples(st.integers(0, 4000), st.integers(1, 60), st.sampled_from(["1h", "4h", "1d"])),
    min_size=2,
    max_size=40,
)
shares = st.floats(0.05, 0.9)


def split_of(rows: Rows, share: float) -> Split:
    """Return the split; draw other rows where even the best boundary leaves no train row."""
    try:
        return split_by_time(rows, share)
    except InputError:
        reject()


@settings(max_examples=80)
@given(spans, shares)
def test_no_holdout_window_overlaps_a_train_trade(
    spans: list[tuple[int, int, str]], share: float
) -> None:
    rows = rows_over(spans)
    split = split_of(rows, share)
    windows = [window(rows.bars_of(i), str(rows.interval[i])) for i in range(len(rows))]
    for train, holdout in product(split.train, split.holdout):
        assert windows[train][1] <= windows[holdout][0]
    if split.begins is not None:
        assert all(windows[i][1] <= split.begins for i in split.train)
        assert all(windows[i][0] >= split.begins for i in split.holdout)


@settings(max_examples=80)
@given(spans, shares)
def test_every_row_is_in_exactly_one_part_and_the_latest_entries_are_the_holdout(
    spans: list[tuple[int, int, str]], share: float
) -> None:
    rows = rows_over(spans)
    split = split_of(rows, share)
    parts = [split.train.tolist(), split.holdout.tolist(), split.purged.tolist()]
    assert all(part == sorted(part) for part in parts)
    assert sorted(chain(*parts)) == list(range(len(rows)))
    wanted = round(len(rows) * share)
    assert len(split.holdout) <= wanted
    assert len(split.train) <= len(rows) - wanted
    assert (len(split.holdout) > 0) == (wanted > 0)
    if wanted:
        assert rows.entry_time[split.train].max() <= rows.entry_time[split.holdout].min()


@settings(max_examples=60)
@given(spans, shares)
def test_no_other_boundary_would_purge_less(
    spans: list[tuple[int, int, str]], share: float
) -> None:
    rows = rows_over(spans)
    split = split_of(rows, share)
    if split.begins is None:
        reject()
    order = sorted(range(len(rows)), key=lambda i: int(rows.entry_time[i]))
    n_holdout = round(len(rows) * share)
    earlier, later = order[:-n_holdout], order[-n_holdout:]
    windows = [window(rows.bars_of(i), str(rows.interval[i])) for i in range(len(rows))]

    def lost(begins: int) -> float:
        train = sum(windows[i][1] > begins for i in earlier) / max(len(earlier), 1)
        return train + sum(windows[i][0] < begins for i in later) / len(later)

    assert lost(split.begins) == pytest.approx(min(lost(start) for start, _ in windows))


def test_rows_far_apart_are_split_without_loss() -> None:
    rows = rows_over([(k * 200, 5, "1h") for k in range(10)])
    split = split_by_time(rows, 0.3)
    assert split.train.tolist() == list(range(7))
    assert split.holdout.tolist() == [7, 8, 9]
    assert split.purged.tolist() == []
    assert split.begins == START + 1400 * HOUR_US


def test_a_row_that_touches_the_boundary_is_kept_and_one_that_crosses_it_is_purged() -> None:
    touching = [(0, 6, "1h"), (70, 1, "1h")]
    assert split_by_time(rows_over(touching), 0.5).purged.tolist() == []
    crossing = [(0, 1, "1h"), (1, 6, "1h"), (70, 1, "1h"), (140, 1, "1h")]
    assert split_by_time(rows_over(crossing), 0.5).purged.tolist() == [1]


def test_without_a_share_there_is_no_holdout() -> None:
    split = split_by_time(demo_rows(), 0)
    assert (len(split.train), len(split.holdout), split.begins) == (len(demo_rows()), 0, None)


@pytest.mark.parametrize("share", [-0.1, 1.0, 1.5, float("nan")])
def test_a_share_outside_0_to_1_is_an_error(share: float) -> None:
    with pytest.raises(InputError, match=r"expected a share from 0 to below 1"):
        split_by_time(demo_rows(), share)


def test_a_holdout_that_leaves_no_train_row_is_an_error_that_says_what_to_do() -> None:
    overlapping = rows_over([(0, 5, "1d"), (24, 5, "1d"), (48, 5, "1d")])
    with pytest.raises(InputError, match=r"3 rows, holdout 50%.*give more rows or a smaller"):
        split_by_time(overlapping, 0.5)


def test_the_order_of_the_rows_does_not_matter() -> None:
    rows = demo_rows()
    mixed = np.random.default_rng(5).permutation(len(rows))
    straight, shuffled = split_by_time(rows, 0.2), split_by_time(rows.select(mixed), 0.2)
    assert straight.begins == shuffled.begins
    for part in ("train", "holdout", "purged"):
        found = sorted(mixed[getattr(shuffled, part)].tolist())
        assert found == getattr(straight, part).tolist()


def test_the_demo_gold_loses_few_rows() -> None:
    split = split_by_time(demo_rows(), 0.2)
    assert len(split.purged) < 0.05 * len(demo_rows())
