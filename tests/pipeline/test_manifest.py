"""The manifest: every number in it can be found again in the run's other files."""

import itertools
import json
import platform
import sqlite3
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import pyarrow.parquet as pq

from tests.support.rows import demo_gold
from tests.support.runs import FinishedRun
from tradegen.data.gold import GoldSource, load_gold
from tradegen.data.ledger import Ledger
from tradegen.pipeline.manifest import describe_gold, is_simulated
from tradegen.settings import Settings, identity


def test_its_counts_are_those_of_the_ledger_and_of_the_files(
    finished_run: FinishedRun, tmp_path: Path
) -> None:
    manifest = finished_run.result.manifest
    ledger = Ledger.read(finished_run.copied_to(tmp_path) / "ledger.sqlite")
    summary = ledger.summary()
    ledger.close()
    assert manifest["attempts"] == summary
    assert manifest["accepted"] == pq.read_metadata(finished_run.path / "rows.parquet").num_rows
    rejected = pq.read_metadata(finished_run.path / "rejected.parquet").num_rows
    assert summary["thrown_away"] == rejected


def test_its_buckets_say_what_was_asked_and_what_gold_had(finished_run: FinishedRun) -> None:
    manifest = finished_run.result.manifest
    buckets = manifest["buckets"]
    assert [bucket["value"] for bucket in buckets] == [k / 10 for k in range(3, 12)]
    assert [bucket["asked"] for bucket in buckets] == [2, 2, 4, 6, 8, 8, 6, 2, 2]
    assert abs(sum(bucket["weight"] for bucket in buckets) - 1) < 1e-9
    assert 0 < sum(bucket["gold_rows"] for bucket in buckets) <= manifest["gold"]["train_rows"]
    for left, right in itertools.pairwise(buckets):
        assert left["high"] == right["low"]


def test_its_buckets_say_how_many_attempts_their_rows_took(
    finished_run: FinishedRun, tmp_path: Path
) -> None:
    """Counted again from the ledger by the volatilities that were asked for."""
    with closing(sqlite3.connect(finished_run.copied_to(tmp_path) / "ledger.sqlite")) as ledger:
        counts = ledger.execute("SELECT target, count(*) FROM attempts GROUP BY target").fetchall()
    manifest = finished_run.result.manifest
    assert {bucket["value"]: bucket["attempts"] for bucket in manifest["buckets"]} == dict(counts)
    for bucket in manifest["buckets"]:
        assert bucket["acceptance"] == bucket["accepted"] / bucket["attempts"]
    assert sum(b["attempts"] for b in manifest["buckets"]) == manifest["attempts"]["attempts"]


def test_its_settings_make_the_same_run_again(finished_run: FinishedRun) -> None:
    stored = finished_run.result.manifest["settings"]
    again = Settings(**json.loads(json.dumps(stored)))
    assert identity(again)["n"] == 40
    assert again.gold.files == (finished_run.gold,)
    assert again.model_dump(mode="json") == stored


def test_its_versions_are_those_that_were_running(finished_run: FinishedRun) -> None:
    versions = finished_run.result.manifest["versions"]
    assert versions["python"] == platform.python_version()
    assert versions["numpy"] == version("numpy")
    assert versions["langgraph"] == version("langgraph")


def test_gold_that_says_it_is_simulated_is_described_so() -> None:
    described = describe_gold(demo_gold())
    assert described["simulated"] is True
    assert described["train_rows"] == len(demo_gold().train)
    assert described["holdout_begins"].endswith("+00:00")


def test_gold_that_is_only_partly_simulated_is_not_called_so(finished_run: FinishedRun) -> None:
    lines = finished_run.gold.read_text(encoding="utf-8").splitlines()
    mixed = finished_run.gold.with_name("mixed.jsonl")
    first = {**json.loads(lines[0]), "source": "broker"}
    mixed.write_text("\n".join([json.dumps(first), *lines[1:]]), encoding="utf-8")
    assert not is_simulated(load_gold(GoldSource(files=(mixed,))))


def test_without_a_holdout_there_is_no_time_when_it_begins() -> None:
    described = describe_gold(load_gold(GoldSource(holdout=0)))
    assert described["holdout_begins"] is None
    assert described["holdout_rows"] == described["purged_rows"] == 0
