from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.csv_files import write_wide_csv
from tests.support.rows import (
    demo_gold,
    demo_row,
    demo_rows,
    records,
    write_jsonl,
    write_parquet,
)
from tradegen.data.gold import GoldSource, fingerprint, load_gold, without_holdout
from tradegen.data.invariants import AVERAGE_PRICE_COLUMN, find_violations
from tradegen.data.market import InstrumentOverride
from tradegen.data.row import LOOKBACK
from tradegen.data.rows import Rows
from tradegen.data.split import split_by_time
from tradegen.data.volatility import lookback_volatility
from tradegen.errors import GoldError, InputError


def test_gold_is_its_files_split_by_time() -> None:
    gold, rows = demo_gold(), demo_rows()
    split = split_by_time(rows, 0.2)
    assert gold.train.trade_id.tolist() == rows.trade_id[split.train].tolist()
    assert gold.holdout.trade_id.tolist() == rows.trade_id[split.holdout].tolist()
    assert (gold.purged, gold.begins) == (len(split.purged), split.begins)


def test_train_rows_break_no_invariant_of_the_market_learned_from_them() -> None:
    gold = demo_gold()
    assert find_violations(gold.train, gold.market) == []
    assert set(gold.market.instruments) == set(gold.train.symbol.tolist())
    expected = lookback_volatility(gold.train, gold.market.bars_per_year(gold.train))
    assert np.array_equal(gold.volatility, expected)


def test_several_files_are_one_gold_whatever_their_formats(tmp_path: Path) -> None:
    files = (
        write_jsonl(tmp_path / "a.jsonl", records(10)),
        write_wide_csv(tmp_path / "b.csv", records(10, start=10)),
        write_parquet(tmp_path / "c.parquet", records(10, start=20)),
    )
    gold = load_gold(GoldSource(files, holdout=0))
    assert gold.files == tuple(str(path) for path in files)
    assert [gold.train.row(i) for i in range(30)] == [demo_row(i) for i in range(30)]


def test_without_a_holdout_all_rows_are_train() -> None:
    gold = load_gold(GoldSource(holdout=0))
    assert (len(gold.train), len(gold.holdout), gold.begins) == (len(demo_rows()), 0, None)


def test_an_impossible_holdout_is_an_error() -> None:
    with pytest.raises(InputError, match=r"holdout is 1\.0; expected a share from 0 to below 1"):
        load_gold(GoldSource(holdout=1.0))


def test_a_stated_tick_is_held_against_the_rows() -> None:
    stated = {"SIM1": InstrumentOverride(price_tick=5.0)}
    with pytest.raises(GoldError, match="expected a multiple of the tick 5") as caught:
        load_gold(GoldSource(instruments=stated))
    rows = {problem.row for problem in caught.value.problems}
    assert rows == set((np.flatnonzero(demo_rows().symbol == "SIM1") + 1).tolist())


def test_what_is_stated_reaches_the_market_of_the_train_rows() -> None:
    stated = {"SIM1": InstrumentOverride(price_tick=0.005, lot=0.0)}
    one = load_gold(GoldSource(instruments=stated)).market.instruments["SIM1"]
    assert (one.price_tick, one.lot) == (0.005, 0.0)


def test_a_stated_calendar_is_held_against_the_rows() -> None:
    """The demo markets trade at weekends, New York does not."""
    with pytest.raises(GoldError, match="in calendar XNYS"):
        load_gold(GoldSource(calendar="XNYS"))


def test_an_instrument_stated_only_for_the_holdout_is_no_error(tmp_path: Path) -> None:
    late = {record["trade_id"]: record for record in records(20, start=580)}
    only = [{**record, "symbol": "LATE"} for record in late.values()]
    path = write_jsonl(tmp_path / "x.jsonl", records(100) + only)
    stated = {"LATE": InstrumentOverride(lot=0.0)}
    gold = load_gold(GoldSource((path,), instruments=stated, holdout=0.15))
    assert "LATE" in gold.holdout.symbol
    assert "LATE" not in gold.market.instruments


def test_average_prices_outside_their_bar_are_allowed_and_noted(tmp_path: Path) -> None:
    made = records(4)
    highs = [bar["high"] for bar in made[2]["bars"][LOOKBACK:]]
    made[2]["entry_price"] = max(highs)
    assert max(highs) > highs[0]
    for record in made:
        record[AVERAGE_PRICE_COLUMN] = "fills_vwap"
    gold = load_gold(GoldSource((write_jsonl(tmp_path / "x.jsonl", made),), holdout=0))
    (note,) = gold.notes
    assert note.startswith("1 gold rows have average prices (price_source says vwap)")


# --- the holdout is handed on to nobody who generates -----------------------------------------


def test_what_generation_gets_has_no_holdout_and_all_else() -> None:
    gold = demo_gold()
    given_ = without_holdout(gold)
    assert len(given_.holdout) == len(given_.holdout.bars) == 0
    assert replace(given_, holdout=gold.holdout) == gold


# --- fingerprint ------------------------------------------------------------------------------


@settings(max_examples=20)
@given(st.permutations(range(12)), st.integers(1, 11))
def test_the_fingerprint_is_the_same_for_any_order_and_any_files(
    order: list[int], cut: int
) -> None:
    rows = demo_rows().select(order)
    parts = Rows.concatenate([rows.slice(cut, 12), rows.slice(0, cut)])
    assert fingerprint(parts) == fingerprint(demo_rows().slice(0, 12))


def test_the_fingerprint_is_the_same_for_every_format(tmp_path: Path) -> None:
    paths = (
        write_jsonl(tmp_path / "x.jsonl", records(10)),
        write_wide_csv(tmp_path / "x.csv", records(10), delimiter=";"),
        write_parquet(tmp_path / "x.parquet", records(10)),
    )
    assert len({load_gold(GoldSource((path,))).fingerprint for path in paths}) == 1


@pytest.mark.parametrize("field", ["symbol", "side", "entry_time", "exit_price", "quantity"])
def test_the_fingerprint_changes_with_any_field(field: str) -> None:
    rows = demo_rows().slice(0, 5)
    column = getattr(rows, field).copy()
    column[3] = "other" if column.dtype.kind == "U" else column[3] + 1
    assert fingerprint(replace(rows, **{field: column})) != fingerprint(rows)


def test_the_fingerprint_changes_with_one_bar_one_extra_and_one_row() -> None:
    rows = demo_rows().slice(0, 5)
    volume = rows.bars.volume.copy()
    volume[100] += 1
    setup = rows.extras["setup"].copy()
    setup[2] = "other"
    changed = [
        replace(rows, bars=replace(rows.bars, volume=volume)),
        replace(rows, extras={**rows.extras, "setup": setup}),
        rows.slice(0, 4),
    ]
    assert len({fingerprint(one) for one in [rows, *changed]}) == 4
