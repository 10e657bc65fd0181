import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.compare import assert_same_row, assert_same_rows
from tests.support.made_rows import any_rows, row_at, us
from tests.support.rows import demo_rows
from tradegen.data.gold import DEMO_GOLD
from tradegen.data.gold_files import tidy_extras
from tradegen.data.interval import DAY_US
from tradegen.data.parquet import read_table
from tradegen.data.row import LOOKBACK, Row
from tradegen.data.rows import Rows


@given(any_rows())
def test_models_survive_arrays_exactly(rows: list[Row]) -> None:
    columns = Rows.from_models(rows)
    assert len(columns) == len(rows)
    for i, row in enumerate(rows):
        assert_same_row(columns.row(i), row)


@given(any_rows(min_size=0))
def test_rows_survive_arrow_exactly(models: list[Row]) -> None:
    rows, extras = tidy_extras(Rows.from_models(models))
    assert_same_rows(Rows.from_arrow(rows.to_arrow(extras)), rows)


@settings(max_examples=30)
@given(any_rows())
def test_rows_survive_a_parquet_file_exactly(models: list[Row]) -> None:
    rows, extras = tidy_extras(Rows.from_models(models))
    file = io.BytesIO()
    pq.write_table(rows.to_arrow(extras), file)
    file.seek(0)
    assert_same_rows(Rows.from_arrow(pq.read_table(file)), rows)


def test_the_demo_gold_survives_arrow_exactly() -> None:
    rows = demo_rows()
    assert rows.to_arrow(tidy_extras(rows)[1]).equals(read_table(DEMO_GOLD))


@given(any_rows(max_size=5), st.data())
def test_slices_and_selections_are_those_of_a_list(models: list[Row], data: st.DataObject) -> None:
    rows = Rows.from_models(models)
    start = data.draw(st.integers(0, len(models)))
    stop = data.draw(st.integers(start, len(models)))
    assert_same_rows(rows.slice(start, stop), rows.select(np.arange(start, stop)))
    index = data.draw(st.lists(st.integers(0, len(models) - 1), max_size=6))
    picked = rows.select(np.array(index, dtype=np.int64))
    assert len(picked) == len(index)
    for k, i in enumerate(index):
        assert_same_row(picked.row(k), models[i])
    mask = np.array([data.draw(st.booleans()) for _ in models])
    kept = [model for model, keep in zip(models, mask, strict=True) if keep]
    assert rows.select(mask).trade_id.tolist() == [row.trade_id for row in kept]


@given(any_rows(), any_rows())
def test_joined_rows_follow_each_other_and_lack_what_their_part_lacked(
    left: list[Row], right: list[Row]
) -> None:
    joined = Rows.concatenate([Rows.from_models(left), Rows.from_models(right)])
    names = {*left[0].extras, *right[0].extras}
    assert set(joined.extras) == names
    for i, row in enumerate([*left, *right]):
        completed = {name: row.extras.get(name) for name in joined.extras}
        assert_same_row(joined.row(i), row.model_copy(update={"extras": completed}))


def test_a_part_of_an_arrow_table_gives_just_its_rows() -> None:
    table = read_table(DEMO_GOLD)
    assert_same_rows(Rows.from_arrow(table.slice(17, 30)), demo_rows().slice(17, 47))
    chunked = pa.concat_tables([table.slice(0, 5), table.slice(5, 20)])
    assert_same_rows(Rows.from_arrow(chunked), demo_rows().slice(0, 25))


def test_the_lookback_ends_before_the_entry_bar_and_the_exit_bar_is_the_last() -> None:
    days = us("2024-01-01") + DAY_US * np.arange(LOOKBACK + 9)
    models = [row_at(days[: LOOKBACK + k], seed=k, trade_id=str(k)) for k in (1, 4, 9)]
    rows = Rows.from_models(models)
    closes = rows.lookback(rows.bars.close)
    assert closes.shape == (3, LOOKBACK)
    for i, model in enumerate(models):
        assert closes[i].tolist() == model.bars.close[:LOOKBACK].tolist()
        assert rows.bars.close[rows.entry_bar[i]] == model.bars.close[LOOKBACK]
        assert rows.bars.close[rows.exit_bar[i]] == model.bars.close[-1]
        assert rows.bars_of(i) == model.bars
    assert rows.window_start.tolist() == [days[0]] * 3
    assert rows.n_bars.tolist() == [LOOKBACK + 1, LOOKBACK + 4, LOOKBACK + 9]


def test_nothing_survives_as_nothing(tmp_path: Path) -> None:
    nothing = Rows.from_models([])
    assert len(nothing) == 0
    assert_same_rows(nothing.slice(0, 0), nothing)
    assert_same_rows(nothing.select(np.arange(0)), nothing)
    pq.write_table(nothing.to_arrow(), tmp_path / "none.parquet")
    assert_same_rows(Rows.from_arrow(read_table(tmp_path / "none.parquet")), nothing)


def test_selecting_an_empty_list_gives_no_rows() -> None:
    assert len(demo_rows().select([])) == 0
