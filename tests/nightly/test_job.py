"""The job as a whole, on a night that was made for real: what is done again, and what is said."""

import errno
import hashlib
import json
import os
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from tests.support.cli import Command, Said
from tests.support.nights import (
    DATE,
    NAME,
    FinishedNight,
    add_night,
    change_json,
    make_desk,
    write_settings,
)
from tests.support.receiver import receiving
from tests.support.rows import records, write_parquet
from tradegen import evaluating
from tradegen.data.run_folder import RunFolder
from tradegen.errors import StorageError
from tradegen.nightly.status import State, Status, write_status
from tradegen.settings import Settings

EARLIER = "nightly-2026-11-18"
LATER = "nightly-2026-11-22"
UNFINISHED = {"state": "interrupted", "good": False, "exit_code": 143, "ended": None}


def events(said: Said) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.err.splitlines()]


def event(said: Said, name: str) -> dict[str, Any]:
    (found,) = (one for one in events(said) if one["event"] == name)
    return found


def status(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "status.json").read_text())
    return found


def bytes_in(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def runs(tmp_path: Path, cli: Command) -> Path:
    """A folder of runs on a desk with settings and gold, in which commands are called."""
    make_desk(tmp_path)
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


@pytest.fixture
def unfinished(runs: Path, finished_night: FinishedNight) -> Path:
    """A night that was cut off when its rows were made and judged."""
    return add_night(finished_night, runs, LATER, **UNFINISHED)


# --- one night --------------------------------------------------------------------------------


def test_a_night_leaves_a_record_that_says_all(finished_night: FinishedNight) -> None:
    found = status(finished_night.run)
    assert found == status(finished_night.desk / "runs")
    assert (found["state"], found["exit_code"], found["good"]) == ("done", 0, True)
    assert (found["run"], found["night"], found["sessions"]) == (NAME, DATE, 1)
    assert (found["asked"], found["accepted"]) == (8, 8)
    assert found["compared_with"] is None
    assert found["comparison"] == ["no earlier good run to compare with"]
    assert set(found["seconds"]) == {
        "rows",
        "evaluation",
        "comparison",
        "report",
        "retention",
        "alert",
    }
    assert {"acceptance", "seconds", "rows that keep every invariant"} <= found["metrics"].keys()
    assert datetime.fromisoformat(found["ended"]) >= datetime.fromisoformat(found["started"])


def test_the_log_of_a_night_tells_each_step_with_its_time(finished_night: FinishedNight) -> None:
    told = [json.loads(line) for line in finished_night.log.splitlines()]
    done = [one for one in told if one["event"] == "step done"]
    assert [one["step"] for one in done] == [
        *("rows", "evaluation", "comparison", "report", "retention", "alert")
    ]
    assert all(one["run"] == NAME and one["seconds"] >= 0 for one in done)
    assert done[0]["rows"] == 8
    assert told[-1]["event"] == "done"


def test_each_night_has_a_seed_of_its_own_which_its_date_tells(
    finished_night: FinishedNight,
) -> None:
    settings = json.loads((finished_night.run / "run.json").read_text())["settings"]
    assert settings["seed"] == date.fromisoformat(DATE).toordinal()


def test_a_second_call_does_nothing_and_leaves_as_the_first_did(
    cli: Command, runs: Path, finished_night: FinishedNight
) -> None:
    add_night(finished_night, runs, NAME)
    before = bytes_in(runs)
    said = cli("nightly", "--night", DATE)
    assert said.code == 0
    assert event(said, "done before")["text"] == "nothing was done"
    change_json(runs / NAME / "status.json", exit_code=13, good=False)
    assert cli("nightly", "--night", DATE).code == 13
    change_json(runs / NAME / "status.json", exit_code=0, good=True)
    (runs / ".nightly.lock").unlink()
    assert bytes_in(runs) == before


def test_an_unfinished_night_goes_on_where_it_was_and_makes_nothing_twice(
    cli: Command, runs: Path, unfinished: Path
) -> None:
    before = bytes_in(unfinished)
    said = cli("nightly", "--json")
    assert said.code == 0, said.err
    found = said.json
    assert (found["run"], found["state"], found["sessions"]) == (LATER, "done", 2)
    assert not [one for one in events(said) if one["event"] == "evaluating"]
    after = bytes_in(unfinished)
    for name in ("status.json", "report.html"):  # of another night, of which this is a copy
        del before[name], after[name]
    assert before == after
    assert LATER in (unfinished / "report.html").read_text()


# --- compared with the last good night --------------------------------------------------------


def test_a_night_no_worse_than_the_last_good_one_says_so(
    cli: Command, runs: Path, unfinished: Path, finished_night: FinishedNight
) -> None:
    add_night(finished_night, runs, EARLIER)
    add_night(finished_night, runs, NAME, good=False, exit_code=13)
    said = cli("nightly", "--json")
    assert said.code == 0
    assert said.json["compared_with"] == EARLIER
    assert said.json["comparison"] == [f"no worse than {EARLIER}"]


@pytest.fixture
def worse(runs: Path, unfinished: Path, finished_night: FinishedNight) -> Path:
    """The same, where the last good night had a far better acceptance."""
    earlier = add_night(finished_night, runs, EARLIER)
    change_json(earlier / "run.json", acceptance=1.0)
    change_json(unfinished / "run.json", acceptance=0.2)
    return unfinished


def test_a_night_that_is_worse_leaves_with_13_and_is_no_measure_for_others(
    cli: Command, runs: Path, worse: Path
) -> None:
    said = cli("nightly", "--json")
    assert said.code == 13
    found = said.json
    assert (found["state"], found["good"], found["exit_code"]) == ("done", False, 13)
    assert found["comparison"][0] == f"worse than {EARLIER}:"
    assert re.match(r"acceptance: 0\.2, it was 1; worse by 0\.8, allowed", found["comparison"][1])
    assert f"tradegen nightly --accept {LATER}" in found["next"]
    checked = cli("nightly", "--check")
    assert checked.code == 14
    assert f"{LATER}: ended with 13" in checked.out


def test_a_night_that_was_called_worse_can_be_accepted_as_the_measure(
    cli: Command, runs: Path, worse: Path
) -> None:
    assert cli("nightly").code == 13
    assert cli("nightly", "--accept", LATER).code == 0
    assert status(worse)["good"]
    assert status(runs) == status(worse)
    assert cli("nightly", "--check").code == 0
    assert cli("nightly", "--night", LATER.removeprefix("nightly-")).code == 0


def test_neither_a_missing_nor_an_unfinished_nor_an_overfit_night_is_accepted(
    cli: Command, runs: Path, unfinished: Path
) -> None:
    for name, expected in ((EARLIER, "no nightly run"), (LATER, "is interrupted")):
        said = cli("nightly", "--accept", name)
        assert said.code == 2
        assert expected in said.err
    change_json(unfinished / "status.json", state="done", verdict="overfit")
    said = cli("nightly", "--accept", LATER)
    assert said.code == 2
    assert "its verdict is overfit" in said.err


def test_a_tolerance_may_be_set_and_a_misspelt_one_is_an_error_with_a_hint(
    cli: Command, runs: Path, worse: Path
) -> None:
    write_settings(runs.parent, "tolerances = { aceptance = 0.9 }")
    said = cli("nightly")
    assert said.code == 2
    assert "there is no 'aceptance'; did you mean 'acceptance'?" in said.err
    write_settings(runs.parent, "tolerances = { acceptance = 0.9 }")
    assert cli("nightly").code == 0


def test_across_another_gold_nothing_is_compared_and_that_is_said(
    cli: Command, runs: Path, worse: Path
) -> None:
    earlier = runs / EARLIER / "evaluation.json"
    of = json.loads(earlier.read_text())["of"]
    change_json(earlier, of={**of, "gold_fingerprint": "another"})
    said = cli("nightly", "--json")
    assert said.code == 0
    assert said.json["comparison"] == [f"gold changed: not compared with {EARLIER}"]


# --- what is kept -----------------------------------------------------------------------------


def test_old_nights_go_and_the_last_good_one_stays(
    cli: Command, runs: Path, worse: Path, finished_night: FinishedNight
) -> None:
    write_settings(runs.parent, "keep = 2")
    add_night(finished_night, runs, "nightly-2026-11-17")
    for day in (19, 20, 21):
        add_night(finished_night, runs, f"nightly-2026-11-{day}", good=False, exit_code=13)
    (runs / "mine").mkdir()
    said = cli("nightly")
    assert said.code == 13
    (kept,) = (one for one in events(said) if one.get("deleted"))
    assert kept["deleted"] == ["nightly-2026-11-17", "nightly-2026-11-19", "nightly-2026-11-20"]
    folders = {path.name for path in runs.iterdir() if path.is_dir()}
    assert folders == {EARLIER, "nightly-2026-11-21", LATER, "mine"}


# --- alerts and metrics -----------------------------------------------------------------------


def test_an_alert_is_sent_once_when_a_night_is_worse_and_its_address_is_told_nowhere(
    cli: Command, runs: Path, worse: Path
) -> None:
    with receiving() as receiver:
        url = f"json://me:t0psecret@127.0.0.1:{receiver.port}/t0psecret"
        write_settings(runs.parent, f"alert_urls = ['{url}']")
        said = cli("nightly")
        assert said.code == 13
        change_json(worse / "status.json", state="interrupted")  # cut off when all was told
        assert cli("nightly").code == 13
    ((_, body),) = receiver.requests
    assert json.loads(body)["title"] == f"{LATER}: inconclusive, worse than {EARLIER}"
    assert "t0psecret" not in said.err + said.out
    assert not [
        file for file in runs.rglob("*") if file.is_file() and b"t0psecret" in file.read_bytes()
    ]


def test_a_good_night_after_a_bad_one_is_told_of(
    cli: Command, runs: Path, unfinished: Path
) -> None:
    (runs / "status.json").write_text((unfinished / "status.json").read_text())
    change_json(runs / "status.json", state="failed", run=EARLIER, exit_code=5)
    with receiving() as receiver:
        write_settings(runs.parent, f"alert_urls = 'json://127.0.0.1:{receiver.port}'")
        assert cli("nightly").code == 0
    ((_, body),) = receiver.requests
    assert json.loads(body)["title"] == f"{LATER}: recovered: inconclusive"
    assert json.loads(body)["type"] == "success"


def test_neither_a_failing_alert_nor_a_failing_collector_changes_the_exit_code(
    cli: Command, runs: Path, worse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving(400) as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{receiver.port}")
        write_settings(runs.parent, f"alert_urls = ['json://127.0.0.1:{receiver.port}']")
        said = cli("nightly")
    assert said.code == 13
    assert {path for path, _ in receiver.requests} == {"/v1/metrics", "/"}
    assert event(said, "alert not sent")["text"] == (
        "alert_urls, address 1: the alert could not be sent"
    )
    assert event(said, "metrics not sent")["level"] == "warning"
    assert {one["run"] for one in events(said) if "logger" in one} == {LATER}


def test_settings_that_cannot_be_used_are_logged_as_all_else_is(cli: Command, runs: Path) -> None:
    write_settings(runs.parent, "zone = 'Mars'")
    said = cli("nightly", "--json")
    assert said.code == said.json["exit_code"] == 2
    assert "nightly.zone = 'Mars': expected a time zone" in event(said, "failed")["text"]
    assert "nightly.zone" in said.json["error"]
    assert cli("nightly", "--check").code == 2


def test_a_night_whose_status_cannot_be_written_is_told_of_all_the_same(
    cli: Command, runs: Path, unfinished: Path
) -> None:
    (unfinished / "status.json").rename(runs / "status.json")
    (unfinished / "status.json").mkdir()
    with receiving() as receiver:
        write_settings(runs.parent, f"alert_urls = 'json://127.0.0.1:{receiver.port}'")
        said = cli("nightly", "--night", LATER.removeprefix("nightly-"))
    assert said.code == 5
    ((_, body),) = receiver.requests
    assert "status.json: cannot be written" in json.loads(body)["message"]
    found = status(runs)  # the one that monitors read can be written, and is
    assert (found["state"], found["run"], found["exit_code"]) == ("failed", LATER, 5)


def test_a_call_that_cannot_begin_is_told_of(cli: Command, runs: Path) -> None:
    (runs / ".nightly.lock").mkdir()
    with receiving() as receiver:
        write_settings(runs.parent, f"alert_urls = 'json://127.0.0.1:{receiver.port}'")
        said = cli("nightly")
    assert said.code == 2
    ((_, body),) = receiver.requests
    assert json.loads(body)["title"] == "tradegen nightly in runs: could not begin"
    assert "runs: cannot be written" in json.loads(body)["message"]


def test_a_fault_before_the_work_is_logged_with_its_traceback_and_told_of(
    cli: Command, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_runs: object) -> None:
        raise ZeroDivisionError("of t0psecret")

    monkeypatch.setattr("tradegen.nightly.job.nightly_runs", broken)
    monkeypatch.setenv("NVIDIA_API_KEY", "t0psecret")
    with receiving() as receiver:
        write_settings(runs.parent, f"alert_urls = 'json://127.0.0.1:{receiver.port}'")
        said = cli("nightly", "--json")
    assert said.code == said.json["exit_code"] == 1
    assert "ZeroDivisionError: of ***" in event(said, "failed")["traceback"]
    ((_, body),) = receiver.requests
    assert "ZeroDivisionError: of ***" in json.loads(body)["message"]
    assert "t0psecret" not in said.err + said.out


def test_a_disk_that_became_read_only_is_what_another_try_may_mend(
    cli: Command, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(_lock: FileLock, **_how: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("tradegen.nightly.job.FileLock.acquire", read_only)
    said = cli("nightly")
    assert said.code == 5
    assert "runs: cannot be written (Read-only file system)" in event(said, "failed")["text"]


def test_nights_that_fail_for_weeks_do_not_fill_the_disk(cli: Command, runs: Path) -> None:
    write_settings(runs.parent, "keep = 2")
    for day in range(10, 15):
        (runs / f"nightly-2026-11-{day}").mkdir()
        (runs / f"nightly-2026-11-{day}" / "rows.parquet").write_text("many")
        failed = Status(
            state=State.FAILED,
            run=f"nightly-2026-11-{day}",
            night=date(2026, 11, day),
            started=datetime(2026, 11, day, tzinfo=UTC),
            heartbeat=datetime(2026, 11, day, tzinfo=UTC),
        )
        write_status(runs / failed.run / "status.json", failed)
    (runs.parent / "gold.parquet").unlink()
    said = cli("nightly", "--night", DATE)
    assert said.code == 2
    assert event(said, "deleted")["runs"] == [f"nightly-2026-11-{day}" for day in (10, 11, 12)]
    assert {path.name for path in runs.iterdir() if path.is_dir()} == {
        "nightly-2026-11-13",
        "nightly-2026-11-14",
    }


def test_no_fault_of_the_report_fails_the_night(
    cli: Command, runs: Path, unfinished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_run: RunFolder, _settings: Settings) -> str:
        raise ZeroDivisionError("in a figure")

    monkeypatch.setattr("tradegen.nightly.steps.report_of_run", broken)
    said = cli("nightly")
    assert said.code == 0
    assert "ZeroDivisionError: in a figure" in event(said, "no report")["traceback"]
    assert status(unfinished)["state"] == "done"


# --- what goes wrong --------------------------------------------------------------------------


def test_a_night_that_cannot_begin_says_why_in_log_and_status_and_leaves_nothing(
    cli: Command, runs: Path
) -> None:
    (runs.parent / "gold.parquet").unlink()
    said = cli("nightly", "--night", DATE)
    assert said.code == 2
    assert "gold.parquet" in event(said, "failed")["text"]
    found = status(runs)
    assert (found["state"], found["run"], found["step"]) == ("failed", NAME, "rows")
    assert found["error"]["type"] == "GoldError"
    assert "run the command again" in found["next"]
    assert not (runs / NAME).exists()
    checked = cli("nightly", "--check")
    assert checked.code == 14
    assert "failed with 2" in checked.out


def test_a_night_that_refuses_to_go_on_is_given_up_for_another(
    cli: Command, runs: Path, unfinished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (unfinished / "evaluation.json").unlink()  # cut off before it was judged, and then
    write_parquet(runs.parent / "gold.parquet", records(36))  # gold was brought up to date
    monkeypatch.setattr("tradegen.nightly.steps.evaluate_rows", _no_time)
    said = cli("nightly", "--night", LATER.removeprefix("nightly-"))
    assert event(said, "does not go on")["run"] == LATER
    assert status(unfinished)["state"] == "abandoned"
    assert f"given up for {LATER}-2" in status(unfinished)["notes"][-1]
    assert status(runs)["run"] == f"{LATER}-2"
    assert (runs / f"{LATER}-2" / "rows.parquet").exists()


def _no_time(rows: str, settings: Settings, **how: Any) -> evaluating.Answer:
    if rows.endswith("-2"):
        raise StorageError("enough was seen")
    return evaluating.evaluate_rows(rows, settings, **how)


def test_a_damaged_latest_status_is_told_and_replaced(
    cli: Command, runs: Path, unfinished: Path
) -> None:
    (runs / "status.json").write_text("{nonsense")
    said = cli("nightly")
    assert said.code == 0
    assert "status.json: cannot be read" in event(said, "passed over")["text"]
    assert status(runs)["state"] == "done"


def test_a_second_job_leaves_the_first_alone_and_is_no_alarm(
    cli: Command, runs: Path, unfinished: Path
) -> None:
    now = datetime.now(UTC)
    (runs / "status.json").write_text((unfinished / "status.json").read_text())
    change_json(runs / "status.json", state="running", step="rows", heartbeat=now.isoformat())
    with FileLock(runs / ".nightly.lock"):
        said = cli("nightly")
        assert said.code == 0
        told = event(said, "another nightly is at work")
        assert (told["other"], told["at"]) == (LATER, "rows")
        long_ago = (now - timedelta(minutes=30)).isoformat()
        change_json(runs / "status.json", heartbeat=long_ago)
        said = cli("nightly")
    assert said.code == 5
    assert "has given no sign for 1,8" in event(said, "failed")["text"]
    assert status(unfinished)["state"] == "interrupted"


def test_check_and_accept_exclude_each_other(cli: Command, runs: Path) -> None:
    said = cli("nightly", "--check", "--accept", NAME)
    assert said.code == 2
    assert "exclude each other" in said.err


def test_a_date_that_is_none_is_bad_usage(cli: Command, runs: Path) -> None:
    assert cli("nightly", "--night", "2026-02-31").code == 2
