"""Health: what a monitor is told, and when it is told that somebody has to look."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tradegen.nightly.health import check_health
from tradegen.nightly.status import STATUS_FILE, Failure, State, Status, write_status
from tradegen.settings import NightlySettings

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def put(
    runs: Path, day: int, state: State = State.DONE, *, latest: bool = True, **more: Any
) -> None:
    night = date(2026, 1, day)
    name = f"nightly-{night}"
    status = Status(
        **{
            "state": state,
            "run": name,
            "night": night,
            "started": NOW - 3 * HOUR,
            "heartbeat": NOW,
            "ended": NOW - HOUR if state is State.DONE else None,
            **more,
        }
    )
    (runs / name).mkdir(exist_ok=True)
    write_status(runs / name / STATUS_FILE, status)
    if latest:
        write_status(runs / STATUS_FILE, status)


def says(runs: Path, **settings: Any) -> tuple[bool, str]:
    health = check_health(runs, NightlySettings(**settings), NOW)
    return health.is_well, health.says


def test_nothing_is_well_before_the_first_night(tmp_path: Path) -> None:
    well, said = says(tmp_path)
    assert not well
    assert "no nightly run yet; make one with: tradegen nightly" in said


def test_a_good_run_is_well_until_it_is_too_old(tmp_path: Path) -> None:
    put(tmp_path, 5, good=True)
    assert says(tmp_path) == (True, "nightly-2026-01-05: good, ended 1.0 h ago")
    well, said = says(tmp_path, max_age_h=0.5)
    assert not well
    assert "expected one at most every 0.5 h" in said


def test_a_run_that_is_not_good_says_why_and_what_next(tmp_path: Path) -> None:
    put(tmp_path, 4, good=True)
    put(tmp_path, 5, exit_code=13, comparison=("gold covered: 0.1, it was 0.9",), next="Look.")
    well, said = says(tmp_path)
    assert not well
    assert said == ("nightly-2026-01-05: ended with 13\ngold covered: 0.1, it was 0.9\nNext: Look.")


def test_a_failure_says_its_error(tmp_path: Path) -> None:
    put(tmp_path, 4, good=True)
    error = Failure(type="StorageError", message="disk full", exit_code=5)
    put(tmp_path, 5, State.FAILED, error=error, next="Free the disk.")
    well, said = says(tmp_path)
    assert not well
    assert "failed with 5: disk full\nNext: Free the disk." in said


def test_a_run_under_way_is_well_as_long_as_it_gives_a_sign(tmp_path: Path) -> None:
    put(tmp_path, 5, State.RUNNING, step="rows")
    assert says(tmp_path) == (True, "nightly-2026-01-05: the first run is under way, at rows")
    put(tmp_path, 4, good=True, latest=False)
    well, said = says(tmp_path)
    assert well
    assert said.endswith("good, ended 1.0 h ago; nightly-2026-01-05 is running at rows")
    put(tmp_path, 5, State.RUNNING, step="rows", heartbeat=NOW - HOUR)
    well, said = says(tmp_path)
    assert not well
    assert "no sign for 60 min, at rows" in said


@pytest.mark.parametrize("state", [State.RUNNING, State.INTERRUPTED])
def test_a_run_under_way_hides_no_bad_one_before_it(tmp_path: Path, state: State) -> None:
    put(tmp_path, 4, exit_code=11)
    put(tmp_path, 5, state, step="rows")
    well, said = says(tmp_path)
    assert not well
    assert said.startswith("nightly-2026-01-04: ended with 11; nightly-2026-01-05 is")


def test_a_damaged_status_is_named(tmp_path: Path) -> None:
    (tmp_path / STATUS_FILE).write_text("{")
    well, said = says(tmp_path)
    assert not well
    assert "status.json: cannot be read" in said


def test_a_clock_that_went_back_is_told_and_hides_no_missing_night(tmp_path: Path) -> None:
    put(tmp_path, 5, good=True, ended=NOW + 48 * HOUR)
    well, said = says(tmp_path)
    assert not well
    assert "ended at 2026-01-07 12:00 UTC, which is still to come: the clock was wrong" in said
    put(tmp_path, 5, good=True, ended=NOW + timedelta(seconds=30))  # clocks of two machines
    assert says(tmp_path)[0]
    put(tmp_path, 5, State.RUNNING, step="rows", heartbeat=NOW + HOUR)
    well, said = says(tmp_path)
    assert not well
    assert "gave its last sign at 2026-01-05 13:00 UTC, which is still to come" in said


def test_a_status_of_another_version_is_not_guessed_at(tmp_path: Path) -> None:
    put(tmp_path, 5, good=True)
    text = (tmp_path / STATUS_FILE).read_text()
    (tmp_path / STATUS_FILE).write_text(text.replace('"schema_version": 1', '"schema_version": 2'))
    well, said = says(tmp_path)
    assert not well
    assert "schema_version 2: written by another version of tradegen" in said
