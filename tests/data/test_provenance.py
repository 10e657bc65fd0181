"""Provenance: what tradegen has made is never taken for real trades without a word."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.support.rows import records, write_jsonl
from tests.support.runs import FinishedRun
from tradegen.data.dataset import read_rows, row_as_json
from tradegen.data.gold import GoldSource, load_gold
from tradegen.version import __version__


def told(path: Path) -> list[str]:
    notes = load_gold(GoldSource((path,), holdout=0)).notes
    return [note for note in notes if "synthetic trades, not real ones" in note]


def test_the_rows_of_a_run_say_that_they_are_synthetic(finished_run: FinishedRun) -> None:
    metadata = pq.read_schema(finished_run.path / "rows.parquet").metadata
    assert json.loads(metadata[b"tradegen"]) == {"synthetic": True, "version": __version__}


def test_the_rows_of_a_run_given_as_gold_are_called_synthetic(finished_run: FinishedRun) -> None:
    path = finished_run.path / "rows.parquet"
    assert told(path) == [f"{path} was made by tradegen: these are synthetic trades, not real ones"]


def test_the_mark_alone_is_enough(finished_run: FinishedRun, tmp_path: Path) -> None:
    table = pq.read_table(finished_run.path / "rows.parquet")
    ids = [f"mine-{k}" for k in range(table.num_rows)]
    field = table.schema.field("trade_id")
    pq.write_table(table.set_column(0, field, [ids]), tmp_path / "renamed.parquet")
    assert told(tmp_path / "renamed.parquet")


def test_ids_tell_where_a_format_carries_no_mark(finished_run: FinishedRun, tmp_path: Path) -> None:
    (rows,) = read_rows(finished_run.path / "rows.parquet")
    made = [json.loads(row_as_json(rows.row(i))) for i in range(len(rows))]
    assert told(write_jsonl(tmp_path / "exported.jsonl", made))


@pytest.mark.parametrize("prefix", ["syn-", "synthetic ", ""])
def test_other_ids_are_left_alone(tmp_path: Path, prefix: str) -> None:
    mine = [{**record, "trade_id": f"{prefix}{k}a"} for k, record in enumerate(records(20))]
    assert told(write_jsonl(tmp_path / "mine.jsonl", mine)) == []
