"""The share of trades that were dealt to other rows' markets is told, whatever it is."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.planted import shuffled_labels
from tests.fidelity.planted import two_halves
from tests.support.rows import demo_gold
from tradegen.data.rows import Rows
from tradegen.fidelity.coherence import Dealt, dealt_at_random


def share_of(other: Rows, groups: np.ndarray | None = None) -> Dealt:
    gold, _, ours, _ = two_halves()
    theirs = np.arange(len(other)) if groups is None else groups
    return dealt_at_random(gold, other, (ours, theirs), np.random.default_rng(0))


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_the_share_is_found(share: float) -> None:
    _, unseen, _, theirs = two_halves()
    n = round(share * len(unseen))
    dealt = shuffled_labels(demo_gold(), unseen, n, np.random.default_rng(1))
    kept = unseen.select(np.arange(n, len(unseen)))
    mixed = Rows.concatenate([dealt, kept]) if n < len(unseen) else dealt
    found = share_of(mixed, np.concatenate([np.arange(n) + theirs.max() + 1, theirs[n:]]))
    error = found.draws.std()
    assert found.share == pytest.approx(share, abs=max(3 * error, 0.1))
    assert error < 0.15


def test_unseen_real_rows_belong_to_their_markets() -> None:
    _, unseen, _, theirs = two_halves()
    found = share_of(unseen, theirs)
    assert abs(found.share) < 3 * found.draws.std()
    assert found.share < 0.15


def test_where_nothing_in_gold_tells_them_apart_nothing_is_said() -> None:
    """Rows that are all the same: every trade belongs to every market."""
    gold, unseen, *_ = two_halves()
    same = gold.select(np.zeros(60, dtype=np.int64))
    same = replace(same, trade_id=np.array([f"same-{k}" for k in range(60)]))
    found = dealt_at_random(
        same, unseen, (np.arange(60), np.arange(len(unseen))), np.random.default_rng(0)
    )
    assert np.isnan(found.share)
    assert np.isnan(found.draws).all()
