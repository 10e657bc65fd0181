"""The dataset of a run: accepted and thrown-away rows as Parquet, in bounded memory."""

import json
import shlex
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from tradegen.data.atomic import atomic_file
from tradegen.data.ledger import Attempt
from tradegen.data.parquet import read_table
from tradegen.data.provenance import marked
from tradegen.data.row import ExtraColumn, Row, arrow_schema
from tradegen.data.row_codec import decode_row, decode_rows
from tradegen.data.rows import Rows
from tradegen.errors import DamagedError, StorageError

_ROWS_A_GROUP = 1000
_REJECTED_A_GROUP = 100  # a thrown-away row is kilobytes of text
_LONG_TEXT = ("row", "raw_answer")
_Item = TypeVar("_Item")

REJECTED_SCHEMA = pa.schema(
    [
        pa.field("row_number", pa.int64(), nullable=False),
        pa.field("attempt", pa.int64(), nullable=False),
        pa.field("stage", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("retries", pa.int64(), nullable=False),
        pa.field("target_volatility", pa.float64(), nullable=False),
        pa.field("grounding_seeds", pa.list_(pa.string()), nullable=False),
        pa.field("critique", pa.string(), nullable=False),
        pa.field("scores", pa.string(), nullable=False),
        pa.field("row", pa.string()),
        pa.field("raw_answer", pa.string()),
    ]
)
"""Columns of `rejected.parquet`; `scores` and `row` are JSON."""


def write_rows(
    path: Path,
    encoded: Iterable[bytes],
    extras: Sequence[ExtraColumn],
    *,
    expected: int | None = None,
) -> int:
    """Write accepted rows from the ledger's bytes; return how many there were.

    Raises `DamagedError`, and writes nothing, for bytes that are no row, or if there are not as
    many rows as `expected`.
    """
    count = 0
    with atomic_file(path) as part, _writer(part, marked(arrow_schema(extras))) as writer:
        for chunk in _chunks(encoded, _ROWS_A_GROUP):
            writer.write_table(_as_table(chunk, extras))
            count += len(chunk)
        if expected not in (None, count):
            raise DamagedError(f"{count:,} accepted rows are there, and {expected:,} were counted")
    return count


def _as_table(encoded: Sequence[bytes], extras: Sequence[ExtraColumn]) -> pa.Table:
    rows = decode_rows(encoded)
    try:
        return rows.to_arrow(extras)
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise DamagedError(f"a row has values that no row can have: {error}") from error


def write_rejected(path: Path, attempts: Iterable[Attempt]) -> None:
    """Write the attempts that were thrown away."""
    with atomic_file(path) as part, _writer(part, REJECTED_SCHEMA) as writer:
        for chunk in _chunks(attempts, _REJECTED_A_GROUP):
            records = [_record(attempt) for attempt in chunk]
            writer.write_table(pa.Table.from_pylist(records, schema=REJECTED_SCHEMA))


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Return a writer with dictionaries for short text; for all else they only cost memory."""
    text = [f.name for f in schema if pa.types.is_string(f.type) and f.name not in _LONG_TEXT]
    return pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=text)


def _record(attempt: Attempt) -> dict[str, Any]:
    row = None if attempt.row is None else row_as_json(decode_row(attempt.row))
    return {
        "row_number": attempt.row_number,
        "attempt": attempt.attempt,
        "stage": attempt.stage,
        "kind": attempt.kind,
        "retries": attempt.retries,
        "target_volatility": attempt.target,
        "grounding_seeds": list(attempt.seeds),
        "critique": attempt.critique,
        "scores": json.dumps(dict(attempt.scores)),
        "row": row,
        "raw_answer": attempt.raw or None,
    }


def row_as_json(row: Row) -> str:
    """Return a row as a flat JSON object, with the user's own columns beside the contract's.

    JSON has no word for numbers that are not finite, as a thrown-away row may have them: they
    become null.
    """
    record = json.loads(row.model_dump_json())
    bars, extras = record.pop("bars"), record.pop("extras")
    return json.dumps({**record, **extras, "bars": bars}, allow_nan=False)


def read_dataset(path: Path) -> pa.Table:
    """Return all of a run's rows. Raises `StorageError` if the file cannot be read."""
    with _readable(path):
        return read_table(path)


def check_rows(path: Path, accepted: int, *, all_of_it: bool = False) -> None:
    """Raise `StorageError` unless a run's rows are what its accepted rows should be.

    `all_of_it` reads every row; otherwise the number of rows and the columns are looked at.
    """
    check_file(path, arrow_schema(()), accepted, all_of_it=all_of_it)


def check_rejected(path: Path, thrown_away: int) -> None:
    """Raise `StorageError` unless a run's rejected attempts can all be read."""
    check_file(path, REJECTED_SCHEMA, thrown_away, all_of_it=True)


def check_file(path: Path, schema: pa.Schema, rows: int, *, all_of_it: bool) -> None:
    """Raise `StorageError` unless a run's file has these columns and as many rows."""
    with _readable(path), pq.ParquetFile(path) as file:
        there = file.schema_arrow
        for field in schema:
            if field.name not in there.names or there.field(field.name).type != field.type:
                raise DamagedError(f"no column {field.name} of type {field.type}")
        if file.metadata.num_rows != rows:
            raise DamagedError(f"{file.metadata.num_rows:,} rows, expected {rows:,}")
        for group in range(file.num_row_groups if all_of_it else 0):
            file.read_row_group(group)


class DamagedFileError(StorageError):
    """A file of a run is not what was written, or has gone; `what` says how that shows."""

    def __init__(self, path: Path, what: str) -> None:
        self.what = f"{path}: damaged ({what})"
        run = path.parent.absolute()
        command = ["run", "--resume", "--name", run.name, "--folder", str(run.parent)]
        super().__init__(
            f"{self.what}; write it anew from the ledger with: "
            f"python -m tradegen {shlex.join(command)}"
        )


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, DamagedError) as error:
        raise DamagedFileError(path, str(error)) from error


def read_rows(path: Path) -> Iterator[Rows]:
    """Yield the rows of a dataset, group by group."""
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            yield Rows.from_arrow(file.read_row_group(group))


def _chunks(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
