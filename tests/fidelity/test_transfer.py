"""Transfer on planted sets: what is learned from copies holds, what is learned from noise not."""

import math
from dataclasses import replace

import numpy as np

from tests.fidelity.planted import two_halves
from tradegen.data.row import LOOKBACK
from tradegen.data.rows import Rows
from tradegen.fidelity.transfer import Transfer, known_at_entry, transfer_ratio, transfers


def with_sides_after_the_trend(rows: Rows, sign: int, seed: int) -> Rows:
    """Return rows whose side nearly always follows the last 10 bars, or goes against them."""
    close = np.log(rows.lookback(rows.bars.close))
    up = sign * (close[:, -1] - close[:, -11]) > 0
    odd = np.random.default_rng(seed).random(len(rows)) < 0.1
    return replace(rows, side=np.where(up ^ odd, "long", "short"))


def of_side(found: list[Transfer]) -> Transfer:
    return next(one for one in found if one.target == "side")


def test_a_rule_that_synthetic_rows_keep_transfers_and_its_opposite_does_not() -> None:
    first, second, *_ = two_halves()
    half = len(second) // 2
    real = with_sides_after_the_trend(first, 1, 0)
    test = with_sides_after_the_trend(second.slice(half, len(second)), 1, 1)
    same = with_sides_after_the_trend(second.slice(0, half), 1, 2)
    opposite = with_sides_after_the_trend(second.slice(0, half), -1, 2)
    found = of_side(transfers(real, same, test, 0))
    assert found.has_signal
    assert found.real_skill > 0.4
    assert found.ratio > 0.6
    assert of_side(transfers(real, opposite, test, 0)).ratio < -0.6


def test_the_ratio_counts_only_targets_with_signal() -> None:
    told = Transfer("told", 0.5, 0.4, 0.05)
    noise = Transfer("noise", 0.05, -0.3, 0.05)
    assert transfer_ratio([told, noise]) == 0.8
    assert math.isnan(transfer_ratio([noise]))


def test_inputs_know_nothing_from_the_entry_bar_on() -> None:
    rows, *_ = two_halves()
    later = np.arange(len(rows.bars)) >= np.repeat(rows.offsets[:-1] + LOOKBACK, rows.n_bars)
    bars = rows.bars
    spoilt = replace(
        bars,
        **{
            name: np.where(later, 3 * getattr(bars, name), getattr(bars, name))
            for name in ("open", "high", "low", "close", "volume")
        },
    )
    changed = replace(
        rows,
        bars=spoilt,
        entry_price=3 * rows.entry_price,
        exit_price=2 * rows.exit_price,
        quantity=rows.quantity + 1,
    )
    assert np.array_equal(known_at_entry(rows), known_at_entry(changed))
