from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.csv_files import without_bars, write_bars_csv, write_csv, write_wide_csv
from tests.support.rows import Record, demo_row, demo_rows, records, write_jsonl, write_parquet
from tradegen.data.bars_files import read_bars
from tradegen.data.gold import GoldSource, load_gold
from tradegen.data.gold_files import GoldFile, read_gold_file, read_gold_files, tidy_extras
from tradegen.data.row import ExtraColumn
from tradegen.data.rows import Rows
from tradegen.errors import GoldError

N = 8


def wide_csv(folder: Path) -> GoldFile:
    return read_gold_file(write_wide_csv(folder / "x.csv", records(N)), None, None)


def tsv(folder: Path) -> GoldFile:
    return read_gold_file(write_csv(folder / "x.tsv", records(N), delimiter="\t"), None, None)


def json_lines(folder: Path) -> GoldFile:
    return read_gold_file(write_jsonl(folder / "x.ndjson", records(N)), None, None)


def parquet(folder: Path) -> GoldFile:
    return read_gold_file(write_parquet(folder / "x.PARQUET", records(N)), None, None)


def csv_and_bars_by_symbol(folder: Path) -> GoldFile:
    bars = read_bars([write_bars_csv(folder / "bars.csv", records(N))], None)
    return read_gold_file(write_csv(folder / "x.csv", without_bars(records(N))), bars, None)


def jsonl_and_bars_by_trade(folder: Path) -> GoldFile:
    bars = read_bars([write_bars_csv(folder / "bars.csv", records(N), key="trade_id")], None)
    return read_gold_file(write_jsonl(folder / "x.jsonl", without_bars(records(N))), bars, None)


def parquet_and_bars(folder: Path) -> GoldFile:
    bars = read_bars([write_bars_csv(folder / "bars.csv", records(N))], None)
    path = write_parquet(folder / "x.pq", without_bars(records(N)))
    return read_gold_file(path, bars, None)


@pytest.mark.parametrize(
    "read",
    [
        wide_csv,
        tsv,
        json_lines,
        parquet,
        csv_and_bars_by_symbol,
        jsonl_and_bars_by_trade,
        parquet_and_bars,
    ],
)
def test_the_same_rows_are_read_from_every_format(
    tmp_path: Path, read: Callable[[Path], GoldFile]
) -> None:
    found = read(tmp_path)
    assert found.problems == []
    assert found.numbers == list(range(1, N + 1))
    assert [found.rows.row(i) for i in range(N)] == [demo_row(i) for i in range(N)]


def test_bars_of_the_rows_themselves_are_taken_before_those_of_the_bars_file(
    tmp_path: Path,
) -> None:
    other = [{**r, "bars": [{**bar, "volume": 1.0} for bar in r["bars"]]} for r in records(N)]
    bars = read_bars([write_bars_csv(tmp_path / "bars.csv", other)], None)
    for path in (
        write_jsonl(tmp_path / "x.jsonl", records(N)),
        write_parquet(tmp_path / "x.parquet", records(N)),
    ):
        assert read_gold_file(path, bars, None).rows.row(0) == demo_row(0)


# --- Parquet as other tools write it ----------------------------------------------------------


def changed_parquet(folder: Path, **columns: Callable[[Any], Any]) -> Rows:
    """Return the rows of a Parquet file some of whose columns were changed."""
    table = pq.read_table(write_parquet(folder / "x.parquet", records(N)))
    for name, change in columns.items():
        table = table.set_column(table.column_names.index(name), name, change(table[name]))
    pq.write_table(table, folder / "x.parquet", row_group_size=3)
    found = read_gold_file(folder / "x.parquet", None, None)
    assert found.problems == []
    return found.rows


def decimals(column: Any) -> pa.Array:
    return pa.array([Decimal(str(value)) for value in column.to_pylist()])


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("symbol", lambda column: column.dictionary_encode()),
        ("symbol", lambda column: column.cast(pa.large_string())),
        ("side", lambda column: column.dictionary_encode()),
        ("entry_price", decimals),
        ("entry_time", lambda column: column.cast(pa.timestamp("us", tz="Asia/Tokyo"))),
        ("entry_time", lambda column: column.cast(pa.timestamp("ns", tz="UTC"))),
        ("bars", lambda column: column.cast(pa.large_list(column.type.value_type))),
        ("setup", lambda column: column.dictionary_encode()),
    ],
    ids=[
        "dictionary",
        "large text",
        "dictionary of sides",
        "decimals",
        "another zone",
        "nanoseconds",
        "large lists",
        "dictionary of the user's own",
    ],
)
def test_types_that_mean_the_same_are_read(
    tmp_path: Path, name: str, change: Callable[[Any], Any]
) -> None:
    rows = changed_parquet(tmp_path, **{name: change})
    assert [rows.row(i) for i in range(N)] == [demo_row(i) for i in range(N)]


def test_whole_and_single_precision_numbers_are_numbers(tmp_path: Path) -> None:
    rows = changed_parquet(
        tmp_path,
        quantity=lambda column: pa.array(range(1, N + 1), pa.int32()),
        entry_price=lambda column: column.cast(pa.float32()),
    )
    assert rows.quantity.tolist() == list(range(1, N + 1))
    np.testing.assert_allclose(rows.entry_price, demo_rows().entry_price[:N], rtol=1e-7)


def test_columns_may_come_in_any_order(tmp_path: Path) -> None:
    table = pq.read_table(write_parquet(tmp_path / "x.parquet", records(N)))
    pq.write_table(table.select(table.column_names[::-1]), tmp_path / "x.parquet")
    rows = read_gold_file(tmp_path / "x.parquet", None, None).rows
    assert [rows.row(i) for i in range(N)] == [demo_row(i) for i in range(N)]


def test_nulls_are_told_by_row_and_the_other_rows_are_kept(tmp_path: Path) -> None:
    made = records(N)
    made[1]["exit_price"] = None
    made[4]["bars"] = None
    made[6]["bars"][68]["close"] = None
    found = read_gold_file(write_parquet(tmp_path / "x.parquet", made), None, None)
    assert [(p.row, p.field, p.value) for p in found.problems] == [
        (2, "exit_price", "missing"),
        (5, "bars", "missing"),
        (7, "bars[68].close", "missing"),
    ]
    assert found.numbers == [1, 3, 4, 6, 8]
    assert [found.rows.row(k) for k in range(5)] == [demo_row(i) for i in (0, 2, 3, 5, 7)]


# --- the user's own columns -------------------------------------------------------------------

OWN: dict[str, list[Any]] = {
    "desk": ["A", "B", None, "A"] * 2,
    "score": [0.5, None, 2.0, -1.0] * 2,
    "grade": [3, 1, None, 2] * 2,
    "auto": [True, None, False, True] * 2,
    "unused": [None] * 8,
}
WRITERS: dict[str, Callable[[Path, Sequence[Record]], Path]] = {
    "jsonl": write_jsonl,
    "parquet": write_parquet,
    "csv": write_wide_csv,
}
KINDS = {
    "desk": "category",
    "score": "number",
    "grade": "integer",
    "auto": "boolean",
}


@pytest.mark.parametrize("kind", WRITERS)
def test_the_users_own_columns_are_carried_with_their_types_and_gaps(
    tmp_path: Path, kind: str
) -> None:
    made = [
        {**record, **{name: values[k] for name, values in OWN.items()}}
        for k, record in enumerate(records(N))
    ]
    rows = read_gold_file(WRITERS[kind](tmp_path / f"x.{kind}", made), None, None).rows
    tidy, columns = tidy_extras(rows)
    own = {name: values for name, values in OWN.items() if name != "unused"}
    for name, values in own.items():
        assert tidy.extras[name].tolist() == values, name
        assert [type(v) for v in tidy.extras[name]] == [type(v) for v in values], name
    assert {column.name: column.kind for column in columns} == {
        **dict.fromkeys(("source", "setup", "exit_reason"), "category"),
        **{name: KINDS[name] for name in own},
    }
    assert Rows.from_arrow(tidy.to_arrow(columns)).extras["desk"].tolist() == OWN["desk"]


def with_own(start: int, values: Sequence[Any]) -> list[Record]:
    made = records(len(values), start=start)
    return [{**record, "own": value} for record, value in zip(made, values, strict=True)]


def test_a_column_that_is_text_in_one_file_stays_as_written_in_all_of_them(tmp_path: Path) -> None:
    numbers = write_wide_csv(tmp_path / "a.csv", with_own(0, ["1.10", "2"]))
    words = write_jsonl(tmp_path / "b.jsonl", with_own(2, ["x", True]))
    files = read_gold_files([numbers, words], [], None)
    tidy, _ = tidy_extras(Rows.concatenate([file.rows for file in files]))
    assert tidy.extras["own"].tolist() == ["1.10", "2", "x", "true"]


def test_a_column_of_numbers_in_every_file_is_one_of_numbers(tmp_path: Path) -> None:
    one = write_wide_csv(tmp_path / "a.csv", with_own(0, ["1.10", ""]))
    other = write_wide_csv(tmp_path / "b.csv", with_own(2, ["3"]))
    files = read_gold_files([one, other], [], None)
    tidy, columns = tidy_extras(Rows.concatenate([file.rows for file in files]))
    assert ExtraColumn("own", "number") in columns
    assert tidy.extras["own"].tolist() == [1.1, None, 3.0]


@pytest.mark.parametrize(
    "written", [["1.10", "x"], ["true", "1"], ["TRUE", "maybe"], ["1e3", "007"], ["5", "+5"]]
)
def test_a_column_of_text_keeps_the_text_as_it_was_written(
    tmp_path: Path, written: list[str]
) -> None:
    path = write_wide_csv(tmp_path / "a.csv", with_own(0, written))
    tidy, _ = tidy_extras(read_gold_file(path, None, None).rows)
    assert tidy.extras["own"].tolist() == written
    assert {type(value) for value in tidy.extras["own"]} == {str}


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_a_number_that_pandas_wrote_as_missing_is_missing(tmp_path: Path, kind: str) -> None:
    scores = [0.5, float("nan")] * (N // 2)
    made = [{**record, "score": score} for record, score in zip(records(N), scores, strict=False)]
    rows = read_gold_file(WRITERS[kind](tmp_path / f"x.{kind}", made), None, None).rows
    assert rows.extras["score"].tolist() == [0.5, None] * (N // 2)


def test_an_infinite_number_of_the_users_own_is_named(tmp_path: Path) -> None:
    made = [
        {**record, "score": float("inf") if k == 2 else 1.0} for k, record in enumerate(records(N))
    ]
    path = write_parquet(tmp_path / "x.parquet", made)
    with pytest.raises(GoldError, match="row 3: score is inf; expected a finite number"):
        load_gold(GoldSource(files=(path,)))


def test_dates_of_the_user_are_carried_as_text(tmp_path: Path) -> None:
    days = [datetime(2024, 1, day, tzinfo=UTC) for day in range(1, N + 1)]
    rows = changed_parquet(tmp_path, setup=lambda column: pa.array(days, pa.timestamp("us", "UTC")))
    assert [str(value)[:10] for value in rows.extras["setup"]] == [
        f"2024-01-{day:02d}" for day in range(1, N + 1)
    ]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([True, False], "boolean"),
        ([1, 2], "integer"),
        ([1, 2.5], "number"),
        ([0.5], "number"),
        (["a", "b", None], "category"),
        ([f"note {k}" for k in range(20)], "category"),
        ([f"note {k}" for k in range(21)], "text"),
        ([f"note {k // 2}" for k in range(100)], "category"),
        ([f"note {k}" for k in range(60)] + ["same"] * 40, "text"),
    ],
)
def test_the_kind_of_a_column_is_told_from_its_values(values: list[Any], kind: str) -> None:
    model = demo_row()
    rows = Rows.from_models([model.model_copy(update={"extras": {"own": v}}) for v in values])
    assert tidy_extras(rows)[1] == (ExtraColumn("own", kind),)  # type: ignore[arg-type]


def test_a_column_without_a_value_is_left_out() -> None:
    rows = Rows.from_models([demo_row().model_copy(update={"extras": {"own": None}})] * 2)
    assert tidy_extras(rows)[1] == ()
    assert tidy_extras(rows)[0].extras == {}


def test_a_list_of_fills_is_told_from_round_trips_without_misleading_hints() -> None:
    fills = Path(__file__).parents[2] / "docs/examples/fills.csv"
    with pytest.raises(GoldError) as refused:
        read_gold_file(fills, None, None)
    assert "make gold of them first: tradegen import" in str(refused.value)
    assert "is it" not in str(refused.value)
