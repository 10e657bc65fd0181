import numpy as np
import pytest

from tests.support.engine import demo_model
from tradegen.data.row import LOOKBACK, FloatArray
from tradegen.engines.embedded.paths import (
    Moves,
    Start,
    _most_alike,
    draws_needed,
    scale_to,
    simulate,
    to_prices,
)
from tradegen.fidelity.privacy import RUN

N, N_BARS = 200, 100


def start_of(seeds: np.ndarray, n_bars: int = N_BARS) -> Start:
    kin = np.ones(seeds.shape, dtype=np.bool_)
    long = demo_model().donors.trades.long[seeds[:, 0]]
    return Start(seeds, kin, long, np.zeros((len(seeds), n_bars), dtype=np.int64))


def random_start(seed: int) -> tuple[Start, FloatArray]:
    rng = np.random.default_rng(seed)
    seeds = rng.integers(0, len(demo_model().donors.rows), (N, 3))
    return start_of(seeds), rng.random((N, draws_needed(N_BARS)))


@pytest.fixture(scope="module")
def moves() -> Moves:
    return simulate(demo_model().donors.bars, *random_start(0))


def lag1(values: FloatArray) -> float:
    centred = values - values.mean(axis=1, keepdims=True)
    return float((centred[:, 1:] * centred[:, :-1]).sum() / (centred**2).sum())


def test_the_lookback_gets_the_volatility_asked_for(moves: Moves) -> None:
    wanted = np.linspace(0.005, 0.05, N)
    scaled = scale_to(moves, wanted)
    assert scaled.returns[:, 1:LOOKBACK].std(axis=1, ddof=1) == pytest.approx(wanted)


def test_highs_and_lows_enclose_opens_and_closes(moves: Moves) -> None:
    open_, high, low, close = to_prices(moves, np.full(N, 50.0))
    assert np.all(high >= np.maximum(open_, close))
    assert np.all(low <= np.minimum(open_, close))
    assert open_[:, LOOKBACK] == pytest.approx(np.full(N, 50.0))


def test_each_row_depends_on_its_own_draws_alone() -> None:
    start, draws = random_start(1)
    whole = simulate(demo_model().donors.bars, start, draws)
    part = Start(start.seeds[7:9], start.kin[7:9], start.long[7:9], start.place[7:9])
    alone = simulate(demo_model().donors.bars, part, draws[7:9])
    for name in ("gap", "body", "upper", "lower", "volume"):
        assert np.array_equal(getattr(alone, name), getattr(whole, name)[7:9])


def test_volatility_and_volume_cluster_as_in_gold(moves: Moves) -> None:
    rows = demo_model().donors.rows
    close, volume = rows.lookback(rows.bars.close), rows.lookback(rows.bars.volume)
    for of_gold, ours in (
        (np.abs(np.diff(np.log(close), axis=1)), np.abs(moves.returns[:, 1:LOOKBACK])),
        (np.log1p(volume), moves.volume[:, :LOOKBACK]),
    ):
        assert lag1(ours) == pytest.approx(lag1(of_gold), abs=0.08)


def test_no_run_of_bars_repeats_one_of_golds(moves: Moves) -> None:
    rows = demo_model().donors.rows
    theirs = unit_runs(np.diff(np.log(rows.lookback(rows.bars.close)), axis=1))
    mine = unit_runs(moves.returns[:, 1:LOOKBACK])
    assert (mine @ theirs.T).max() < 0.99
    assert (theirs[:50] @ theirs.T).max() > 0.999


def unit_runs(returns: FloatArray) -> FloatArray:
    runs = np.lib.stride_tricks.sliding_window_view(returns, RUN - 1, axis=1)[:, ::3]
    runs = runs.reshape(-1, RUN - 1)
    runs = runs - runs.mean(axis=1, keepdims=True)
    result: FloatArray = runs / np.linalg.norm(runs, axis=1, keepdims=True)
    return result


def test_seeds_of_another_kind_give_no_bars() -> None:
    bars, rng = demo_model().donors.bars, np.random.default_rng(2)
    seeds = np.tile([4, 9, 13], (50, 1))
    draws = rng.random((50, draws_needed(N_BARS)))
    first = start_of(seeds)
    alone = Start(seeds, np.arange(3) == np.zeros((50, 1)), first.long, first.place)
    same = start_of(np.tile([4, 4, 4], (50, 1)))
    assert np.array_equal(simulate(bars, alone, draws).body, simulate(bars, same, draws).body)
    assert not np.array_equal(simulate(bars, first, draws).body, simulate(bars, same, draws).body)


def test_of_the_candidates_the_one_that_fits_best_is_taken() -> None:
    rng = np.random.default_rng(0)
    keys = rng.standard_normal((3, 50)).astype(np.float32)
    wanted = rng.standard_normal((3, 20))
    candidates = rng.integers(0, 50, (20, 12))
    taken = _most_alike(keys, candidates, wanted)
    for row, options in enumerate(candidates):
        apart = [float(((keys[:, one] - wanted[:, row]) ** 2).sum()) for one in options]
        assert taken[row] == options[int(np.argmin(apart))]
