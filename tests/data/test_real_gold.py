"""The real gold: read as it is, without a problem, and split as it should be."""

from functools import cache
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.support.real_gold import CRYPTO, EQUITY, needs_real_gold
from tradegen.data.gold import Gold, GoldSource, load_gold
from tradegen.data.invariants import find_violations
from tradegen.data.rows import Rows
from tradegen.data.volatility import lookback_volatility

pytestmark = needs_real_gold

ROWS = {EQUITY: 2160, CRYPTO: 740}


@cache
def real_gold() -> Gold:
    return load_gold(GoldSource((EQUITY, CRYPTO)))


def test_both_files_load_without_a_bad_row() -> None:
    gold = real_gold()
    assert len(gold.train) + len(gold.holdout) + gold.purged == sum(ROWS.values())
    assert not any("dropped" in note for note in gold.notes)


@pytest.mark.parametrize("path", list(ROWS), ids=lambda path: str(path.stem))
def test_each_file_is_gold_by_itself(path: Path) -> None:
    assert len(load_gold(GoldSource((path,), holdout=0)).train) == ROWS[path]


def test_average_prices_outside_their_bars_are_noted_not_refused() -> None:
    (note,) = real_gold().notes
    assert "average prices (price_source says vwap)" in note
    told = int(note.split()[0])
    declared = sum("vwap" in source for source in pq.read_table(CRYPTO)["price_source"].to_pylist())
    assert 0 < told <= declared


def test_the_latest_fifth_is_holdout_but_for_what_is_purged_at_the_boundary() -> None:
    gold = real_gold()
    assert gold.begins is not None
    total = sum(ROWS.values())
    assert len(gold.holdout) == pytest.approx(0.2 * total, rel=0.05)
    assert gold.purged < 0.2 * total
    assert gold.train.entry_time.max() < gold.holdout.entry_time.min()
    lengths = {"1h": 3_600_000_000, "4h": 4 * 3_600_000_000, "1d": 86_400_000_000}
    train = gold.train
    closes = train.bars.time[train.exit_bar] + [lengths[name] for name in train.interval.tolist()]
    assert closes.max() <= gold.begins <= gold.holdout.window_start.min()


def test_shares_follow_new_york_and_coins_never_rest() -> None:
    gold = real_gold()
    for path, calendar in ((EQUITY, "XNYS"), (CRYPTO, "24/7")):
        symbols = set(pq.read_table(path, columns=["symbol"])["symbol"].to_pylist())
        seen = symbols & set(gold.train.symbol.tolist())
        assert {gold.market.instruments[symbol].calendar for symbol in seen} == {calendar}


def test_volatilities_are_those_of_a_plain_formula_on_the_files() -> None:
    per_year = {"1h": 8760, "4h": 2190, "1d": 365}
    expected = {}
    for path in ROWS:
        for row in pq.read_table(path, columns=["trade_id", "interval", "bars"]).to_pylist():
            returns = np.diff(np.log([bar["close"] for bar in row["bars"][:64]]))
            periods = 252 if path == EQUITY else per_year[row["interval"]]
            expected[row["trade_id"]] = returns.std(ddof=1) * periods**0.5
    train = [expected[trade_id] for trade_id in real_gold().train.trade_id.tolist()]
    np.testing.assert_allclose(real_gold().volatility, train, rtol=1e-9)


def test_every_default_bucket_has_rows_enough_for_seeds() -> None:
    volatility = real_gold().volatility
    for value in np.arange(0.3, 1.15, 0.1):
        assert ((volatility >= value - 0.05) & (volatility < value + 0.05)).sum() >= 3


def test_train_rows_fit_the_market_learned_from_them_and_survive_arrow() -> None:
    gold = real_gold()
    assert find_violations(gold.train, gold.market, averages_allowed=True) == []
    again = Rows.from_arrow(gold.train.to_arrow(gold.extras))
    assert again.bars == gold.train.bars
    assert np.array_equal(
        lookback_volatility(again, gold.market.bars_per_year(again)), gold.volatility
    )
