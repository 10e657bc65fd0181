import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.engine import SEED, brief, demo_model
from tests.support.made_rows import rows_at, us
from tests.support.market_gold import loaded, trades_on
from tests.support.rows import demo_gold
from tradegen.data.interval import DAY_US
from tradegen.data.row import LOOKBACK, PRICE_FIELDS
from tradegen.data.rows import Rows
from tradegen.engines.embedded.donors import Donors, learn_donors
from tradegen.engines.embedded.generator import EmbeddedGenerator
from tradegen.engines.embedded.selection import (
    FEWEST,
    NO_SELECTION,
    Selection,
    learn_selection,
    traits,
)
from tradegen.fidelity.features import all_features
from tradegen.fidelity.two_sample import tell_by_trees

N = 400


def made(selection: Selection) -> Rows:
    generator = EmbeddedGenerator(demo_model().donors, SEED, selection)
    return Rows.from_models(generator.write([brief(i) for i in range(N)]))


def first_rows(n: int) -> Donors:
    gold = demo_gold()
    return learn_donors(replace(gold, train=gold.train.slice(0, n), volatility=gold.volatility[:n]))


def test_candidates_are_drawn_with_the_odds_they_have() -> None:
    odds = np.log(np.tile([1.0, 2.0, 5.0], (80_000, 1)))
    chosen = NO_SELECTION.choose(odds, np.random.default_rng(0).random(len(odds)))
    shares = np.bincount(chosen) / len(odds)
    assert shares == pytest.approx([0.125, 0.25, 0.625], abs=0.01)


def test_real_rows_are_likelier_to_be_kept_than_simulated_ones() -> None:
    selection = demo_model().selection
    real, simulated = demo_gold().train, made(NO_SELECTION)
    assert selection.log_odds(real).mean() > selection.log_odds(simulated).mean() + 0.2


def test_a_row_chosen_from_a_few_depends_on_its_own_brief_alone() -> None:
    generator = EmbeddedGenerator(demo_model().donors, SEED, demo_model().selection)
    together = generator.write([brief(i) for i in range(30)])
    assert [generator.write([brief(i)])[0] for i in (0, 13, 29)] == [
        together[i] for i in (0, 13, 29)
    ]


def test_rows_kept_are_harder_to_tell_from_gold_than_rows_written() -> None:
    gold = demo_gold().train
    groups = (np.arange(len(gold)), np.arange(N))
    real = all_features(gold).values
    written, kept = (
        tell_by_trees(real, all_features(made(one)).values, groups, 0).auc
        for one in (NO_SELECTION, demo_model().selection)
    )
    assert kept < written


def test_one_candidate_or_a_handful_of_gold_rows_need_no_classifier() -> None:
    assert learn_selection(demo_model().donors, SEED, candidates=1) is NO_SELECTION
    for n, trained in ((FEWEST - 1, False), (FEWEST, True)):
        few = first_rows(n)
        assert (learn_selection(few, SEED, candidates=3) is not NO_SELECTION) == trained


def test_odds_do_not_depend_on_the_batch() -> None:
    rows = demo_gold().train
    whole = demo_model().selection.log_odds(rows)
    assert np.array_equal(demo_model().selection.log_odds(rows.slice(3, 5)), whole[3:5])


def test_traits_are_finite_for_rows_without_moves_or_volume() -> None:
    rows = demo_gold().train.slice(0, 3)
    flat = {name: np.full(len(rows.bars), 50.0) for name in ("open", "high", "low", "close")}
    still = replace(rows, bars=replace(rows.bars, **flat, volume=np.zeros(len(rows.bars))))
    assert np.all(np.isfinite(traits(still)))


@pytest.mark.parametrize("still", ["some windows", "some lookbacks", "every lookback"])
def test_gold_that_does_not_move_teaches_without_a_warning(tmp_path: Path, still: str) -> None:
    times = np.arange(us("2000-01-01"), us("2003-06-01"), DAY_US)
    rows = rows_at(trades_on(times, [3, 8, 15], 9))
    owner = np.repeat(np.arange(len(rows)), rows.n_bars)
    place = np.arange(len(rows.bars)) - rows.offsets[owner]
    flat = (owner % 4 == 0) | (still == "every lookback")
    flat &= (place < LOOKBACK) | (still == "some windows")
    bars = {name: np.where(flat, 100.0, getattr(rows.bars, name)) for name in PRICE_FIELDS}
    rows = replace(
        rows,
        bars=replace(rows.bars, **bars),
        entry_price=np.where(flat[rows.entry_bar], 100.0, rows.entry_price),
        exit_price=np.where(flat[rows.exit_bar], 100.0, rows.exit_price),
    )
    gold = loaded(tmp_path / "gold.parquet", rows)
    assert len(gold.train) >= FEWEST
    assert (gold.volatility == 0).any()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        selection = learn_selection(learn_donors(gold), SEED, candidates=3)
    assert np.all(np.isfinite(selection.log_odds(gold.train)))
