"""A flat table holds all that there is to a row, and a synthesiser's gaps show as broken rows."""

import numpy as np
import pytest

from benchmarks.flat_rows import WIDTH, Flat, flatten, restore
from tests.support.rows import demo_gold
from tradegen.data.invariants import find_violations
from tradegen.data.row import LOOKBACK


@pytest.fixture
def flat() -> Flat:
    return flatten(demo_gold(), np.random.default_rng(0))


def test_gold_comes_back_but_for_the_rounding_to_its_grids(flat: Flat) -> None:
    gold = demo_gold()
    train = gold.train
    rows = restore(flat, gold)
    assert rows.n_bars.tolist() == np.minimum(train.n_bars, WIDTH).tolist()
    whole = np.flatnonzero(train.n_bars <= WIDTH)
    ours, theirs = train.select(whole), rows.select(whole)
    assert np.array_equal(ours.bars.time, theirs.bars.time)
    for name in ("symbol", "side", "interval"):
        assert np.array_equal(getattr(ours, name), getattr(theirs, name))
    for name in ("open", "high", "low", "close"):
        np.testing.assert_allclose(getattr(theirs.bars, name), getattr(ours.bars, name), rtol=1e-2)
    np.testing.assert_allclose(theirs.exit_price, ours.exit_price, rtol=1e-2)
    np.testing.assert_allclose(theirs.quantity, ours.quantity, rtol=1e-2)
    assert find_violations(theirs, gold.market, averages_allowed=True) == []


def test_what_a_synthesiser_leaves_empty_ends_the_row(flat: Flat) -> None:
    for k in range(20, WIDTH):
        flat[f"body {k}"] = flat[f"body {k}"].copy()
        flat[f"body {k}"][0] = np.nan
    rows = restore(flat, demo_gold())
    assert rows.n_bars[0] == 20
    assert rows.n_bars[1] > LOOKBACK
    found = find_violations(rows, demo_gold().market)
    assert [(one.row, one.invariant) for one in found] == [(0, "enough_bars")]


def test_negative_shadows_are_not_mended(flat: Flat) -> None:
    flat["upper 3"] = np.full(len(flat["upper 3"]), -9.0)
    found = find_violations(restore(flat, demo_gold()), demo_gold().market)
    assert {one.invariant for one in found} == {"high_low_order"}
