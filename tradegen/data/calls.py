"""The call journal: every model answer of unfinished attempts, so that none is paid for twice."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tradegen.errors import StorageError

_TABLE = """
CREATE TABLE IF NOT EXISTS calls (
    row_number INTEGER NOT NULL,
    attempt    INTEGER NOT NULL,
    request    BLOB NOT NULL,
    answer     TEXT NOT NULL,
    tokens_in  INTEGER NOT NULL,
    tokens_out INTEGER NOT NULL,
    requests   INTEGER NOT NULL,
    seconds    REAL NOT NULL,
    calls      INTEGER NOT NULL,
    PRIMARY KEY (row_number, attempt, request)
) STRICT, WITHOUT ROWID
"""
_ADDED = {"calls": "INTEGER NOT NULL DEFAULT 1"}
"""Columns that older journals lack, and what they get."""

_LOCKED_S = 30.0


@dataclass(frozen=True, slots=True)
class Answered:
    """A model's answer and what it took: tokens, requests sent until it came, seconds.

    `calls` of those requests were answered: more than one where answers were corrected on the way.
    """

    answer: str
    tokens_in: int
    tokens_out: int
    requests: int
    seconds: float
    calls: int = 1


class CallJournal:
    """Answers by attempt and by digest of the request; several processes may write at once.

    An attempt that is begun again after a crash is told the answers it had, and goes the same
    way as before up to the first question that was not answered. What has been kept survives the
    end of the process by any means.
    """

    def __init__(self, path: Path) -> None:
        """Open a journal, or begin one. Raises `StorageError` if that cannot be done."""
        self._path = path
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=_LOCKED_S)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute(_TABLE)
            self._add_columns()
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _add_columns(self) -> None:
        """Bring a journal that an older version began up to date."""
        there = {str(name) for _, name, *_ in self._db.execute("PRAGMA table_info(calls)")}
        for name in _ADDED.keys() - there:
            self._db.execute(f"ALTER TABLE calls ADD COLUMN {name} {_ADDED[name]}")

    def find(self, row_number: int, attempt: int, request: bytes) -> Answered | None:
        """Return the answer that a request of an attempt got, if it got one."""
        try:
            found = self._db.execute(
                "SELECT answer, tokens_in, tokens_out, requests, seconds, calls FROM calls "
                "WHERE row_number = ? AND attempt = ? AND request = ?",
                (row_number, attempt, request),
            ).fetchone()
        except sqlite3.Error as error:
            raise self._failed(error) from error
        return None if found is None else Answered(*found)

    def keep(self, row_number: int, attempt: int, request: bytes, answered: Answered) -> None:
        """Keep an answer."""
        values = (
            row_number,
            attempt,
            request,
            answered.answer,
            answered.tokens_in,
            answered.tokens_out,
            answered.requests,
            answered.seconds,
            answered.calls,
        )
        try:
            self._db.execute(
                "INSERT OR REPLACE INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values
            )
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def has_answers(self) -> bool:
        """Return whether any answer is kept."""
        try:
            return self._db.execute("SELECT 1 FROM calls LIMIT 1").fetchone() is not None
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def forget(self, attempts: Iterable[tuple[int, int]]) -> None:
        """Drop the answers of attempts, `(row number, attempt)`, that the ledger has by now."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(
                "DELETE FROM calls WHERE row_number = ? AND attempt = ?", list(attempts)
            )
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def remove(self) -> None:
        """Remove the files of a closed journal: no attempt needs it any more."""
        for ending in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + ending).unlink(missing_ok=True)

    def _failed(self, error: sqlite3.Error) -> StorageError:
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(
            error, sqlite3.OperationalError
        ):
            return StorageError(
                f"{self._path}: damaged ({error}); remove it and run again with --resume: the "
                "answers of unfinished attempts that were in it are asked for again"
            )
        return StorageError(
            f"{self._path}: {error}; make room or mend the folder's rights and run again with "
            "--resume: nothing that was answered before is lost"
        )
