"""The mix: gold and synthetic rows are compared with the same shares of every volatility."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tradegen.verdict.mix import Range, common_mix, in_ranges

BUCKETS = st.lists(st.integers(-1, 3), min_size=1, max_size=300).map(np.array)


@given(BUCKETS, BUCKETS, st.integers(0, 99))
def test_both_sides_have_golds_shares_of_the_buckets_that_both_have(
    gold: np.ndarray, synthetic: np.ndarray, seed: int
) -> None:
    ours, theirs, shared = common_mix(gold, synthetic, np.random.default_rng(seed))
    assert set(gold[ours]) == set(shared)
    assert set(shared) <= set(gold[gold >= 0]) & set(synthetic[synthetic >= 0])
    assert len(ours) == np.isin(gold, shared).sum()
    assert len(np.unique(theirs)) == len(theirs)
    counts = [(np.sum(gold == one), np.sum(synthetic[theirs] == one)) for one in shared]
    scale = max((synth / real for real, synth in counts), default=0)
    assert all(abs(scale * real - synth) <= 1 for real, synth in counts)


def test_as_many_synthetic_rows_are_kept_as_the_scarcest_bucket_allows() -> None:
    gold = np.repeat([0, 1], [300, 100])
    synthetic = np.repeat([0, 1, 2], [600, 1000, 50])
    ours, theirs, _ = common_mix(gold, synthetic, np.random.default_rng(0))
    assert len(ours) == 400
    assert np.bincount(synthetic[theirs]).tolist() == [600, 200]


def test_a_bucket_that_hardly_has_rows_does_not_cost_all_others() -> None:
    gold, synthetic = np.repeat([0, 1, 2], [300, 300, 300]), np.repeat([0, 1, 2], [1, 900, 900])
    ours, theirs, shared = common_mix(gold, synthetic, np.random.default_rng(0))
    assert shared.tolist() == [1, 2]
    assert (len(ours), len(theirs)) == (600, 1800)


def test_nothing_shared_leaves_nothing_to_compare() -> None:
    ours, theirs, shared = common_mix(np.array([0, 0]), np.array([1, -1]), np.random.default_rng(0))
    assert (len(ours), len(theirs), len(shared)) == (0, 0, 0)


def test_a_range_holds_its_low_end_and_not_its_high_one() -> None:
    volatility = np.array([0.25, 0.35, 0.3, 0.9, np.nan])
    ranges = [Range(0.25, 0.35, 0.5), Range(0.35, 0.45, 0.5)]
    assert in_ranges(volatility, ranges).tolist() == [0, 1, 0, -1, -1]
