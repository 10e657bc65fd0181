"""`tradegen report`: one page for a run, written by `run` and `evaluate` too."""

import json
import os
from pathlib import Path

import pytest

from tests.support.cli import Command, python
from tests.support.rows import records, write_jsonl
from tests.support.runs import FinishedRun
from tradegen.verdict import evaluation

_START = b"<!doctype html>"


def is_page(path: Path) -> bool:
    return path.read_bytes().lstrip().startswith(_START)


def test_a_run_writes_its_report_at_its_end(finished_run: FinishedRun) -> None:
    assert is_page(finished_run.path / "report.html")


def test_the_command_writes_the_same_page_again(
    cli: Command, finished_run: FinishedRun, tmp_path: Path
) -> None:
    run = finished_run.copied_to(tmp_path / "runs")
    before = (run / "report.html").read_bytes()
    (run / "report.html").unlink()
    said = cli("report", "first")
    assert said.code == 0
    assert said.out.startswith(f"wrote {Path('runs/first/report.html')} (")
    assert (run / "report.html").read_bytes() == before
    assert cli("report").code == 0  # without a name: the latest
    elsewhere = tmp_path / "sub" / "page.html"
    assert cli("report", run, "--out", elsewhere).code == 0
    assert elsewhere.read_bytes() == before


def test_a_run_without_a_report_has_none(cli: Command, tmp_path: Path) -> None:
    said = cli("run", "--n", "2", "--name", "bare", "--no-report", "--workers", "1")
    assert said.code == 0
    assert "report.html" not in said.out
    assert not (tmp_path / "runs/bare/report.html").exists()


def test_a_finished_run_tells_where_its_report_is(cli: Command, finished_run: FinishedRun) -> None:
    said = cli("show", finished_run.path)
    assert f"report, for a browser: {finished_run.path / 'report.html'}" in said.out


def test_an_evaluation_writes_it_anew_with_the_verdict(
    cli: Command, finished_run: FinishedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = evaluation.Effort(trials=0, rows_learned_from=100, rows_for_runs=100)
    monkeypatch.setattr("tradegen.evaluating.QUICK", few)
    run = finished_run.copied_to(tmp_path / "runs")
    said = cli("evaluate", run, "--quick", "--workers", "1")
    assert f"report, for a browser: {run / 'report.html'}" in said.out
    page = (run / "report.html").read_text(encoding="utf-8")
    assert json.loads((run / "evaluation.json").read_text())["next"].split(".")[0] in page
    assert "Not evaluated yet" not in page
    other = tmp_path / "other"
    assert cli("evaluate", run, "--quick", "-q", "--workers", "1", "--out", other).code == said.code
    assert is_page(other / "report.html")
    (run / "report.html").unlink()
    cli("evaluate", run, "--quick", "-q", "--workers", "1", "--no-report")
    assert not (run / "report.html").exists()


def test_gold_that_lies_elsewhere_now_is_found_by_its_flag(
    cli: Command, finished_run: FinishedRun, tmp_path: Path
) -> None:
    run = finished_run.copied_to(tmp_path / "runs")
    moved = tmp_path / "moved.jsonl"
    moved.write_bytes(finished_run.gold.read_bytes())
    assert cli("report", run, "--gold", moved).code == 0
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "Gold cannot be shown" not in page


def test_gold_named_that_is_not_the_run_s_is_refused(
    cli: Command, finished_run: FinishedRun, tmp_path: Path
) -> None:
    run = finished_run.copied_to(tmp_path / "runs")
    before = (run / "report.html").read_bytes()
    other = write_jsonl(tmp_path / "other.jsonl", records(60))
    said = cli("report", run, "--gold", other)
    assert said.code == 2
    assert f"{other}: not the gold that {run} was made from" in said.err
    assert (run / "report.html").read_bytes() == before


def test_no_file_of_the_run_is_written_over(
    cli: Command, finished_run: FinishedRun, tmp_path: Path
) -> None:
    run = finished_run.copied_to(tmp_path / "runs")
    before = (run / "run.json").read_bytes()
    said = cli("report", run, "--out", run / "run.json")
    assert said.code == 2
    assert "one of the run's own files" in said.err
    assert (run / "run.json").read_bytes() == before
    said = cli("report", run, "--out", tmp_path)
    assert said.code == 2


def test_no_run_of_that_name(cli: Command, tmp_path: Path) -> None:
    said = cli("report", "nothing", "--folder", tmp_path)
    assert (said.code, "no run 'nothing'" in said.err) == (2, True)
    said = cli("report", "--folder", tmp_path)
    assert (said.code, "no run here yet" in said.err) == (2, True)


def test_a_link_is_written_through_and_stays(
    cli: Command, finished_run: FinishedRun, tmp_path: Path
) -> None:
    run = finished_run.copied_to(tmp_path / "runs")
    (tmp_path / "page.html").write_text("old")
    (tmp_path / "link.html").symlink_to("page.html")
    assert cli("report", run, "--out", tmp_path / "link.html").code == 0
    assert (tmp_path / "link.html").is_symlink()
    assert is_page(tmp_path / "page.html")


_FULL_DISK = """\
import sys
from tradegen.report import write

def full(path, text):
    from tradegen.errors import StorageError
    raise StorageError(f"{path}: cannot be written (No space left on device)")

write.write_text = full
sys.argv = ["tradegen", "run", "--n", "2", "--name", "full", "--workers", "1", *sys.argv[1:]]
from tradegen.cli.main import main
main()
"""


def test_a_report_that_cannot_be_written_does_not_spoil_the_run(tmp_path: Path) -> None:
    said = python(tmp_path, "-c", _FULL_DISK, "--json")
    assert said.code == 0
    assert said.json["status"] == "done"
    assert "report.html was not written" in said.err
    assert "No space left on device" in said.err
    assert (tmp_path / "runs/full/rows.parquet").is_file()
    assert not (tmp_path / "runs/full/report.html").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(
    cli: Command, finished_run: FinishedRun, tmp_path: Path
) -> None:
    run = finished_run.copied_to(tmp_path / "runs")
    (run / "report.html").unlink()
    run.chmod(0o500)
    said = cli("report", run)
    run.chmod(0o700)
    assert said.code == 5
    assert "report.html: cannot be written" in said.err
