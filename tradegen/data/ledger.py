"""The ledger: the run's durable record of every attempt, in one SQLite file."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from tradegen.errors import InputError, StorageError

Outcome = Literal["passed", "accepted", "thrown_away"]

FORMAT = 2
"""Version of the tables; a ledger of another version is not touched."""

_TABLES = """
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE attempts (
    row_number   INTEGER NOT NULL,
    attempt      INTEGER NOT NULL,
    outcome      TEXT NOT NULL CHECK (outcome IN ('passed', 'accepted', 'thrown_away')),
    stage        TEXT NOT NULL,
    kind         TEXT NOT NULL,
    retries      INTEGER NOT NULL,
    bucket       INTEGER NOT NULL,
    target       REAL NOT NULL,
    low          REAL NOT NULL,
    high         REAL NOT NULL,
    seeds        TEXT NOT NULL,
    critique     TEXT NOT NULL,
    scores       TEXT NOT NULL,
    raw          TEXT NOT NULL,
    seconds      REAL NOT NULL,
    calls        INTEGER NOT NULL,
    tokens_in    INTEGER NOT NULL,
    tokens_out   INTEGER NOT NULL,
    fingerprint  BLOB,
    PRIMARY KEY (row_number, attempt)
) STRICT, WITHOUT ROWID;
CREATE TABLE rows (
    row_number   INTEGER NOT NULL,
    attempt      INTEGER NOT NULL,
    data         BLOB NOT NULL,
    PRIMARY KEY (row_number, attempt)
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at one row, as the ledger keeps it.

    An attempt that `passed` its judge waits for the rows before it; then it is `accepted` or, as
    a near-twin of one of them, `thrown_away`. `bucket` counts the constraint's buckets from 0;
    two of them may have the same volatilities and differ in another column. `seconds` is the time
    from start to end, during which other rows were worked on too; `critique` is the judge's text,
    `raw` what an engine answered where that could not be read. `fingerprint` and `row` are bytes,
    if there is a row.
    """

    row_number: int
    attempt: int
    outcome: Outcome
    stage: str
    kind: str
    retries: int
    bucket: int
    target: float
    low: float
    high: float
    seeds: tuple[str, ...]
    critique: str
    scores: Mapping[str, float]
    raw: str
    seconds: float
    calls: int
    tokens_in: int
    tokens_out: int
    fingerprint: bytes | None
    row: bytes | None


_COLUMNS = tuple(name for name in Attempt.__slots__ if name != "row")
_INSERT = (
    f"INSERT OR IGNORE INTO attempts ({', '.join(_COLUMNS)}) "  # noqa: S608  (our own names)
    f"VALUES ({', '.join('?' * len(_COLUMNS))})"
)
_REOPEN = """
UPDATE attempts SET outcome = 'passed', stage = 'judge', kind = '', critique = ''
WHERE fingerprint IS NOT NULL AND row_number >= (
    SELECT min(row_number) FROM (
        SELECT row_number FROM attempts GROUP BY row_number
        HAVING sum(outcome = 'accepted') = 0 AND max(attempt) + 1 < ?
    )
    WHERE row_number < (SELECT max(row_number) FROM attempts WHERE outcome = 'accepted')
)
"""
"""A row without an accepted attempt, below one that has one, was given up."""
_INSERT_ROW = "INSERT OR IGNORE INTO rows VALUES (?, ?, ?)"
_PAGES_BETWEEN_CHECKPOINTS = 4000


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a run needs to know of an attempt to go on where it was stopped."""

    row_number: int
    attempt: int
    outcome: Outcome
    fingerprint: bytes | None


class Ledger:
    """A run's ledger. One process writes it; what `transaction` has left is safe from a kill."""

    def __init__(self, path: Path, *, check: bool = True) -> None:
        """Open a ledger, or begin one where there is none; `check` reads all of it for damage.

        Raises `StorageError` if the file is no ledger, is damaged, or cannot be written.
        """
        self.path = path
        with self._storage_errors():
            self._db = sqlite3.connect(path, isolation_level=None)
        try:
            self._open(check=check)
        except BaseException:
            self._db.close()
            raise

    def _open(self, *, check: bool) -> None:
        with self._storage_errors():
            self._db.execute("PRAGMA page_size = 8192")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute(f"PRAGMA wal_autocheckpoint = {_PAGES_BETWEEN_CHECKPOINTS}")
            self._db.execute("PRAGMA synchronous = NORMAL")
            tables = {name for (name,) in self._db.execute("SELECT name FROM sqlite_schema")}
            if "attempts" not in tables:
                note_format = f"INSERT INTO about VALUES ('format', '{FORMAT}');"  # noqa: S608
                self._db.executescript(f"BEGIN; {_TABLES} {note_format} COMMIT;")
            elif (
                check and (found := self._db.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok"
            ):
                raise sqlite3.DatabaseError(found)
            if self.about("format") != FORMAT:
                raise StorageError(
                    f"{self.path}: written by another version of tradegen (format "
                    f"{self.about('format')}, this one writes {FORMAT}); use a new --name"
                )

    @classmethod
    def read(cls, path: Path) -> Self:
        """Open a ledger that is there, to look at. Raises `InputError` if there is none."""
        if not path.is_file():
            raise InputError(f"{path}: no ledger here")
        return cls(path, check=False)

    def close(self) -> None:
        """Close the file, folding its write-ahead log into it."""
        with self._storage_errors():
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._db.close()

    @contextmanager
    def _storage_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StorageError(_explain(self.path, error)) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all that is written inside durable together, or nothing of it."""
        with self._storage_errors():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all that is read inside be of one moment, while another process may be writing."""
        with self._storage_errors():
            self._db.execute("BEGIN")
        try:
            yield
        finally:
            with self._storage_errors():
                self._db.execute("COMMIT")

    def note(self, key: str, value: object) -> None:
        """Keep a fact about the run, as JSON."""
        with self._storage_errors():
            self._db.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (key, json.dumps(value)))

    def about(self, key: str) -> Any:
        """Return a fact about the run, or None."""
        with self._storage_errors():
            found = self._db.execute("SELECT value FROM about WHERE key = ?", (key,)).fetchone()
        return None if found is None else json.loads(found[0])

    def record(self, attempts: Sequence[Attempt]) -> None:
        """Write attempts; one that is already there is left as it is."""
        self._db.executemany(_INSERT, [_values(attempt) for attempt in attempts])
        self._db.executemany(
            _INSERT_ROW, [(a.row_number, a.attempt, a.row) for a in attempts if a.row is not None]
        )

    def accept(self, row_number: int, attempt: int) -> None:
        """Turn an attempt that passed into an accepted row."""
        self._db.execute(
            "UPDATE attempts SET outcome = 'accepted' WHERE row_number = ? AND attempt = ?",
            (row_number, attempt),
        )

    def throw_away_twin(self, row_number: int, attempt: int, twin: int) -> None:
        """Throw away an attempt that passed, as a near-twin of an accepted row."""
        self._db.execute(
            "UPDATE attempts SET outcome = 'thrown_away', stage = 'admission', kind = 'collapse', "
            "critique = ? WHERE row_number = ? AND attempt = ?",
            (f"collapse: bars: near-twin of accepted row {twin}", row_number, attempt),
        )

    def throw_away_spare(self, row_number: int, attempt: int, accepted: int) -> None:
        """Throw away an attempt that passed, as attempt `accepted` at its row was accepted."""
        self._db.execute(
            "UPDATE attempts SET outcome = 'thrown_away', stage = 'admission', kind = 'spare', "
            "critique = ? WHERE row_number = ? AND attempt = ?",
            (f"spare: attempt {accepted} at this row was accepted", row_number, attempt),
        )

    def reopen(self, max_attempts_per_row: int) -> None:
        """Make admission undone from the first given-up row on that may now be tried again.

        Else that row would yield to higher-numbered rows accepted in the meantime, and which rows
        a run has would depend on how often its limits were raised. All attempts that passed their
        judge then wait to be decided over once more.
        """
        with self.transaction():
            self._db.execute(_REOPEN, (max_attempts_per_row,))

    def recorded(self) -> Iterator[Recorded]:
        """Yield all attempts by row number and attempt, without their rows."""
        with self._storage_errors():
            cursor = self._db.execute(
                "SELECT row_number, attempt, outcome, fingerprint FROM attempts "
                "ORDER BY row_number, attempt"
            )
            for values in cursor:
                yield Recorded(*values)

    def accepted(self) -> Iterator[bytes]:
        """Yield the bytes of every accepted row by row number."""
        with self._storage_errors():
            cursor = self._db.execute(
                "SELECT data FROM attempts JOIN rows USING (row_number, attempt) "
                "WHERE outcome = 'accepted' ORDER BY row_number"
            )
            for (data,) in cursor:
                yield data

    def thrown_away(self) -> Iterator[Attempt]:
        """Yield every attempt that was thrown away, by row number and attempt."""
        yield from self._select("outcome = 'thrown_away'")

    def attempts_at(self, row_number: int) -> list[Attempt]:
        """Return all attempts at one row."""
        return list(self._select("row_number = ?", (row_number,)))

    def _select(self, condition: str, values: tuple[object, ...] = ()) -> Iterator[Attempt]:
        query = (
            f"SELECT {', '.join(_COLUMNS)}, data FROM attempts "  # noqa: S608  (our own names)
            f"LEFT JOIN rows USING (row_number, attempt) WHERE {condition} "
            "ORDER BY row_number, attempt"
        )
        with self._storage_errors():
            for found in self._db.execute(query, values):
                fields = dict(zip((*_COLUMNS, "row"), found, strict=True))
                fields["seeds"] = tuple(json.loads(fields["seeds"]))
                fields["scores"] = json.loads(fields["scores"])
                yield Attempt(**fields)

    def counts_by_bucket(self) -> dict[int, tuple[int, int]]:
        """Return the numbers of attempts and of accepted rows of each bucket that was tried."""
        with self._storage_errors():
            found = self._db.execute(
                "SELECT bucket, count(*), sum(outcome = 'accepted') FROM attempts GROUP BY bucket"
            )
            return {bucket: (attempts, accepted) for bucket, attempts, accepted in found}

    def summary(self) -> dict[str, Any]:
        """Return counts over all attempts: outcomes, kinds of failure, retries, usage."""
        with self._storage_errors():
            outcomes = dict(
                self._db.execute("SELECT outcome, count(*) FROM attempts GROUP BY outcome")
            )
            kinds = dict(
                self._db.execute(
                    "SELECT kind, count(*) FROM attempts WHERE outcome = 'thrown_away' "
                    "GROUP BY kind ORDER BY count(*) DESC, kind"
                )
            )
            retries = dict(
                self._db.execute(
                    "SELECT retries, count(*) FROM attempts WHERE outcome = 'accepted' "
                    "GROUP BY retries ORDER BY retries"
                )
            )
            calls, tokens_in, tokens_out = self._db.execute(
                "SELECT total(calls), total(tokens_in), total(tokens_out) FROM attempts"
            ).fetchone()
        return {
            "attempts": sum(outcomes.values()),
            "accepted": outcomes.get("accepted", 0),
            "waiting": outcomes.get("passed", 0),
            "thrown_away": outcomes.get("thrown_away", 0),
            "thrown_away_by_kind": kinds,
            "accepted_by_retries": {str(count): rows for count, rows in retries.items()},
            "calls": int(calls),
            "tokens_in": int(tokens_in),
            "tokens_out": int(tokens_out),
        }


def _values(attempt: Attempt) -> tuple[object, ...]:
    return tuple(
        json.dumps(value) if name in ("seeds", "scores") else value
        for name, value in ((name, getattr(attempt, name)) for name in _COLUMNS)
    )


def _explain(path: Path, error: sqlite3.Error) -> str:
    text = str(error)
    if isinstance(error, sqlite3.OperationalError):
        if "full" in text:
            advice = "the disk is full; make room and run again with --resume"
        elif "readonly" in text or "unable to open" in text:
            advice = "the run folder cannot be written"
        elif "locked" in text:
            advice = "another program has the ledger open"
        else:
            advice = "nothing written before is lost; run again with --resume"
        return f"{path}: {text}: {advice}"
    return (
        f"{path}: the ledger is damaged ({text}). rows.parquet, if it was written, is whole. Move "
        "the ledger away and start a new run, or try sqlite3's .recover command on it"
    )
