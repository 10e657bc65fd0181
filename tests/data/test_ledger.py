"""The ledger: what is in it survives kills, full disks and second writers."""

import contextlib
import json
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.cli import environment
from tradegen.data.ledger import FORMAT, Attempt, Ledger, Recorded
from tradegen.errors import InputError, StorageError

FIRST = Attempt(
    row_number=0,
    attempt=0,
    outcome="passed",
    stage="judge",
    kind="",
    retries=1,
    bucket=4,
    target=0.7,
    low=0.65,
    high=0.75,
    seeds=("a", "b", "ü"),
    critique="",
    scores={"realism_p_value": 0.25},
    raw="",
    seconds=0.5,
    calls=3,
    tokens_in=100,
    tokens_out=10,
    log={},
    fingerprint=b"\x00\x01",
    row=b"row \x00 bytes",
)
THROWN_AWAY = replace(
    FIRST,
    row_number=1,
    outcome="thrown_away",
    kind="realism",
    retries=2,
    critique="realism: bars: odd\nsecond line",
    raw='{"half an ans',
    fingerprint=None,
    row=None,
)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "ledger.sqlite")
    yield opened
    opened.close()


def passed(row_number: int, attempt: int = 0) -> Attempt:
    row = f"row {row_number}".encode()
    return replace(FIRST, row_number=row_number, attempt=attempt, row=row)


# --- what goes in comes out -------------------------------------------------------------------


def test_an_attempt_comes_back_as_it_was_written(ledger: Ledger) -> None:
    with ledger.transaction():
        ledger.record([FIRST, THROWN_AWAY])
    assert ledger.attempts_at(0) == [FIRST]
    assert ledger.attempts_at(1) == [THROWN_AWAY]
    assert list(ledger.thrown_away()) == [THROWN_AWAY]


def test_attempts_outlive_the_process_that_wrote_them(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger(path)
    with ledger.transaction():
        ledger.record([FIRST])
    ledger.note("started", {"at": "noon"})
    ledger.close()
    again = Ledger.read(path)
    assert again.attempts_at(0) == [FIRST]
    assert again.about("started") == {"at": "noon"}
    assert again.about("never noted") is None
    again.close()


def test_a_closed_ledger_is_one_file(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    with ledger.transaction():
        ledger.record([FIRST])
    ledger.close()
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.sqlite"]


def test_a_fact_noted_again_is_replaced(ledger: Ledger) -> None:
    ledger.note("seconds", 1.5)
    ledger.note("seconds", 2.5)
    assert ledger.about("seconds") == 2.5


def test_an_attempt_that_is_already_there_is_left_as_it_is(ledger: Ledger) -> None:
    with ledger.transaction():
        ledger.record([FIRST])
        ledger.accept(0, 0)
    with ledger.transaction():
        ledger.record([replace(FIRST, retries=2, row=b"another row")])
    assert ledger.attempts_at(0) == [replace(FIRST, outcome="accepted")]
    assert list(ledger.accepted()) == [FIRST.row]


def test_accepted_rows_come_by_row_number_whatever_the_order_they_were_written_in(
    ledger: Ledger,
) -> None:
    with ledger.transaction():
        ledger.record([passed(k) for k in (2, 10, 1, 0)])
        for k in (10, 2, 0):
            ledger.accept(k, 0)
    assert list(ledger.accepted()) == [b"row 0", b"row 2", b"row 10"]


def test_a_near_twin_is_thrown_away_with_its_row_and_the_number_of_its_twin(ledger: Ledger) -> None:
    with ledger.transaction():
        ledger.record([passed(0), passed(1)])
        ledger.accept(0, 0)
        ledger.throw_away_twin(1, 0, twin=0)
    (twin,) = ledger.thrown_away()
    assert (twin.row_number, twin.stage, twin.kind) == (1, "admission", "collapse")
    assert "row 0" in twin.critique
    assert twin.row == b"row 1"


def test_the_summary_counts_what_became_of_all_attempts(ledger: Ledger) -> None:
    with ledger.transaction():
        ledger.record(
            [passed(0), passed(1), passed(2), THROWN_AWAY, replace(THROWN_AWAY, attempt=1)]
        )
        ledger.record([replace(THROWN_AWAY, attempt=2, kind="consistency")])
        ledger.accept(0, 0)
        ledger.accept(2, 0)
    summary = ledger.summary()
    assert summary["attempts"] == 5  # THROWN_AWAY is attempt 0 at row 1, which had passed before
    assert (summary["accepted"], summary["waiting"], summary["thrown_away"]) == (2, 1, 2)
    assert summary["thrown_away_by_kind"] == {"consistency": 1, "realism": 1}
    assert summary["accepted_by_retries"] == {"1": 2}
    assert (summary["calls"], summary["tokens_in"], summary["tokens_out"]) == (15, 500, 50)
    json.dumps(summary)


def test_accepted_rows_are_counted_by_bucket_even_where_buckets_share_a_range(
    ledger: Ledger,
) -> None:
    with ledger.transaction():
        ledger.record([replace(passed(k), bucket=k % 2) for k in range(5)])
        for k in range(4):
            ledger.accept(k, 0)
    assert ledger.counts_by_bucket() == {0: (3, 2), 1: (2, 2)}


def test_an_empty_ledger_sums_up_to_nothing(ledger: Ledger) -> None:
    summary = ledger.summary()
    assert (summary["attempts"], summary["accepted"], summary["calls"]) == (0, 0, 0)


def test_what_a_resumed_run_needs_is_told_in_order_of_rows_and_attempts(ledger: Ledger) -> None:
    with ledger.transaction():
        ledger.record([passed(1, 1), THROWN_AWAY, passed(0)])
    assert list(ledger.recorded()) == [
        Recorded(0, 0, "passed", b"\x00\x01"),
        Recorded(1, 0, "thrown_away", None),
        Recorded(1, 1, "passed", b"\x00\x01"),
    ]


# --- transactions, kills, full disks ----------------------------------------------------------


def test_a_transaction_that_fails_leaves_nothing_behind(ledger: Ledger) -> None:
    with pytest.raises(RuntimeError, match="midway"), ledger.transaction():  # noqa: PT012
        ledger.record([FIRST])
        raise RuntimeError("midway")
    assert ledger.attempts_at(0) == []
    with ledger.transaction():
        ledger.record([FIRST])
    assert ledger.attempts_at(0) == [FIRST]


_WRITER = """\
import sys
from dataclasses import replace
from pathlib import Path
from tests.data.test_ledger import FIRST
from tradegen.data.ledger import Ledger

ledger = Ledger(Path(sys.argv[1]))
for k in range(10**9):
    with ledger.transaction():
        pair = [replace(FIRST, row_number=2 * k + i, row=b"x" * 20_000) for i in range(2)]
        ledger.record(pair)
        for attempt in pair:
            ledger.accept(attempt.row_number, 0)
    print(k, flush=True)  # said only once it is durable
"""


@pytest.mark.parametrize("transactions", [1, 37, 300])
def test_a_kill_loses_no_committed_row_and_keeps_no_half_transaction(
    tmp_path: Path, transactions: int
) -> None:
    path = tmp_path / "ledger.sqlite"
    root = str(Path(__file__).parents[2])
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path)],
        env=environment({"PYTHONPATH": root}),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    with writer.stdout as said:
        last = -1
        while last < transactions - 1:
            last = int(said.readline())
        writer.kill()
        writer.wait()
        last = max([last, *(int(line) for line in said if line.endswith("\n"))])
    survived = Ledger.read(path)
    numbers = [one.row_number for one in survived.recorded() if one.outcome == "accepted"]
    rows = list(survived.accepted())
    survived.close()
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= 2 * (last + 1), "a committed row is lost"
    assert len(numbers) % 2 == 0, "half a transaction was kept"
    assert rows == [b"x" * 20_000] * len(numbers)


def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger(path)
    ledger._db.execute(
        "PRAGMA max_page_count = 40"
    )  # SQLite then says what a full disk makes it say
    written = 0
    with pytest.raises(StorageError) as full:  # noqa: PT012  (how many fit is SQLite's business)
        for k in range(1000):
            with ledger.transaction():
                ledger.record([replace(passed(k), row=b"x" * 5000)])
                ledger.accept(k, 0)
            written += 1
    assert "the disk is full; make room and run again with --resume" in str(full.value)
    assert str(path) in str(full.value)
    assert written > 5
    ledger.close()
    roomy = Ledger(path)
    assert len(list(roomy.accepted())) == written
    with roomy.transaction():
        roomy.record([passed(written)])
    assert roomy.summary()["attempts"] == written + 1
    roomy.close()


# --- files that are no ledger -----------------------------------------------------------------


def test_reading_a_ledger_that_is_not_there_is_an_error_and_makes_no_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with pytest.raises(InputError, match="no ledger here"):
        Ledger.read(path)
    assert not path.exists()


def damaged(path: Path, at: int, garbage: bytes) -> Path:
    ledger = Ledger(path)
    with ledger.transaction():
        ledger.record([replace(passed(k), row=b"x" * 3000) for k in range(50)])
    ledger.close()
    with path.open("r+b") as file:
        file.seek(at)
        file.write(garbage)
    return path


@pytest.mark.parametrize(
    ("at", "garbage"),
    [(0, b"this is no SQLite file, is it?"), (8192, b"\xff" * 8192), (5 * 8192, b"\xff" * 30_000)],
    ids=["header", "a table's root", "pages in the middle"],
)
def test_a_damaged_ledger_is_told_with_what_to_do(tmp_path: Path, at: int, garbage: bytes) -> None:
    path = damaged(tmp_path / "ledger.sqlite", at, garbage)
    with pytest.raises(StorageError) as refused:
        Ledger(path)
    message = str(refused.value)
    assert message.startswith(f"{path}: the ledger is damaged")
    assert "Move the ledger away and start a new run" in message


def test_a_ledger_is_read_for_damage_where_a_run_goes_on_and_not_to_look_at_it(
    tmp_path: Path,
) -> None:
    path = damaged(tmp_path / "ledger.sqlite", 5 * 8192, b"\xff" * 30_000)
    with pytest.raises(StorageError, match="damaged"):
        Ledger(path)
    looked_at = Ledger.read(path)
    with pytest.raises(StorageError, match="damaged"):
        _ = [looked_at.attempts_at(k) for k in range(50)]
    looked_at._db.close()


def test_a_damaged_ledger_is_not_written_to(tmp_path: Path) -> None:
    path = damaged(tmp_path / "ledger.sqlite", 0, b"this is no SQLite file, is it?")
    before = path.read_bytes()
    with pytest.raises(StorageError):
        Ledger(path)
    assert path.read_bytes() == before


def test_a_truncated_ledger_is_told_as_damaged(tmp_path: Path) -> None:
    path = damaged(tmp_path / "ledger.sqlite", 0, b"")
    with path.open("r+b") as file:
        file.truncate(3 * 8192)
    with pytest.raises(StorageError, match="damaged"):
        Ledger(path)


def test_a_ledger_whose_first_process_was_killed_at_any_statement_can_be_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.sqlite"

    def killed(self: Ledger, key: str, value: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "note", killed)
        with contextlib.suppress(KeyboardInterrupt):
            Ledger(path).close()
    again = Ledger(path)
    assert again.about("format") == FORMAT
    again.close()


def test_a_ledger_of_another_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger(path)
    ledger.note("format", FORMAT + 1)
    ledger.close()
    with pytest.raises(StorageError, match=r"another version of tradegen.*use a new --name"):
        Ledger(path)


def test_a_folder_where_the_ledger_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").mkdir()
    with pytest.raises(StorageError, match="the run folder cannot be written"):
        Ledger(tmp_path / "ledger.sqlite")


def test_a_missing_or_empty_ledger_of_a_run_that_was_begun_is_not_begun_again(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ledger.sqlite"
    with pytest.raises(StorageError, match=r"ledger\.sqlite: missing, though this run was begun"):
        Ledger(path, begin=False)
    path.touch()
    with pytest.raises(StorageError, match=r"ledger\.sqlite: empty, though this run was begun"):
        Ledger(path, begin=False)
    with pytest.raises(StorageError, match=r"ledger\.sqlite: empty"):
        Ledger.read(path)
    assert path.read_bytes() == b""


@pytest.mark.parametrize("begin", [True, False])
@pytest.mark.parametrize("table", ["customers", "attempts"])
def test_the_database_of_another_program_is_left_as_it_is(
    tmp_path: Path, table: str, *, begin: bool
) -> None:
    path = tmp_path / "ledger.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute(f"CREATE TABLE {table} (name TEXT)")
    before = path.read_bytes()
    with pytest.raises(StorageError, match="a database, but no whole ledger of tradegen"):
        Ledger(path, begin=begin)
    with pytest.raises(StorageError, match="a database, but no whole ledger of tradegen"):
        Ledger.read(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def changed(path: Path, statement: str) -> Path:
    """Return a ledger of one accepted row and one thrown away, damaged by a statement."""
    ledger = Ledger(path)
    with ledger.transaction():
        ledger.record([FIRST, THROWN_AWAY])
        ledger.accept(0, 0)
    ledger.note("started", "noon")
    ledger.close()
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute(statement)
        other.commit()
    return path


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE attempts SET seeds = 'x'",
        "UPDATE attempts SET seeds = '3'",
        "UPDATE attempts SET seeds = '[3]'",
        "UPDATE attempts SET scores = '[]'",
        "UPDATE attempts SET critique = CAST(x'ff' AS TEXT)",
    ],
)
def test_a_damaged_attempt_is_told_with_the_files_name(tmp_path: Path, statement: str) -> None:
    path = changed(tmp_path / "ledger.sqlite", statement)
    ledger = Ledger.read(path)
    with pytest.raises(StorageError, match="ledger is damaged") as told:
        ledger.attempts_at(1)
    assert str(told.value).startswith(f"{path}: ")
    ledger.close()


@pytest.mark.parametrize("value", ["{", "3", "[]"])
def test_a_damaged_fact_is_told_with_its_name(tmp_path: Path, value: str) -> None:
    statement = f"UPDATE about SET value = '{value}' WHERE key = 'started'"
    ledger = Ledger.read(changed(tmp_path / "ledger.sqlite", statement))
    with pytest.raises(StorageError, match=r"the ledger is damaged \(started: "):
        ledger.about("started", str)
    ledger.close()


def test_an_accepted_row_that_is_missing_is_told(tmp_path: Path) -> None:
    ledger = Ledger.read(changed(tmp_path / "ledger.sqlite", "DELETE FROM rows"))
    with pytest.raises(StorageError, match=r"damaged \(accepted row 0 is missing\)"):
        list(ledger.accepted())
    ledger.close()


def test_an_error_while_rows_are_read_is_not_hidden_by_closing(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    with ledger.transaction():
        ledger.record([passed(0), passed(1)])
    unfinished = ledger.recorded()
    next(unfinished)
    ledger.close()


# --- readers beside the writer ----------------------------------------------------------------


def test_a_second_writer_is_kept_out_with_a_clear_error(ledger: Ledger) -> None:
    other = Ledger(ledger.path)
    other._db.execute("PRAGMA busy_timeout = 50")
    with (
        ledger.transaction(),
        pytest.raises(StorageError, match="another program has the ledger open"),
        other.transaction(),
    ):
        pass
    other.close()


def test_a_reader_sees_what_is_committed_while_a_writer_is_at_work(ledger: Ledger) -> None:
    with ledger.transaction():
        ledger.record([passed(0)])
    with ledger.transaction():
        ledger.record([passed(1)])
        reader = Ledger.read(ledger.path)
        seen = [one.row_number for one in reader.recorded()]
        reader._db.execute("PRAGMA busy_timeout = 0")
        reader.close()
    assert seen == [0]
    assert [one.row_number for one in ledger.recorded()] == [0, 1]


def test_a_reader_that_comes_and_goes_does_not_hinder_the_writer(ledger: Ledger) -> None:
    stop = threading.Event()
    failures: list[BaseException] = []
    reads = 0

    def read() -> None:
        nonlocal reads
        try:
            while not stop.is_set():
                reader = Ledger.read(ledger.path)
                list(reader.accepted())
                reader.close()
                reads += 1
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        written = 0
        while reads < 20 and not failures:
            with ledger.transaction():
                ledger.record([passed(written)])
                ledger.accept(written, 0)
            written += 1
            time.sleep(0.001)
    finally:
        stop.set()
        thread.join()
    assert not failures
    assert len(list(ledger.accepted())) == written


def test_reading_leaves_nothing_behind_and_needs_no_log(tmp_path: Path, ledger: Ledger) -> None:
    with ledger.transaction():
        ledger.record([FIRST])
    ledger.close()
    before = ledger.path.read_bytes()
    reader = Ledger.read(ledger.path)
    assert reader.attempts_at(0) == [FIRST]
    assert list(tmp_path.iterdir()) == [ledger.path], "a log cannot be made on read-only media"
    reader.close()
    assert list(tmp_path.iterdir()) == [ledger.path]
    assert ledger.path.read_bytes() == before
    ledger._db = sqlite3.connect(":memory:")  # the fixture closes it once more


def test_what_a_killed_process_left_in_its_log_is_read(tmp_path: Path, ledger: Ledger) -> None:
    with ledger.transaction():
        ledger.record([FIRST])
    for suffix in ("", "-wal"):
        copy = tmp_path / f"killed.sqlite{suffix}"
        copy.write_bytes(ledger.path.with_name(f"{ledger.path.name}{suffix}").read_bytes())
    before = (tmp_path / "killed.sqlite").read_bytes()
    reader = Ledger.read(tmp_path / "killed.sqlite")
    assert reader.attempts_at(0) == [FIRST]
    reader.close()
    assert (tmp_path / "killed.sqlite").read_bytes() == before


def test_the_file_is_plain_sqlite_that_other_tools_can_read(ledger: Ledger) -> None:
    with ledger.transaction():
        ledger.record([FIRST, THROWN_AWAY])
    outside = sqlite3.connect(ledger.path)
    found = outside.execute("SELECT row_number, outcome, kind FROM attempts").fetchall()
    outside.close()
    assert found == [(0, "passed", ""), (1, "thrown_away", "realism")]
