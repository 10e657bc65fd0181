"""The ledger: the run's durable record of every attempt, in one SQLite file."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from tradegen.errors import DamagedError, InputError, StorageError

Outcome = Literal["passed", "accepted", "thrown_away"]

FORMAT = 3
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
    log          TEXT NOT NULL,
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
    log: Mapping[str, Any]
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
_AS_JSON = frozenset({"seeds", "scores", "log"})
_INSERT_ROW = "INSERT OR IGNORE INTO rows VALUES (?, ?, ?)"
_PAGES_BETWEEN_CHECKPOINTS = 4000
_OWN_TABLES = {"about", "attempts", "rows"}


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a run needs to know of an attempt to go on where it was stopped."""

    row_number: int
    attempt: int
    outcome: Outcome
    fingerprint: bytes | None


class Ledger:
    """A run's ledger. One process writes it; what `transaction` has left is safe from a kill."""

    def __init__(self, path: Path, *, begin: bool = True, reading: bool = False) -> None:
        """Open a ledger to write it, after all of it was read for damage.

        Where there is none it is begun, unless `begin` is off; `reading` is for `Ledger.read`.
        Raises `StorageError` if the file is no ledger, is damaged, is missing though it must be
        there, or cannot be written.
        """
        if not begin and not path.exists():
            raise StorageError(f"{path}: missing, {_NOTHING_TO_GO_ON_WITH}")
        self.path = path
        self._reading = reading
        with self._storage_errors():
            place = _read_only(path) if reading else path
            self._db = sqlite3.connect(place, isolation_level=None, uri=reading)
        try:
            with self._storage_errors():
                self._open(begin=begin)
        except BaseException:
            self._db.close()
            raise

    def _open(self, *, begin: bool) -> None:
        there = self._is_there(begin=begin)
        if not there:
            self._begin()
        elif not self._reading:
            self._set_up()
            if (found := self._db.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
                raise sqlite3.DatabaseError(found)
        if (written := self.about("format")) != FORMAT:
            raise StorageError(
                f"{self.path}: written by another version of tradegen (format {written}, this one "
                f"writes {FORMAT}); use a new --name"
            )

    @classmethod
    def read(cls, path: Path) -> Self:
        """Open a ledger that is there, to look at; nothing of it is changed.

        Raises `InputError` if there is none, `StorageError` if the file is no ledger.
        """
        if not path.is_file():
            raise InputError(f"{path}: no ledger here")
        return cls(path, begin=False, reading=True)

    def _is_there(self, *, begin: bool) -> bool:
        """Return whether the tables are there; only an empty database may do without them."""
        tables = {name for (name,) in self._db.execute("SELECT name FROM sqlite_schema")}
        if tables >= _OWN_TABLES:
            return True
        if tables:
            missing = ", ".join(sorted(_OWN_TABLES - tables))
            raise StorageError(
                f"{self.path}: a database, but no whole ledger of tradegen (it has no table "
                f"{missing}); it is left as it is: move it away, or use a new --name"
            )
        if not begin:
            raise StorageError(f"{self.path}: empty, {_NOTHING_TO_GO_ON_WITH}")
        return False

    def _begin(self) -> None:
        self._db.execute("PRAGMA page_size = 8192")
        self._set_up()
        note_format = f"INSERT INTO about VALUES ('format', '{FORMAT}');"  # noqa: S608
        self._db.executescript(f"BEGIN; {_TABLES} {note_format} COMMIT;")

    def _set_up(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute(f"PRAGMA wal_autocheckpoint = {_PAGES_BETWEEN_CHECKPOINTS}")
        self._db.execute("PRAGMA synchronous = NORMAL")

    def close(self) -> None:
        """Close the file; after writing, fold its write-ahead log into it."""
        with self._storage_errors():
            if not self._reading:
                with suppress(sqlite3.OperationalError):  # what stays in the log is as safe there
                    self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._db.close()

    @contextmanager
    def _storage_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StorageError(_explain(self.path, error)) from error

    @contextmanager
    def trusted(self) -> Iterator[None]:
        """Let what is read inside be decoded: a value that is damaged is told with the file."""
        try:
            yield
        except DamagedError as error:
            raise StorageError(_damaged(self.path, error)) from error

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

    def about(self, key: str, kind: type | tuple[type, ...] = object) -> Any:
        """Return a fact about the run, or None. Raises `StorageError` if it is of another kind."""
        with self._storage_errors():
            found = self._db.execute("SELECT value FROM about WHERE key = ?", (key,)).fetchone()
        with self.trusted():
            return None if found is None else _read_json(found[0], kind, key)

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
        """Yield the bytes of every accepted row by row number.

        Raises `StorageError` if one of them is not there.
        """
        with self._storage_errors():
            cursor = self._db.execute(
                "SELECT row_number, data FROM attempts "
                "LEFT JOIN rows USING (row_number, attempt) "
                "WHERE outcome = 'accepted' ORDER BY row_number"
            )
            for row_number, data in cursor:
                if data is None:
                    raise StorageError(_damaged(self.path, f"accepted row {row_number} is missing"))
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
                with self.trusted():
                    where = f"of row {fields['row_number']}"
                    fields["seeds"] = _read_seeds(fields["seeds"], f"seeds {where}")
                    fields["scores"] = _read_json(fields["scores"], dict, f"scores {where}")
                    fields["log"] = _read_json(fields["log"], dict, f"log {where}")
                yield Attempt(**fields)

    def counts_by_bucket(self) -> dict[int, tuple[int, int]]:
        """Return the numbers of attempts and of accepted rows of each bucket that was tried."""
        with self._storage_errors():
            found = self._db.execute(
                "SELECT bucket, count(*), sum(outcome = 'accepted') FROM attempts GROUP BY bucket"
            )
            return {bucket: (attempts, accepted) for bucket, attempts, accepted in found}

    def _logged(self) -> dict[str, Any]:
        """Return usage by role and what arithmetic settled, over all attempts that logged any."""
        usage: dict[str, dict[str, float]] = {}
        settled: dict[str, int] = {}
        with self._storage_errors(), self.trusted():
            for (text,) in self._db.execute("SELECT log FROM attempts WHERE log != '{}'"):
                log = _read_json(text, dict, "log")
                for role, used in log.get("usage", {}).items():
                    total = usage.setdefault(role, dict.fromkeys(used, 0))
                    for name, amount in used.items():
                        total[name] += amount
                for note in log.get("settled", []):
                    field = note.split(":")[0]
                    settled[field] = settled.get(field, 0) + 1
        return {"usage": usage, "settled": settled} if usage or settled else {}

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
            **self._logged(),
        }


def _values(attempt: Attempt) -> tuple[object, ...]:
    return tuple(
        json.dumps(value) if name in _AS_JSON else value
        for name, value in ((name, getattr(attempt, name)) for name in _COLUMNS)
    )


def _read_only(path: Path) -> str:
    """Return the address under which SQLite reads a ledger and changes nothing.

    It would leave an empty log behind where it finds none, and fail where it cannot. Without a log
    no process writes, and the file alone is all there is.
    """
    log = path.with_name(f"{path.name}-wal")
    alone = not log.exists() or log.stat().st_size == 0
    return f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if alone else ''}"


def _read_json(text: str, kind: type | tuple[type, ...], name: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DamagedError(f"{name}: no JSON") from error
    if not isinstance(value, kind):
        raise DamagedError(f"{name}: unexpected {type(value).__name__}")
    return value


def _read_seeds(text: str, name: str) -> tuple[str, ...]:
    seeds = _read_json(text, list, name)
    if not all(isinstance(seed, str) for seed in seeds):
        raise DamagedError(f"{name}: not all are names of trades")
    return tuple(seeds)


_NOTHING_TO_GO_ON_WITH = (
    "though this run was begun: what it had is not here. Put the ledger back, or start a new run "
    "with another --name"
)


def _explain(path: Path, error: sqlite3.Error) -> str:
    text = str(error)
    if isinstance(error, sqlite3.OperationalError) and "decode" not in text:
        if "full" in text:
            advice = "the disk is full; make room and run again with --resume"
        elif "readonly" in text or "unable to open" in text:
            advice = "the run folder cannot be written"
        elif "locked" in text:
            advice = "another program has the ledger open"
        elif "I/O" in text and (limit := _largest_file()) is not None:
            advice = (
                f"no file may be larger than {limit:,} bytes here (ulimit -f), or the disk fails; "
                "raise the limit and run the same command again with --resume"
            )
        else:
            advice = "nothing written before is lost; run again with --resume"
        return f"{path}: {text}: {advice}"
    return _damaged(path, text)


def _largest_file() -> int | None:
    """Return the largest size that this process may give a file, in bytes, if there is one."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return None
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    return None if limit == resource.RLIM_INFINITY else limit


def _damaged(path: Path, what: object) -> str:
    return (
        f"{path}: the ledger is damaged ({what}). rows.parquet, if it was written, is whole. Move "
        "the ledger away and start a new run, or try sqlite3's .recover command on it"
    )
