import numpy as np
import pytest

from tests.support.engine import demo_model
from tradegen.data.row import LOOKBACK
from tradegen.engines.embedded.paths import (
    LONGEST_BLOCK,
    Moves,
    _donor_bars,
    draws_needed,
    scale_to,
    simulate,
    to_prices,
)

N, N_BARS = 200, 100


@pytest.fixture(scope="module")
def moves() -> Moves:
    rng = np.random.default_rng(0)
    bars = demo_model().donors.bars
    seeds = rng.integers(0, len(bars.start), (N, 3))
    weights = np.tile([0.5, 0.25, 0.25], (N, 1))
    return simulate(bars, seeds, weights, N_BARS, rng.random((N, draws_needed(N_BARS))))


def test_the_lookback_gets_the_volatility_asked_for(moves: Moves) -> None:
    wanted = np.linspace(0.005, 0.05, N)
    scaled = scale_to(moves, wanted)
    assert scaled.returns[:, 1:LOOKBACK].std(axis=1, ddof=1) == pytest.approx(wanted)


def test_highs_and_lows_enclose_opens_and_closes(moves: Moves) -> None:
    open_, high, low, close = to_prices(moves, np.full(N, 50.0))
    assert np.all(high >= np.maximum(open_, close))
    assert np.all(low <= np.minimum(open_, close))
    assert open_[:, LOOKBACK] == pytest.approx(np.full(N, 50.0))


def test_no_piece_longer_than_a_block_is_copied_from_one_place() -> None:
    rng = np.random.default_rng(1)
    bars = demo_model().donors.bars
    seeds = rng.integers(0, len(bars.start), (N, 3))
    weights = np.tile([0.5, 0.25, 0.25], (N, 1))
    draws = rng.random((N, 3, N_BARS))
    draws[:, 0] = 0.999  # no block ends early
    donor = _donor_bars(bars, seeds, weights, draws)
    follows = np.diff(donor, axis=1) == 1
    runs = np.lib.stride_tricks.sliding_window_view(follows, LONGEST_BLOCK, axis=1).all(axis=2)
    # A fresh block begins by chance where the last one ended in about one of 90 cases.
    assert follows.mean() > 0.75
    assert runs.mean() < 0.05


def test_volatility_clusters(moves: Moves) -> None:
    size = np.abs(moves.returns[:, 1:])
    centred = size - size.mean(axis=1, keepdims=True)
    lag1 = (centred[:, 1:] * centred[:, :-1]).sum() / (centred**2).sum()
    assert lag1 > 0.05


def test_seeds_with_no_weight_give_no_bars() -> None:
    bars = demo_model().donors.bars
    rng = np.random.default_rng(2)
    seeds = np.tile([4, 9, 13], (50, 1))
    draws = rng.random((50, draws_needed(40)))
    only_first = simulate(bars, seeds, np.tile([1.0, 0.0, 0.0], (50, 1)), 40, draws)
    same = simulate(bars, np.tile([4, 4, 4], (50, 1)), np.tile([1.0, 0.0, 0.0], (50, 1)), 40, draws)
    assert np.array_equal(only_first.body, same.body)
