"""`tradegen show`: what came of a run, and why rows were thrown away."""

import json
import re
import sqlite3
from pathlib import Path

import pytest

from tests.data.test_run_folder import held_by_another_process
from tests.support.cli import Command, printed_command
from tests.support.runs import FinishedRun
from tradegen.cli.console import counted
from tradegen.data.ledger import Ledger


@pytest.fixture
def run(finished_run: FinishedRun, tmp_path: Path) -> Path:
    return finished_run.copied_to(tmp_path / "runs")


def test_counts_buckets_and_reasons_are_shown(
    cli: Command, run: Path, finished_run: FinishedRun
) -> None:
    said = cli("show", "first")
    assert said.code == 0
    assert "\x1b" not in said.out
    assert "done: 40 of 40 rows accepted" in said.out
    manifest = finished_run.result.manifest
    for bucket in manifest["buckets"]:
        line = rf"{bucket['bucket']} .* {bucket['gold_rows']} +{bucket['asked']} +"
        assert re.search(rf"{line}{bucket['accepted']}\b", said.out)
    thrown_away = manifest["attempts"]["thrown_away"]
    kinds = manifest["attempts"]["thrown_away_by_kind"]
    reasons = ", ".join(f"{kind}: {count}" for kind, count in kinds.items())
    assert f"{thrown_away} attempts thrown away ({reasons})" in said.out
    assert kinds["realism"] > 3
    examples = said.out.split(f"realism: {kinds['realism']} thrown away, e.g.\n")[1]
    assert len(re.findall(r"^  row \d+: realism: ", examples, re.MULTILINE)) == 3


def test_a_run_is_shown_by_its_path_too(cli: Command, run: Path) -> None:
    assert cli("show", run).out == cli("show", "first", "--folder", run.parent).out


def test_the_folder_of_runs_may_come_from_the_settings_file(
    cli: Command, finished_run: FinishedRun, tmp_path: Path
) -> None:
    finished_run.copied_to(tmp_path / "elsewhere")
    (tmp_path / "tradegen.toml").write_text("[run]\nfolder = 'elsewhere'\n", encoding="utf-8")
    assert cli("show", "first").code == 0


def test_json_is_the_manifest_and_where_it_lies(cli: Command, run: Path) -> None:
    manifest = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert cli("show", "first", "--json").json == {"folder": str(Path("runs/first")), **manifest}


def test_all_attempts_at_a_row_are_shown_with_their_critiques(cli: Command, run: Path) -> None:
    ledger = Ledger.read(run / "ledger.sqlite")
    failed = next(ledger.thrown_away())
    expected = ledger.attempts_at(failed.row_number)
    ledger.close()
    said = cli("show", "first", "--row", failed.row_number)
    assert said.code == 0
    for attempt in expected:
        assert f"row {attempt.row_number}, attempt {attempt.attempt}: {attempt.outcome}" in said.out
        assert ", ".join(attempt.seeds) in said.out
    assert failed.critique.splitlines()[0] in said.out

    told = cli("show", "first", "--row", failed.row_number, "--json").json
    assert [one["critique"] for one in told] == [attempt.critique for attempt in expected]
    assert [one["seeds"] for one in told] == [list(attempt.seeds) for attempt in expected]
    assert [one["scores"] for one in told] == [attempt.scores for attempt in expected]
    assert told[-1]["outcome"] == "accepted"


@pytest.mark.parametrize(
    ("row", "says"), [(40, "no attempt was made at row 40"), (-1, "greater than or equal to 0")]
)
def test_a_row_that_nobody_worked_on_is_an_error(
    cli: Command, run: Path, row: int, says: str
) -> None:
    said = cli("show", "first", "--row", row)
    assert said.code == 2
    assert says in said.err


def test_an_unknown_run_is_told_with_those_there_are(cli: Command, run: Path) -> None:
    said = cli("show", "frist")
    assert said.code == 2
    assert said.err == "tradegen: no run 'frist' in runs; there is: first\n"


def test_a_run_whose_ledger_is_missing_is_told(cli: Command, run: Path) -> None:
    (run / "ledger.sqlite").unlink()
    said = cli("show", "first", "--row", 0)
    assert said.code == 2
    assert f"{Path('runs/first/ledger.sqlite')}: no ledger here" in said.err


@pytest.mark.parametrize("flags", [(), ("--row", "0")])
def test_the_ledger_is_opened_once(
    cli: Command, run: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...]
) -> None:
    opened: list[object] = []
    connect = sqlite3.connect

    def counted(place: str, isolation_level: None, *, uri: bool) -> sqlite3.Connection:
        opened.append(place)
        return connect(place, isolation_level=isolation_level, uri=uri)

    monkeypatch.setattr(sqlite3, "connect", counted)
    manifest = json.loads((run / "run.json").read_text(encoding="utf-8"))
    (run / "run.json").write_text(json.dumps({**manifest, "status": "running"}), encoding="utf-8")
    assert cli("show", "first", *flags).code == 0
    assert len(opened) == 1


def test_of_a_run_that_was_killed_the_ledgers_counts_are_shown(
    cli: Command, run: Path, finished_run: FinishedRun
) -> None:
    manifest = finished_run.result.manifest
    begun = [{**b, "accepted": 0, "attempts": 0, "acceptance": None} for b in manifest["buckets"]]
    killed = {**manifest, "status": "running", "accepted": 0, "buckets": begun}
    (run / "run.json").write_text(json.dumps(killed), encoding="utf-8")
    told = cli("show", "first", "--json").json
    assert told["status"] == "killed"
    assert told["buckets"] == manifest["buckets"]
    assert told["accepted"] == manifest["accepted"]


def test_looking_at_a_run_changes_nothing(cli: Command, run: Path) -> None:
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    cli("show", "first")
    cli("show", "first", "--row", 0)
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


def test_a_run_that_was_killed_is_counted_by_bucket_where_two_share_their_volatilities(
    cli: Command, tmp_path: Path
) -> None:
    constraint = tmp_path / "constraint.yaml"
    constraint.write_text(
        "- {name: target_volatility, sampler_type: category, params: {values: [0.6, 0.7]}}\n"
        "- {name: side, sampler_type: category, params: {values: [long, short]}}\n",
        encoding="utf-8",
    )
    flags = ("--n", 12, "--constraint", constraint, "--workers", 1, "--name", "killed", "--quiet")
    assert cli("run", *map(str, flags)).code == 0
    file = tmp_path / "runs/killed/run.json"
    manifest = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**manifest, "status": "running"}), encoding="utf-8")
    told = cli("show", "killed", "--json").json
    assert [one["accepted"] for one in told["buckets"]] == [3, 3, 3, 3]


def begun(run: Path) -> None:
    """Leave a run's folder as it is while the run goes on."""
    manifest = json.loads((run / "run.json").read_text(encoding="utf-8"))
    changed = {**manifest, "status": "running", "seconds": 0.0, "accepted": 0}
    (run / "run.json").write_text(json.dumps(changed), encoding="utf-8")
    (run / "rows.parquet").unlink()
    (run / "rejected.parquet").unlink()


def test_a_killed_run_is_called_so_with_the_command_that_goes_on(cli: Command, run: Path) -> None:
    begun(run)
    said = cli("show", "first")
    assert "killed: 40 of 40 rows accepted\n" in said.out
    assert printed_command(said.out, "go on with:") == ["run", "--resume", "--name", "first"]
    assert cli("show", "first", "--json").json["status"] == "killed"


def test_a_run_that_goes_on_is_called_running(cli: Command, run: Path) -> None:
    begun(run)
    with held_by_another_process(run):
        said = cli("show", "first")
    assert "running: 40 of 40 rows accepted\n" in said.out
    assert "--resume" not in said.out


def test_only_files_that_are_there_are_named(cli: Command, run: Path) -> None:
    begun(run)
    said = cli("show", "first").out
    assert "rows: not written yet; tradegen export first writes those accepted so far\n" in said
    assert f"more: {Path('runs/first')} (README.md, run.json, ledger.sqlite)\n" in said


def test_without_a_name_the_latest_run_is_shown(cli: Command, run: Path) -> None:
    assert cli("show").out == cli("show", "first").out
    empty = cli("show", "--folder", "empty")
    assert empty.code == 2
    assert "empty: no run here yet" in empty.err


def test_one_is_not_many() -> None:
    said = [counted(n, "attempt") for n in (0, 1, 2000)]
    assert said == ["0 attempts", "1 attempt", "2,000 attempts"]
