"""The call journal: what was answered is found again, whichever version has kept it."""

import sqlite3
from pathlib import Path

import pytest

from tradegen.data.calls import Answered, CallJournal
from tradegen.errors import StorageError

OLD = """
CREATE TABLE calls (
    row_number INTEGER NOT NULL,
    attempt    INTEGER NOT NULL,
    request    BLOB NOT NULL,
    answer     TEXT NOT NULL,
    tokens_in  INTEGER NOT NULL,
    tokens_out INTEGER NOT NULL,
    requests   INTEGER NOT NULL,
    seconds    REAL NOT NULL,
    PRIMARY KEY (row_number, attempt, request)
) STRICT, WITHOUT ROWID
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Return a journal as it was before answers told how many calls they took."""
    path = tmp_path / "calls.sqlite"
    with sqlite3.connect(path) as db:
        db.execute(OLD)
        db.execute("INSERT INTO calls VALUES (3, 0, x'01', '{}', 10, 20, 2, 0.5)")
    db.close()
    return path


def test_a_journal_of_an_older_version_goes_on(old: Path) -> None:
    journal, beside = CallJournal(old), CallJournal(old)
    assert journal.find(3, 0, b"\x01") == Answered("{}", 10, 20, 2, 0.5, calls=1)
    new = Answered("[]", 1, 2, 3, 4.0, calls=2)
    journal.keep(4, 1, b"\x02", new)
    assert beside.find(4, 1, b"\x02") == new
    journal.forget([(3, 0), (4, 1)])
    assert not beside.has_answers()
    journal.close()
    beside.close()


def test_a_journal_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"
    path.write_bytes(b"no database at all, but long enough to be looked at" * 40)
    with pytest.raises(StorageError, match=r"calls\.sqlite: damaged"):
        CallJournal(path)
