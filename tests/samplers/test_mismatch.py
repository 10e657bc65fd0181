"""Mismatch: a run that asks mostly for what gold hardly has is told so."""

import numpy as np
import pytest

from tests.support.rows import demo_gold
from tradegen.pipeline.prepare import prepare
from tradegen.samplers.buckets import Bucket
from tradegen.samplers.constraint import GOLD, resolve_constraint
from tradegen.samplers.mismatch import mismatch
from tradegen.settings import load_settings


def note(asked: list[int], gold_rows: list[int], n_gold: int = 1000) -> str:
    buckets = [Bucket(k / 10, 0, 1, 0.1) for k in range(1, len(asked) + 1)]
    return mismatch(buckets, np.array(asked), np.array(gold_rows), n_gold)


def test_most_rows_from_a_sliver_of_gold_is_told_with_the_way_out() -> None:
    assert note([40, 35, 25], [20, 30, 950]) == (
        "75% of the rows asked for lie in buckets that hold 5.0% of gold (0.1, 0.2); --weights "
        "gold spreads them as gold does"
    )


@pytest.mark.parametrize(
    ("asked", "gold_rows"),
    [
        ([50, 50], [90, 910]),  # half of the rows is not most of them
        ([60, 40], [100, 900]),  # a tenth of gold is not little
        ([5] * 20, [50] * 20),  # many small buckets, as gold has them
        ([0, 10], [0, 1000]),  # what nobody asks for does not count
    ],
)
def test_what_is_not_far_from_gold_is_not_told(asked: list[int], gold_rows: list[int]) -> None:
    assert note(asked, gold_rows) == ""


def test_gold_outside_all_buckets_counts_as_gold() -> None:
    assert "hold 2.0% of gold (0.1)" in note([100], [20])


def test_golds_own_weights_are_never_far_from_gold() -> None:
    gold = demo_gold()
    constraint = resolve_constraint(GOLD, gold.train, gold.volatility)
    counts = np.array([len(index) for index in constraint.eligible(gold.train, gold.volatility)])
    assert mismatch(constraint.buckets, constraint.quotas(500), counts, len(gold.train)) == ""


@pytest.mark.parametrize(("weights", "told"), [("gold", False), ("1.2=0.9,1.1=0.1", True)])
def test_the_note_is_among_the_runs_notes(weights: str, told: bool) -> None:
    settings = load_settings({"n": 50, "diversity": {"weights": weights, "widen": True}})
    assert any("--weights gold" in note for note in prepare(settings).notes) == told
