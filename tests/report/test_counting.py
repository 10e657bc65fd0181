"""Counts of gold and of rows: every row in one bin, as an independent count has it."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegen.report.counting import MISSING, OTHERS, doubling, histogram, numbered, words

NUMBERS = st.lists(st.floats(-1e9, 1e9), max_size=60).map(lambda v: np.array(v, dtype=np.float64))
COUNTS = st.lists(st.integers(0, 100_000), max_size=60).map(lambda v: np.array(v, dtype=np.int64))
WORDS = st.lists(st.text("abcdefghijklmnopqrstuvwxyz", max_size=1), max_size=80)


@given(NUMBERS, NUMBERS)
def test_every_row_is_in_one_bin_of_a_histogram(gold: np.ndarray, made: np.ndarray) -> None:
    found = histogram(gold, made)
    assert (sum(found.gold), sum(found.synthetic)) == (len(gold), len(made))
    assert len(found.edges) == len(found.labels) + 1 == 41
    edges = np.array(found.edges)
    for counts, values in ((found.gold, gold), (found.synthetic, made)):
        inside = np.clip(values, edges[0], edges[-1])
        assert np.histogram(inside, edges)[0].tolist() == list(counts)


def test_what_lies_far_out_stretches_no_histogram_but_is_counted() -> None:
    usual = np.linspace(-1, 1, 1000)
    found = histogram(usual, np.append(usual, [1e6, -1e6]))
    assert found.edges[0] > -2
    assert sum(found.synthetic) == 1002
    assert found.overlap_pct > 99


def test_values_that_are_not_finite_are_left_out() -> None:
    found = histogram(np.array([1.0, np.nan, 2.0]), np.array([np.inf]))
    assert (sum(found.gold), sum(found.synthetic)) == (2, 0)


@given(COUNTS, COUNTS)
def test_doubling_bins_hold_what_their_labels_say(gold: np.ndarray, made: np.ndarray) -> None:
    found = doubling(gold, made)
    for counts, values in ((found.gold, gold), (found.synthetic, made)):
        expected: Counter[str] = Counter()
        for value in values.tolist():
            (label,) = [one for one in found.labels if _holds(one, value)]
            expected[label] += 1
        assert [expected[label] for label in found.labels] == list(counts)


def _holds(label: str, value: int) -> bool:
    first, _, last = label.partition("-")
    return int(first) <= value <= int(last or first)


@given(WORDS, WORDS, st.integers(2, 8))
def test_words_are_counted_gold_s_commonest_first(
    gold: list[str], made: list[str], most: int
) -> None:
    found = words(np.array(gold, dtype=np.str_), np.array(made, dtype=np.str_), most)
    assert (sum(found.gold), sum(found.synthetic)) == (len(gold), len(made))
    assert len(found.labels) <= most
    ours, theirs = Counter(gold), Counter(made)
    named = list(zip(found.labels, found.gold, found.synthetic, strict=True))
    for label, a, b in named:
        if label != OTHERS:
            word = "" if label == MISSING else label
            assert (a, b) == (ours[word], theirs[word])
    shown = [a for label, a, _ in named if label != OTHERS]
    assert shown == sorted(shown, reverse=True)


def test_overlap_is_what_two_distributions_have_in_common() -> None:
    half = numbered(np.array([0, 0, 1, 1]), np.array([1, 1, 2, 2]), ("a", "b", "c"))
    assert half.overlap_pct == 50
    same = numbered(np.array([0, 1]), np.array([0, 1, 0, 1]), ("a", "b", "c"))
    assert same.overlap_pct == 100


def test_rare_words_that_differ_are_not_in_common_though_they_share_a_bin() -> None:
    ours = np.array([f"a{k}" for k in range(90)] + ["both"] * 10)
    theirs = np.array([f"b{k}" for k in range(90)] + ["both"] * 10)
    assert words(ours, theirs).overlap_pct == pytest.approx(10)
