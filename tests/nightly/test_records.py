"""Which run a call means: an unfinished one, today's, or none; and which is the measure."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.nightly.test_retention import put
from tradegen.errors import DamagedError, StorageError
from tradegen.nightly.night import Night
from tradegen.nightly.records import MOST_SESSIONS, choose, last_good, nightly_runs
from tradegen.nightly.status import (
    STATUS_FILE,
    Failure,
    State,
    Status,
    read_status,
    write_status,
)

TODAY = date(2026, 1, 5)
YESTERDAY = "nightly-2026-01-04"
TODAYS = "nightly-2026-01-05"
NOW = datetime(2026, 1, 5, tzinfo=UTC)


def chosen(runs: Path, latest: Status | None = None, *, named: bool = False) -> str:
    choice = choose(nightly_runs(runs, "nightly", latest), runs, "nightly", TODAY, named=named)
    name = choice.night.name("nightly")
    return f"{name} is done" if choice.is_done else f"{name} goes on" if choice.there else name


def change(path: Path, **changes: object) -> None:
    status = read_status(path / STATUS_FILE)
    assert status is not None
    write_status(path / STATUS_FILE, status.model_copy(update=changes))


def test_the_first_night_is_todays(tmp_path: Path) -> None:
    assert chosen(tmp_path) == TODAYS
    assert chosen(tmp_path / "not there yet") == TODAYS


def test_todays_that_is_done_is_not_done_again(tmp_path: Path) -> None:
    put(tmp_path, TODAYS)
    assert chosen(tmp_path) == f"{TODAYS} is done"


@pytest.mark.parametrize("state", [State.RUNNING, State.INTERRUPTED])
def test_an_unfinished_night_goes_on_before_todays(tmp_path: Path, state: State) -> None:
    put(tmp_path, YESTERDAY, state)
    assert chosen(tmp_path) == f"{YESTERDAY} goes on"
    assert chosen(tmp_path, named=True) == TODAYS


def test_what_was_left_behind_a_later_night_stays_behind(tmp_path: Path) -> None:
    put(tmp_path, "nightly-2026-01-03", State.INTERRUPTED)
    put(tmp_path, YESTERDAY)
    assert chosen(tmp_path) == TODAYS


@pytest.mark.parametrize(
    ("code", "goes_on"), [(1, True), (2, False), (3, False), (4, True), (5, True)]
)
def test_a_failed_night_goes_on_later_only_if_the_cause_may_have_passed(
    tmp_path: Path, code: int, goes_on: bool
) -> None:
    path = put(tmp_path, YESTERDAY, State.FAILED, good=False)
    change(path, error=Failure(type="E", message="m", exit_code=code))
    assert chosen(tmp_path) == (f"{YESTERDAY} goes on" if goes_on else TODAYS)


def test_todays_that_failed_is_always_tried_again(tmp_path: Path) -> None:
    path = put(tmp_path, TODAYS, State.FAILED, good=False)
    change(path, error=Failure(type="E", message="m", exit_code=3))
    assert chosen(tmp_path) == f"{TODAYS} goes on"


def test_a_night_that_never_ends_does_not_keep_all_others_from_beginning(tmp_path: Path) -> None:
    path = put(tmp_path, YESTERDAY, State.RUNNING)
    change(path, sessions=MOST_SESSIONS - 1)
    assert chosen(tmp_path) == f"{YESTERDAY} goes on"
    change(path, sessions=MOST_SESSIONS)
    assert chosen(tmp_path) == TODAYS


def test_a_run_of_the_users_own_with_the_same_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / TODAYS).mkdir()
    (tmp_path / f"{TODAYS}-2").symlink_to(tmp_path / "nowhere")
    assert chosen(tmp_path) == f"{TODAYS}-3"


def test_a_night_cut_off_before_its_record_was_written_is_known_by_the_latest_status(
    tmp_path: Path,
) -> None:
    (tmp_path / YESTERDAY).mkdir()
    latest = Status(
        state=State.RUNNING, run=YESTERDAY, night=date(2026, 1, 4), started=NOW, heartbeat=NOW
    )
    assert chosen(tmp_path, latest) == f"{YESTERDAY} goes on"
    assert chosen(tmp_path) == TODAYS


def test_a_damaged_record_is_noticed_and_its_run_done_again(tmp_path: Path) -> None:
    file = put(tmp_path, TODAYS) / STATUS_FILE
    file.write_text('{"state": "do')
    with pytest.raises(DamagedError, match="remove it"):
        read_status(file)
    assert chosen(tmp_path) == f"{TODAYS} goes on"


def test_a_status_is_not_written_through_a_link(tmp_path: Path) -> None:
    status = read_status(put(tmp_path, TODAYS) / STATUS_FILE)
    assert status is not None
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / STATUS_FILE).symlink_to(tmp_path / "mine.txt")
    with pytest.raises(StorageError, match="is a link"):
        write_status(tmp_path / STATUS_FILE, status)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_the_measure_is_the_last_good_run_before_and_never_a_bad_or_unfinished_one(
    tmp_path: Path,
) -> None:
    put(tmp_path, "nightly-2026-01-01")
    put(tmp_path, "nightly-2026-01-02")
    put(tmp_path, "nightly-2026-01-03", good=False)
    put(tmp_path, YESTERDAY, State.RUNNING, good=True)
    put(tmp_path, TODAYS)
    known = nightly_runs(tmp_path, "nightly", None)

    def measure(night: Night) -> str | None:
        found = last_good(known, night)
        return None if found is None else found.folder.name

    assert measure(Night(TODAY)) == "nightly-2026-01-02"
    assert measure(Night(TODAY, 2)) == TODAYS
    assert measure(Night(date(2026, 1, 1))) is None
