from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from tests.support.real_gold import EQUITY, needs_real_gold
from tests.support.rows import demo_gold, with_prices
from tradegen.data.gold import GoldSource, load_gold
from tradegen.data.row import Row
from tradegen.data.rows import Rows
from tradegen.engines.embedded.features import FEATURES, features
from tradegen.engines.embedded.realism import RealismTest


def rejected_among_unseen(rows: Rows, level: float, repeats: int) -> float:
    """Return the share of rows rejected by tests calibrated on rows of other times."""
    rng = np.random.default_rng(0)
    order = np.argsort(rows.window_start)
    blocks = np.array_split(order, 40)  # rows that share time stay together
    shares = []
    for _ in range(repeats):
        held = rng.choice(40, 12, replace=False)
        unseen = np.concatenate([blocks[k] for k in held])
        known = np.setdiff1d(order, unseen)
        unseen = unseen[~share_bars(rows.select(unseen), rows.select(known))]
        found = RealismTest(rows.select(known))(rows.select(unseen))
        far, near = found.p_value <= 0.75 * level, found.nearness_p_value <= 0.25 * level
        shares.append(float((far | near).mean()))
    return float(np.mean(shares))


def share_bars(rows: Rows, others: Rows) -> npt.NDArray[np.bool_]:
    """Return which rows have bars in common with another row: those are near for a reason."""
    end, other_end = rows.bars.time[rows.exit_bar], others.bars.time[others.exit_bar]
    same = rows.symbol[:, None] == others.symbol
    same &= (rows.window_start[:, None] <= other_end) & (others.window_start <= end[:, None])
    result: npt.NDArray[np.bool_] = same.any(axis=1)
    return result


@pytest.mark.parametrize("level", [0.05, 0.2])
def test_unseen_demo_rows_are_rejected_as_often_as_asked_for(level: float) -> None:
    share = rejected_among_unseen(demo_gold().train, level, repeats=20)
    assert 0.5 * level < share < 1.6 * level


@needs_real_gold
def test_unseen_real_rows_are_rejected_as_often_as_asked_for() -> None:
    rows = load_gold(GoldSource(files=(EQUITY,))).train
    assert 0.025 < rejected_among_unseen(rows, 0.05, repeats=8) < 0.09


def with_times_of(rows: Rows, row: Row) -> Rows:
    """Return the rows as if all had begun with one row's first bar."""
    shift = rows.bars.time[rows.offsets[:-1]] - row.bars.time[0]
    lengths = np.diff(rows.offsets)
    time = rows.bars.time - np.repeat(shift, lengths)
    return replace(rows, bars=replace(rows.bars, time=time))


def noisy_volume(rows: Rows) -> Rows:
    noise = np.exp(6 * np.random.default_rng(0).standard_normal(len(rows.bars)))
    return replace(rows, bars=replace(rows.bars, volume=noise))


def test_rows_that_are_nearly_gold_rows_are_found_with_the_row_they_are_like() -> None:
    gold = demo_gold().train
    noise = np.exp(1e-3 * np.random.default_rng(1).standard_normal(len(gold.bars)))
    twins = replace(gold, bars=replace(gold.bars, volume=gold.bars.volume * noise))
    found = RealismTest(gold)(twins)
    assert (found.nearness_p_value <= 0.0125).mean() > 0.95
    assert (found.nearest == gold.trade_id).mean() > 0.95
    unseen = RealismTest(gold)(demo_gold().holdout)
    assert (unseen.nearness_p_value <= 0.0125).mean() < 0.05


def test_noise_in_place_of_volume_is_found() -> None:
    rows, test = demo_gold().holdout, RealismTest(demo_gold().train)
    assert (test(rows).p_value <= 0.05).mean() < 0.2
    assert (test(noisy_volume(rows)).p_value <= 0.05).mean() > 0.95


def test_the_deviation_points_at_what_was_spoilt() -> None:
    rows = demo_gold().holdout.slice(0, 20)
    deviation = RealismTest(demo_gold().train)(noisy_volume(rows)).deviation
    worst = np.abs(deviation).argmax(axis=1)
    assert {FEATURES[k].field for k in worst.tolist()} == {"bars.volume"}


def test_rows_are_tested_independently_of_each_other() -> None:
    test, rows = RealismTest(demo_gold().train), demo_gold().holdout.slice(0, 30)
    together = test(rows).p_value
    assert [float(test(rows.slice(i, i + 1)).p_value[0]) for i in range(30)] == together.tolist()


def test_a_handful_of_gold_rows_is_enough_to_calibrate() -> None:
    few = demo_gold().train.slice(0, 4)
    p_value = RealismTest(few)(demo_gold().holdout.slice(0, 10)).p_value
    assert np.all((p_value > 0) & (p_value <= 1))


def test_gold_whose_windows_all_overlap_still_rejects_noise() -> None:
    gold, n = demo_gold().train, 40
    row = gold.row(0)
    same = Rows.from_models(
        [gold.row(k).model_copy(update={"symbol": row.symbol}) for k in range(n)]
    )
    same = with_times_of(same, row)
    test = RealismTest(same)
    assert (test(noisy_volume(same)).p_value <= 0.05).mean() > 0.95


def test_features_are_finite_even_where_nothing_moves_or_trades() -> None:
    rows = demo_gold().train.slice(0, 2)
    n = len(rows.bars)
    still = with_prices(rows.bars, lambda _: np.full(n, 5.0))
    flat = replace(
        rows,
        bars=replace(still, volume=np.zeros(n)),
        entry_price=np.full(2, 5.0),
        exit_price=np.full(2, 5.0),
    )
    values = features(flat)
    assert values.shape == (2, len(FEATURES))
    assert np.all(np.isfinite(values))


def test_features_do_not_know_the_price_level_or_the_volatility() -> None:
    rows = demo_gold().train.slice(0, 40)
    scaled = replace(
        rows,
        bars=with_prices(rows.bars, lambda price: 2.0 * price**1.3),
        entry_price=2.0 * rows.entry_price**1.3,
        exit_price=2.0 * rows.exit_price**1.3,
    )
    kept = [
        k
        for k, f in enumerate(FEATURES)
        if "place" not in f.name and "range" not in f.name and "size" not in f.name
    ]
    assert features(scaled)[:, kept] == pytest.approx(features(rows)[:, kept], abs=1e-6)
