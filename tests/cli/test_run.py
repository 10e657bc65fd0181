"""`tradegen run`: what is written, what is said, and that it can be said again."""

import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.support.cli import Command, plain, printed_command, process
from tests.support.runs import FinishedRun, StoppedRun
from tradegen.data.ledger import Ledger

QUICK = ("--workers", "1")


@pytest.fixture
def runs(finished_run: FinishedRun, tmp_path: Path) -> Path:
    """Return a folder with a copy of the finished run `first`."""
    return finished_run.copied_to(tmp_path / "runs").parent


def touched(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir() if path.name != ".lock"}


def test_from_the_shell_a_run_makes_its_rows_and_says_so_in_plain_lines(tmp_path: Path) -> None:
    said = process(tmp_path, "run", "--n", "12", "--name", "first", *QUICK)
    assert (said.code, said.err) == (0, "")
    assert "\x1b" not in said.out
    assert "\r" not in said.out
    assert said.out.startswith("run first: 12 rows, engine embedded, seed 0\n")
    assert "simulated demo trades to learn from" in said.out
    assert "done: 12 of 12 rows accepted" in said.out
    assert f"rows: {Path('runs/first/rows.parquet')}" in said.out
    assert pq.read_metadata(tmp_path / "runs/first/rows.parquet").num_rows == 12
    written = {path.name for path in (tmp_path / "runs/first").iterdir()} - {".lock"}
    assert written == {
        "run.json",
        "ledger.sqlite",
        "rows.parquet",
        "features.parquet",
        "rejected.parquet",
        "report.html",
        "README.md",
    }


def test_json_is_one_object_on_stdout_and_nothing_else(cli: Command, runs: Path) -> None:
    said = cli("run", "--name", "first", "--json")
    assert (said.code, said.err) == (0, "")
    assert said.out.count("\n") == 1
    stored = json.loads((runs / "first/run.json").read_text(encoding="utf-8"))
    assert said.json == {"folder": str(Path("runs/first")), **stored}


def test_run_json_says_what_the_rows_were_made_with(finished_run: FinishedRun) -> None:
    manifest = json.loads((finished_run.path / "run.json").read_text(encoding="utf-8"))
    assert manifest["settings"]["n"] == manifest["asked"] == manifest["accepted"] == 40
    assert manifest["settings"]["seed"] == 0
    assert manifest["settings"]["judge"] == {"false_rejections": 0.4}
    assert set(manifest["versions"]) >= {"tradegen", "python", "langgraph", "numpy", "pyarrow"}
    assert manifest["gold"]["files"] == [str(finished_run.gold)]
    assert re.fullmatch(r"[0-9a-f]{64}", manifest["gold"]["fingerprint"])
    assert manifest["gold"]["train_rows"] + manifest["gold"]["holdout_rows"] > 500
    assert sum(bucket["asked"] for bucket in manifest["buckets"]) == 40
    assert all(bucket["asked"] == bucket["accepted"] for bucket in manifest["buckets"])
    attempts = manifest["attempts"]
    assert attempts["accepted"] + attempts["thrown_away"] == attempts["attempts"]
    assert sum(attempts["thrown_away_by_kind"].values()) == attempts["thrown_away"] > 0
    assert manifest["acceptance"] == 40 / attempts["attempts"]
    assert manifest["seconds"] > 0
    assert manifest["started"] <= manifest["written"]
    assert manifest["started"].endswith("+00:00")


# --- again, and under the same name -----------------------------------------------------------


@pytest.mark.parametrize("resume", [(), ("--resume",)])
def test_a_finished_run_run_again_changes_nothing_and_says_it_is_done(
    cli: Command, runs: Path, resume: tuple[str, ...]
) -> None:
    before = touched(runs / "first")
    said = cli("run", "--name", "first", *resume, "--n", 40)
    assert said.code == 0
    assert "done: 40 of 40 rows accepted" in said.out
    assert touched(runs / "first") == before


def test_quiet_says_nothing(cli: Command, runs: Path) -> None:
    said = cli("run", "--name", "first", "--quiet")
    assert (said.code, said.out, said.err) == (0, "", "")


def test_a_finished_run_is_done_even_where_its_gold_has_gone_unless_the_gold_is_named(
    cli: Command, runs: Path
) -> None:
    file = runs / "first/run.json"
    manifest = json.loads(file.read_text(encoding="utf-8"))
    manifest["settings"]["gold"]["files"] = ["gone.parquet"]
    file.write_text(json.dumps(manifest), encoding="utf-8")
    assert cli("run", "--name", "first").code == 0
    said = cli("run", "--name", "first", "--gold", "gone.parquet")
    assert (said.code, said.err) == (2, "tradegen: gone.parquet: no such file\n")


def test_other_settings_under_an_old_name_are_refused_with_each_difference(
    cli: Command, runs: Path
) -> None:
    before = touched(runs / "first")
    said = cli("run", "--name", "first", "--n", 50, "--seed", 3, "--weights", "gold", *QUICK)
    assert said.code == 2
    assert said.out == ""
    assert "this run was begun with other settings:" in said.err
    assert "  n: 40 then, 50 now" in said.err
    assert "  seed: 0 then, 3 now" in said.err
    assert "  diversity.weights: None then, 'gold' now" in said.err
    assert "engine" not in said.err
    assert "another --name" in said.err
    assert touched(runs / "first") == before


def test_rows_of_one_seed_never_end_up_in_a_run_of_another(
    cli: Command, stopped_run: StoppedRun, tmp_path: Path
) -> None:
    run = stopped_run.copied_to(tmp_path / "runs")
    (run / "run.json").unlink()
    ledger = Ledger.read(run / "ledger.sqlite")
    old = list(ledger.accepted())
    ledger.close()
    assert old
    said = cli("run", "--n", 12, "--name", "stopped", "--seed", 5, "--quiet", *QUICK)
    ledger = Ledger.read(run / "ledger.sqlite")
    mixed = said.code == 0 and list(ledger.accepted())[: len(old)] == old
    ledger.close()
    assert not mixed


def test_a_finished_run_whose_rows_were_deleted_writes_them_again(cli: Command, runs: Path) -> None:
    before = (runs / "first/rows.parquet").read_bytes()
    (runs / "first/rows.parquet").unlink()
    assert cli("run", "--resume", "--name", "first").code == 0
    assert (runs / "first/rows.parquet").read_bytes() == before


def test_the_printed_resume_command_is_not_refused_beside_a_settings_file(
    cli: Command, stopped_run: StoppedRun, tmp_path: Path
) -> None:
    stopped_run.copied_to(tmp_path / "runs")
    (tmp_path / "tradegen.toml").write_text("n = 50\n", encoding="utf-8")
    said = cli(*printed_command(stopped_run.said.out, "go on with:"), *QUICK)
    assert "begun with other settings" not in said.err


def test_a_run_that_was_done_before_says_that_nothing_was_made(cli: Command, runs: Path) -> None:
    said = cli("run", "--name", "first").out
    assert said.startswith("run first was already done at ")
    assert "nothing was made now" in said


def test_a_run_that_goes_on_without_being_asked_to_says_so(
    cli: Command, stopped_run: StoppedRun, tmp_path: Path
) -> None:
    run = stopped_run.copied_to(tmp_path / "runs")
    started = json.loads((run / "run.json").read_text(encoding="utf-8"))["started"]
    note = f"note: this goes on with the run of this name that was begun {started}\n"
    assert note in cli("run", "--name", "stopped", *QUICK).out
    assert note not in cli("run", "--resume", "--name", "stopped", *QUICK).out


# --- what a person sees -----------------------------------------------------------------------


def test_in_a_terminal_progress_is_live_and_the_summary_stays(stopped_run: StoppedRun) -> None:
    shown = stopped_run.said.out
    assert "\x1b[2K" in shown, "nothing was drawn over"
    assert "/12" in plain(shown)
    assert re.search(r"\d+ accepted, \d+ retries, \d+ thrown away", plain(shown))
    assert re.search(r"0\.7 [█▉▊▋▌▍▎▏·]{4}  0\.8 ", plain(shown)), "no buckets were drawn"
    summary = shown[shown.rindex("\x1b[2K") :]
    assert "attempt budget exhausted" in plain(summary)


def test_printed_paths_are_the_paths_as_they_are(
    cli: Command, finished_run: FinishedRun, tmp_path: Path
) -> None:
    run = finished_run.copied_to(tmp_path / "runs[old]")
    said = cli("run", "--name", "first", "--folder", run.parent)
    assert f"rows: {run / 'rows.parquet'}" in said.out


def test_a_run_ends_well_where_stdout_is_not_utf_8(
    cli: Command, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        (runs / "log").open("w", encoding="latin-1") as log,
        monkeypatch.context() as patched,
    ):
        patched.setattr("sys.stdout", log)
        assert cli("run", "--name", "first", "--n", 40).code == 0
