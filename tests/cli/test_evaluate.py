"""`tradegen evaluate`: its verdict is its exit code, and it says what it cannot work with."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.support.cli import Command
from tests.support.rows import demo_gold, records, write_jsonl
from tests.support.runs import FinishedRun
from tradegen.data.gold import DEMO_GOLD
from tradegen.data.parquet import read_table
from tradegen.data.rows import Rows
from tradegen.verdict import evaluation

DEMO = ("--gold", str(DEMO_GOLD))


@pytest.fixture(autouse=True)
def _little_effort(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two trials a search in place of ten: what is tested here is the way in and out."""
    few = evaluation.Effort(trials=2, rows_learned_from=100, rows_for_runs=100)
    monkeypatch.setattr("tradegen.evaluating.QUICK", few)


def copies(folder: Path) -> Path:
    rows = demo_gold().train
    renamed = replace(rows, trade_id=np.array([f"copy-{k}" for k in range(len(rows))]), extras={})
    pq.write_table(renamed.to_arrow(), folder / "copies.parquet")
    return folder / "copies.parquet"


def test_copies_of_gold_leave_with_10_and_say_why(cli: Command, tmp_path: Path) -> None:
    said = cli("evaluate", copies(tmp_path), *DEMO, "--quick", "--workers", "1")
    assert said.code == 10
    assert said.out.startswith("overfit. The rows tell too much of the gold rows")
    assert "- rows near gold: 1 (" in said.out
    assert "references" in said.err
    found = json.loads((tmp_path / "copies.evaluation" / "evaluation.json").read_text())
    assert (found["verdict"], found["exit_code"]) == ("overfit", 10)


def test_a_run_is_evaluated_against_the_gold_it_was_made_from(
    cli: Command, finished_run: FinishedRun, tmp_path: Path
) -> None:
    run = finished_run.copied_to(tmp_path / "runs")
    said = cli("evaluate", run, "--quick", "--json", "--workers", "1")
    assert said.code in (0, 10, 11, 12)
    assert said.json["exit_code"] == said.code
    assert said.json["rows"]["synthetic"] == finished_run.result.accepted
    assert said.json == json.loads((run / "evaluation.json").read_text())
    assert any("in gold's mix of the volatilities" in note for note in said.json["notes"])
    got = said.json["volatilities"]
    assert sum(one["asked"] for one in got) == pytest.approx(1)
    assert all(one["synthetic"] == pytest.approx(one["asked"], abs=1e-6) for one in got)
    assert said.err == ""


def test_gold_that_has_changed_since_is_refused(
    cli: Command, finished_run: FinishedRun, tmp_path: Path
) -> None:
    run = finished_run.copied_to(tmp_path / "runs")
    other = write_jsonl(tmp_path / "other.jsonl", records(60))
    said = cli("evaluate", run, "--gold", other)
    assert said.code == 2
    assert f"{other}: not the gold that {run} was made from" in said.err
    assert not (run / "evaluation.json").exists()


def test_a_run_is_not_evaluated_on_a_holdout_that_it_has_seen(
    cli: Command, finished_run: FinishedRun, tmp_path: Path
) -> None:
    run = finished_run.copied_to(tmp_path / "runs")
    said = cli("evaluate", run, "--holdout", "0.6")
    assert said.code == 2
    assert "gold.holdout is 0.6, and the run was made with 0.2" in said.err


def test_rows_that_nothing_can_be_computed_of_are_named(cli: Command, tmp_path: Path) -> None:
    rows = replace(demo_gold().train.slice(0, 60), entry_price=np.full(60, np.nan))
    pq.write_table(rows.to_arrow(), tmp_path / "broken.parquet")
    said = cli("evaluate", tmp_path / "broken.parquet", *DEMO)
    assert said.code == 2
    assert "none of 60 rows can be computed with" in said.err
    assert "entry_price" in said.err


def test_without_a_holdout_it_cannot_be_well_fit(cli: Command, tmp_path: Path) -> None:
    said = cli("evaluate", copies(tmp_path), *DEMO, "--holdout", "0", "--json", "--quick")
    unknown = [check["check"] for check in said.json["checks"] if check["value"] is None]
    assert "what is learned holds on real rows" in unknown
    assert any("0 gold rows are held out" in note for note in said.json["notes"])


def test_a_file_needs_gold_beside_it(cli: Command, tmp_path: Path) -> None:
    said = cli("evaluate", copies(tmp_path))
    assert said.code == 2
    assert "say with --gold which real trades" in said.err


def test_what_are_no_rows_is_named(cli: Command, tmp_path: Path) -> None:
    text = tmp_path / "rows.csv"
    text.write_text("trade_id\n1\n")
    said = cli("evaluate", text, *DEMO)
    assert said.code == 2
    assert f"{text}: not rows as tradegen writes them" in said.err
    pq.write_table(demo_gold().train.slice(0, 0).to_arrow(), tmp_path / "empty.parquet")
    said = cli("evaluate", tmp_path / "empty.parquet", *DEMO)
    assert said.code == 2
    assert "expected rows, each with more than 64 bars" in said.err


def test_no_run_of_that_name(cli: Command, tmp_path: Path) -> None:
    said = cli("evaluate", "nothing", "--folder", tmp_path)
    assert said.code == 2
    assert "no run 'nothing'" in said.err


def test_own_columns_that_the_rows_lack_are_not_compared(cli: Command, tmp_path: Path) -> None:
    path = copies(tmp_path)
    assert "setup" not in Rows.from_arrow(read_table(path)).extras
    assert "setup" in demo_gold().train.extras
    assert cli("evaluate", path, *DEMO, "--quick", "-q", "--workers", "1").code == 10


def test_a_run_without_an_accepted_row_is_no_traceback(cli: Command, tmp_path: Path) -> None:
    strict = tmp_path / "strict.toml"
    strict.write_text(
        'n = 2\n[judge]\nfalse_rejections = 0.99\n[run]\nmax_attempts = 1\nname = "none"\n',
        encoding="utf-8",
    )
    assert cli("run", "--config", strict, "--folder", tmp_path).code == 3
    said = cli("evaluate", tmp_path / "none", "--quick")
    assert said.code == 2
    assert "no row is accepted yet" in said.err
    assert "Traceback" not in said.err
