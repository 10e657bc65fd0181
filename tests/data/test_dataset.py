"""The dataset of a run: Parquet files whose columns are the contract's, row for row."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.data.test_ledger import THROWN_AWAY
from tests.support.cli import python
from tests.support.rows import demo_row
from tests.support.runs import ROWS, FinishedRun
from tradegen.data.dataset import read_rows, row_as_json, write_rejected, write_rows
from tradegen.data.ledger import Ledger
from tradegen.data.row import ExtraColumn, Row
from tradegen.data.row_codec import decode_row, encode_row
from tradegen.errors import DamagedError

UTC = pa.timestamp("us", tz="UTC")

CONTRACT = {
    "trade_id": pa.string(),
    "symbol": pa.string(),
    "side": pa.string(),
    "interval": pa.string(),
    "entry_time": UTC,
    "entry_price": pa.float64(),
    "exit_time": UTC,
    "exit_price": pa.float64(),
    "quantity": pa.float64(),
}
OWN = {
    "source": pa.string(),
    "setup": pa.string(),
    "exit_reason": pa.string(),
    "size_class": pa.int64(),
    "conviction": pa.float64(),
    "on_paper": pa.bool_(),
    "remark": pa.string(),
}
BAR = {
    "time": UTC,
    "open": pa.float64(),
    "high": pa.float64(),
    "low": pa.float64(),
    "close": pa.float64(),
    "volume": pa.float64(),
}
EXTRAS = [
    ExtraColumn("source", "category"),
    ExtraColumn("setup", "category"),
    ExtraColumn("exit_reason", "category"),
]


def test_rows_have_exactly_the_columns_of_the_contract_and_the_users_own(
    finished_run: FinishedRun,
) -> None:
    schema = pq.read_schema(finished_run.path / "rows.parquet")
    columns = {field.name: field.type for field in schema}
    bars = columns.pop("bars")
    assert columns == {**CONTRACT, **OWN}
    assert schema.names == [*CONTRACT, *OWN, "bars"]
    assert {field.name: field.type for field in bars.value_type} == BAR
    assert all(not schema.field(name).nullable for name in (*CONTRACT, "bars"))
    assert all(not field.nullable for field in bars.value_type)


def test_every_accepted_row_is_there_once_in_order_of_row_numbers(
    finished_run: FinishedRun, tmp_path: Path
) -> None:
    table = pq.read_table(finished_run.path / "rows.parquet")
    ledger = Ledger.read(finished_run.copied_to(tmp_path) / "ledger.sqlite")
    expected = [decode_row(data).trade_id for data in ledger.accepted()]
    ledger.close()
    assert table["trade_id"].to_pylist() == expected
    assert len(set(expected)) == ROWS


def test_columns_of_the_users_own_hold_values_like_those_of_gold(
    finished_run: FinishedRun,
) -> None:
    table = pq.read_table(finished_run.path / "rows.parquet", columns=list(OWN))
    gold = [json.loads(line) for line in finished_run.gold.read_text("utf-8").splitlines()]
    for name in OWN.keys() - {"conviction"}:
        assert set(table[name].to_pylist()) <= {row[name] for row in gold}
    values = [value for value in table["conviction"].to_pylist() if value is not None]
    assert values
    assert all(0.1 <= value <= 0.7 for value in values)


def test_rows_written_to_a_file_come_back_exactly(tmp_path: Path) -> None:
    rows = [demo_row(k) for k in range(7)]
    count = write_rows(tmp_path / "rows.parquet", map(encode_row, rows), EXTRAS)
    (read,) = read_rows(tmp_path / "rows.parquet")
    assert count == 7
    assert [read.row(k) for k in range(7)] == rows


def test_many_rows_are_written_group_by_group(tmp_path: Path) -> None:
    encoded = encode_row(demo_row())
    count = write_rows(tmp_path / "rows.parquet", (encoded for _ in range(2001)), EXTRAS)
    assert count == 2001
    assert [len(rows) for rows in read_rows(tmp_path / "rows.parquet")] == [1000, 1000, 1]


def test_a_run_without_any_accepted_row_has_an_empty_file_with_all_columns(tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.parquet", iter(()), EXTRAS)
    table = pq.read_table(tmp_path / "rows.parquet")
    assert table.num_rows == 0
    assert table.schema.names == [*CONTRACT, "source", "setup", "exit_reason", "bars"]


def test_an_error_while_rows_are_written_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    write_rows(path, [encode_row(demo_row())], EXTRAS)
    before = path.read_bytes()

    def broken() -> object:
        yield encode_row(demo_row(1))
        raise RuntimeError("the ledger went away")

    with pytest.raises(RuntimeError, match="went away"):
        write_rows(path, broken(), EXTRAS)  # type: ignore[arg-type]
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


# --- what was thrown away ---------------------------------------------------------------------


def test_every_thrown_away_attempt_is_kept_with_its_critique_its_seeds_and_its_row(
    finished_run: FinishedRun,
) -> None:
    rejected = pq.read_table(finished_run.path / "rejected.parquet").to_pylist()
    assert len(rejected) == finished_run.result.manifest["attempts"]["thrown_away"] > 10
    gold_ids = {
        json.loads(line)["trade_id"] for line in finished_run.gold.read_text("utf-8").splitlines()
    }
    for one in rejected:
        assert one["kind"] in one["critique"]
        assert len(set(one["grounding_seeds"])) == 3
        assert set(one["grounding_seeds"]) <= gold_ids
        row = json.loads(one["row"])
        assert Row.from_record(row).symbol == row["symbol"]
        assert set(OWN) <= set(row)
        assert json.loads(one["scores"]) or one["kind"] != "realism"
    keys = [(one["row_number"], one["attempt"]) for one in rejected]
    assert keys == sorted(set(keys))


def test_an_answer_that_could_not_be_read_is_kept_as_it_was(tmp_path: Path) -> None:
    write_rejected(tmp_path / "rejected.parquet", [THROWN_AWAY])
    (one,) = pq.read_table(tmp_path / "rejected.parquet").to_pylist()
    assert one["raw_answer"] == THROWN_AWAY.raw
    assert one["row"] is None
    assert one["critique"] == THROWN_AWAY.critique


def test_a_run_that_threw_nothing_away_has_an_empty_file_with_all_columns(tmp_path: Path) -> None:
    write_rejected(tmp_path / "rejected.parquet", [])
    table = pq.read_table(tmp_path / "rejected.parquet")
    assert table.num_rows == 0
    assert {"critique", "row", "raw_answer"} <= set(table.schema.names)


def test_a_row_as_json_is_flat_and_reads_back_as_the_same_row() -> None:
    row = demo_row()
    record = json.loads(row_as_json(row))
    assert record["setup"] == row.extras["setup"]
    assert Row.from_record(record) == row


def test_numbers_that_json_cannot_write_become_null() -> None:
    row = demo_row()
    bars = replace(row.bars, volume=np.full(len(row.bars), np.inf))
    odd = row.model_copy(update={"bars": bars, "extras": {"score": np.nan}, "exit_price": np.nan})
    record = json.loads(row_as_json(odd), parse_constant=lambda word: pytest.fail(word))
    assert (record["score"], record["exit_price"], record["bars"][0]["volume"]) == (None,) * 3


# --- Hugging Face -----------------------------------------------------------------------------

_LOAD = """\
import json, sys
import datasets

rows = datasets.load_dataset(sys.argv[1], split="train")
first = rows[0]
print(json.dumps({
    "columns": rows.column_names,
    "ids": rows["trade_id"][:],
    "volume": first["bars"][64]["volume"],
    "splits": list(datasets.load_dataset(sys.argv[1])),
}))
"""


def test_hugging_face_datasets_loads_the_run_folder_offline(
    finished_run: FinishedRun, tmp_path: Path
) -> None:
    said = python(
        tmp_path,
        "-c",
        _LOAD,
        finished_run.copied_to(tmp_path / "runs"),
        env={"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "cache")},
    )
    assert said.code == 0, said.err
    loaded = said.json
    table = pq.read_table(finished_run.path / "rows.parquet")
    assert loaded["columns"] == table.column_names
    assert loaded["ids"] == table["trade_id"].to_pylist()
    assert loaded["splits"] == ["train"]
    np.testing.assert_equal(loaded["volume"], table["bars"][0].as_py()[64]["volume"])


# --- damage -----------------------------------------------------------------------------------


@pytest.mark.parametrize("expected", [2, 4])
def test_no_file_is_written_of_other_rows_than_were_counted(tmp_path: Path, expected: int) -> None:
    path = tmp_path / "rows.parquet"
    with pytest.raises(DamagedError, match=f"3 accepted rows are there, and {expected} were"):
        write_rows(path, [encode_row(demo_row())] * 3, EXTRAS, expected=expected)
    assert not list(tmp_path.iterdir())


def _without(name: str) -> bytes:
    data = encode_row(demo_row())
    return data.replace(f'"{name}"'.encode(), b'"' + b"x" * len(name) + b'"', 1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"junk" * 100,
        encode_row(demo_row())[:-4],
        encode_row(demo_row())[:-8],
        _without("symbol"),
        encode_row(demo_row()).replace(b'"entry_price":', b'"entry_price":"x', 1),
    ],
)
def test_bytes_that_are_no_row_are_told_and_not_written(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(DamagedError):
        write_rows(tmp_path / "rows.parquet", [encode_row(demo_row()), data], EXTRAS)
    assert not list(tmp_path.iterdir())


def test_a_row_with_a_value_of_another_type_is_told(tmp_path: Path) -> None:
    row = demo_row().model_copy(update={"entry_price": "x"})
    with pytest.raises(DamagedError, match="values that no row can have"):
        write_rows(tmp_path / "rows.parquet", [encode_row(row)], EXTRAS)
