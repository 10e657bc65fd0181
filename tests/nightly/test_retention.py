"""Retention: the last runs and the last good one stay, and nothing else is ever touched."""

import errno
import os
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from tests.data.test_run_folder import held_by_another_process
from tradegen.data.run_folder import RunFolder
from tradegen.nightly.night import Night
from tradegen.nightly.records import NightlyRun, last_good, nightly_runs
from tradegen.nightly.retention import delete, finish_deletions, given_up, to_delete
from tradegen.nightly.status import STATUS_FILE, State, Status, write_status

FIRST = date(2026, 1, 1)
NOW = datetime(2026, 2, 1, tzinfo=UTC)


def status(name: str, night: date, state: State, *, good: bool) -> Status:
    return Status(state=state, run=name, night=night, started=NOW, heartbeat=NOW, good=good)


def known(states: list[tuple[State, bool]]) -> list[NightlyRun]:
    runs = []
    for k, (state, good) in enumerate(states):
        night = Night(FIRST + timedelta(days=k))
        name = night.name("nightly")
        folder = RunFolder(Path(name))
        runs.append(NightlyRun(night, folder, status(name, night.date, state, good=good)))
    return runs


@given(
    st.lists(st.tuples(st.sampled_from(State), st.booleans()), max_size=30),
    st.integers(1, 20),
)
def test_what_is_deleted_is_done_old_and_not_the_last_good_one(
    states: list[tuple[State, bool]], keep: int
) -> None:
    runs = known(states)
    doomed = to_delete(runs, keep)
    assert all(run.state is State.DONE for run in doomed)
    kept = [run for run in runs if run.state is State.DONE and run not in doomed]
    last = last_good(runs, Night(date.max))
    assert last not in doomed
    done = [run for run in runs if run.state is State.DONE]
    assert all(run in kept for run in done[-keep:])
    assert len(kept) <= keep + 1


@given(
    st.lists(st.tuples(st.sampled_from(State), st.booleans()), max_size=30),
    st.integers(1, 20),
)
def test_of_nights_that_are_not_done_the_latest_are_kept(
    states: list[tuple[State, bool]], keep: int
) -> None:
    runs = known(states)
    doomed = given_up(runs, keep)
    unfinished = [run for run in runs if run.state is not State.DONE]
    assert doomed == unfinished[: len(doomed)]
    assert len(unfinished) - len(doomed) == min(keep, len(unfinished))


def test_a_night_whose_status_cannot_be_read_is_never_given_up(tmp_path: Path) -> None:
    for day in (1, 2, 3):
        put(tmp_path, f"nightly-2026-01-0{day}", State.FAILED)
    (tmp_path / "nightly-2026-01-01" / STATUS_FILE).write_text("{")
    doomed = given_up(nightly_runs(tmp_path, "nightly", None), 1)
    assert [run.folder.name for run in doomed] == ["nightly-2026-01-02"]


def put(runs: Path, name: str, state: State = State.DONE, *, good: bool = True) -> Path:
    path = runs / name
    path.mkdir(parents=True)
    (path / "rows.parquet").write_text("rows")
    night = date.fromisoformat(name.removeprefix("nightly-")[:10])
    write_status(path / STATUS_FILE, status(name, night, state, good=good))
    return path


def names(runs: Path) -> set[str]:
    return {path.name for path in runs.iterdir()}


def test_only_nights_that_are_done_are_deleted(tmp_path: Path) -> None:
    for day in range(1, 6):
        put(tmp_path, f"nightly-2026-01-0{day}")
    put(tmp_path, "nightly-2025-12-30", State.INTERRUPTED)
    put(tmp_path, "nightly-2025-12-29", State.FAILED)
    elsewhere = put(tmp_path / "elsewhere", "nightly-2025-12-28")
    (tmp_path / "nightly-2025-12-28").symlink_to(elsewhere)
    (tmp_path / "nightly-2025-12-27").mkdir()  # somebody's own, without a status
    shutil.copytree(tmp_path / "nightly-2026-01-01", tmp_path / "nightly-2025-12-26")
    gone, left = delete(to_delete(nightly_runs(tmp_path, "nightly", None), 2))
    assert gone == ["nightly-2026-01-01", "nightly-2026-01-02", "nightly-2026-01-03"]
    assert left == []
    assert names(tmp_path) == {
        *(f"nightly-2025-12-{day}" for day in (26, 27, 28, 29, 30)),
        *("nightly-2026-01-04", "nightly-2026-01-05", "elsewhere"),
    }
    assert (elsewhere / "rows.parquet").exists()


def test_a_link_inside_a_run_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine.txt").write_text("mine")
    runs = tmp_path / "runs"
    (put(runs, "nightly-2026-01-01") / "evaluation").symlink_to(outside)
    put(runs, "nightly-2026-01-02")
    gone, _ = delete(to_delete(nightly_runs(runs, "nightly", None), 1))
    assert gone == ["nightly-2026-01-01"]
    assert (outside / "mine.txt").read_text() == "mine"


def test_a_deletion_that_was_cut_off_is_finished_and_nothing_else_is_taken_for_one(
    tmp_path: Path,
) -> None:
    put(tmp_path, "nightly-2026-01-01").rename(tmp_path / ".nightly-2026-01-01.deleted")
    (tmp_path / ".mine.deleted").mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / ".nightly-2026-01-02.deleted").symlink_to(outside)
    assert finish_deletions(tmp_path, "nightly") == []
    assert names(tmp_path) == {".mine.deleted", ".nightly-2026-01-02.deleted", "outside"}


def test_a_run_that_somebody_works_on_is_left_for_another_night(tmp_path: Path) -> None:
    path = put(tmp_path, "nightly-2026-01-01")
    put(tmp_path, "nightly-2026-01-02")
    doomed = to_delete(nightly_runs(tmp_path, "nightly", None), 1)
    with held_by_another_process(path):
        gone, left = delete(doomed)
    assert gone == []
    assert left == ["nightly-2026-01-01: a process works on it"]
    assert path.is_dir()


def test_a_run_whose_lock_is_another_users_is_left_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_mine(_lock: FileLock, **_how: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    path = put(tmp_path, "nightly-2026-01-01")
    (path / ".lock").touch()
    put(tmp_path, "nightly-2026-01-02")
    doomed = to_delete(nightly_runs(tmp_path, "nightly", None), 1)
    monkeypatch.setattr("tradegen.data.run_folder.FileLock.acquire", not_mine)
    gone, left = delete(doomed)
    assert gone == []
    assert "nightly-2026-01-01" in left[0]
    assert "Permission denied" in left[0]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may delete anything")
def test_a_folder_that_cannot_be_deleted_from_is_told(tmp_path: Path) -> None:
    put(tmp_path, "nightly-2026-01-01")
    put(tmp_path, "nightly-2026-01-02")
    tmp_path.chmod(0o500)
    try:
        _, left = delete(to_delete(nightly_runs(tmp_path, "nightly", None), 1))
    finally:
        tmp_path.chmod(0o700)
    assert "cannot be deleted" in left[0]
