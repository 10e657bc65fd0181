"""Privacy on planted copies, near-copies and unseen rows."""

from dataclasses import replace

import numpy as np
import pytest

from tests.fidelity.planted import jittered, random_walks, two_halves
from tradegen.data.rows import Rows
from tradegen.fidelity.features import smooth_features
from tradegen.fidelity.privacy import (
    authenticity,
    copied_runs,
    membership_attack,
    near_distance,
    too_close,
)
from tradegen.fidelity.space import Space


def share_too_close(synthetic: Rows) -> float:
    gold, _, groups, _ = two_halves()
    real = smooth_features(gold).values
    space = Space.of(real)
    near = near_distance(space(real), groups)
    return too_close(space(real), space(smooth_features(synthetic).values), near)


def test_copies_are_too_close_and_unseen_rows_are_not() -> None:
    gold, unseen, *_ = two_halves()
    assert share_too_close(gold) == 1
    assert share_too_close(jittered(gold, 1e-5)) > 0.9
    assert share_too_close(unseen) < 0.05


def test_one_row_in_a_hundred_has_another_so_near() -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal((1000, 3))
    near = near_distance(values, np.arange(1000))
    unseen = rng.standard_normal((1000, 3))
    assert too_close(values, unseen, near) == pytest.approx(0.01, abs=0.008)


def test_copies_are_not_authentic_and_every_other_unseen_row_is() -> None:
    rng = np.random.default_rng(0)
    values, unseen = rng.standard_normal((2, 1000, 3))
    apart = np.arange(1000)
    assert authenticity(values, values, apart) == 0
    assert authenticity(values, values + 1e-6, apart) == 0
    assert authenticity(values, unseen, apart) == pytest.approx(0.5, abs=0.05)
    twins = np.vstack([values, values + 1e-9])
    assert authenticity(twins, unseen, np.arange(2000)) == 1
    assert authenticity(twins, unseen, np.tile(apart, 2)) == pytest.approx(0.5, abs=0.05)


def test_authenticity_is_that_of_its_definition_row_by_row() -> None:
    rng = np.random.default_rng(1)
    gold, other = rng.standard_normal((40, 2)), rng.standard_normal((30, 2))
    groups = rng.integers(0, 15, 40)
    authentic = 0
    for row in other:
        nearest = min(range(40), key=lambda i: np.linalg.norm(gold[i] - row))
        rivals = [i for i in range(40) if groups[i] != groups[nearest]]
        own = min(np.linalg.norm(gold[i] - gold[nearest]) for i in rivals)
        authentic += np.linalg.norm(gold[nearest] - row) > own
    assert authenticity(gold, other, groups) == pytest.approx(authentic / 30)


def test_runs_copied_at_another_price_and_place_are_found() -> None:
    gold, unseen, *_ = two_halves()
    bars = replace(gold.bars, close=2.5 * gold.bars.close)
    assert copied_runs(gold, replace(gold, bars=bars)) == (1, 1)
    runs, rows = copied_runs(gold, _with_a_run_of(gold, random_walks(unseen)))
    assert rows == 1
    assert 0.01 < runs < 0.1
    assert copied_runs(gold, random_walks(unseen))[0] < 0.001


def _with_a_run_of(gold: Rows, rows: Rows) -> Rows:
    """Return rows whose bars 20 to 39 move as the bars 30 to 49 of gold's first row."""
    close = rows.bars.close.copy()
    theirs = gold.bars_of(0).close
    for start in rows.offsets[:-1].tolist():
        close[start + 20 : start + 40] = close[start + 20] * theirs[30:50] / theirs[30]
    return replace(rows, bars=replace(rows.bars, close=close))


def test_the_attack_finds_what_was_copied_and_guesses_otherwise() -> None:
    members, outsiders, *_ = two_halves()
    assert membership_attack(members, outsiders, jittered(members, 1e-3)) > 0.95
    blind = membership_attack(members, outsiders, random_walks(members))
    assert blind == pytest.approx(0.5, abs=0.1)
