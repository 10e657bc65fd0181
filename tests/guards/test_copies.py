from dataclasses import replace

import numpy as np
import pytest

from tests.support.rows import demo_gold, with_prices
from tradegen.data.rows import Rows
from tradegen.guards.copies import CopyGuard

SEEDS = 3


@pytest.fixture(scope="module")
def guard() -> CopyGuard:
    return CopyGuard(demo_gold().train)


def seeds_of(rows: Rows) -> list[list[str]]:
    names = demo_gold().train.trade_id.tolist()
    return [names[:SEEDS] for _ in range(len(rows))]


def test_a_verbatim_copy_is_found_with_the_row_it_repeats(guard: CopyGuard) -> None:
    rows = demo_gold().train.slice(40, 50)
    found = guard.find(rows, seeds_of(rows))
    assert [copied.row for copied in found] == list(range(10))
    assert [copied.trade_id for copied in found] == rows.trade_id.tolist()


@pytest.mark.parametrize("noise", [0.0001, 0.0005])
def test_a_slightly_jittered_and_rescaled_copy_is_found(guard: CopyGuard, noise: float) -> None:
    rows = demo_gold().train.slice(40, 80)
    rng = np.random.default_rng(0)
    factor = 3.7 * np.exp(noise * rng.standard_normal(len(rows.bars)))
    jittered = replace(rows, bars=with_prices(rows.bars, lambda price: price * factor))
    found = guard.find(jittered, seeds_of(rows))
    assert len(found) >= 0.95 * len(rows)


def test_a_shifted_copy_of_a_seed_is_found(guard: CopyGuard) -> None:
    train = demo_gold().train
    longest = int(np.argmax(train.n_bars))
    shifted = train.select([longest])
    rolled = with_prices(shifted.bars, lambda price: np.roll(price, -9))
    names = [str(train.trade_id[longest]), *train.trade_id[:2].tolist()]
    (copied,) = guard.find(replace(shifted, bars=rolled), [names])
    assert copied.trade_id == names[0]
    assert "runs of 16 bars" in copied.evidence


def test_unseen_rows_are_no_copies(guard: CopyGuard) -> None:
    holdout = demo_gold().holdout
    assert guard.find(holdout, seeds_of(holdout)) == []


def test_rows_are_judged_independently_of_each_other(guard: CopyGuard) -> None:
    rows = Rows.concatenate([demo_gold().holdout.slice(0, 5), demo_gold().train.slice(40, 45)])
    together = {copied.row for copied in guard.find(rows, seeds_of(rows))}
    alone = {i for i in range(10) if guard.find(rows.slice(i, i + 1), seeds_of(rows)[:1])}
    assert together == alone == {5, 6, 7, 8, 9}
