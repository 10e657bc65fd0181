"""Answers: what is of use in the dataset of a job, and what is not, counted by reason."""

import io
import json
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tradegen.data.atomic import atomic_file
from tradegen.engines.designer.columns import ROW_ID
from tradegen.errors import EngineUnavailableError
from tradegen.remote.asked import TRADE, VERDICT, read_row_id

_LARGEST_PART = 1 << 30
_SPARE_ROWS, _ROWS_BESIDE = 10, 1000

_SCHEMA = pa.schema(
    {"row_number": pa.int64(), "attempt": pa.int64(), TRADE: pa.string(), VERDICT: pa.string()}
)


@dataclass
class Answers:
    """Answers by row number and attempt, as JSON, and what else was in the dataset."""

    of_rows: dict[tuple[int, int], tuple[str | None, str | None]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)


def read_answers(archive: Path, n: int) -> Answers:
    """Return the answers in a job's dataset, a tar archive of Parquet files, for rows 0 to `n` - 1.

    Of rows that come twice the first counts. Raises `EngineUnavailableError` for an archive that
    is none, ends too early, or lacks a column.
    """
    answers = Answers()
    for table in _tables(archive, _SPARE_ROWS * n + _ROWS_BESIDE):
        missing = {ROW_ID, TRADE} - set(table.column_names)
        if missing:
            raise EngineUnavailableError(
                f"the job's dataset has no column {', '.join(sorted(missing))}; it has "
                f"{', '.join(table.column_names)}: was it a job of `tradegen designer submit`?"
            )
        ids, trades = table[ROW_ID].to_pylist(), table[TRADE].to_pylist()
        verdicts = (
            table[VERDICT].to_pylist() if VERDICT in table.column_names else [None] * len(ids)
        )
        for one, trade, verdict in zip(ids, trades, verdicts, strict=True):
            _take(answers, read_row_id(one), n, _as_json(trade), _as_json(verdict))
    return answers


def _take(
    answers: Answers,
    key: tuple[int, int] | None,
    n: int,
    trade: str | None,
    verdict: str | None,
) -> None:
    if key is None or key[0] >= n or key[1] != 0:  # a job makes one attempt at each row
        answers.left_out["rows that were not asked for"] += 1
    elif key in answers.of_rows:
        answers.left_out["rows that came twice"] += 1
    else:
        answers.of_rows[key] = (trade, verdict)


def write_answers(path: Path, answers: Answers) -> None:
    """Write answers for engine `designer-job`."""
    items = answers.of_rows.items()
    columns = {
        "row_number": [number for (number, _), _ in items],
        "attempt": [attempt for (_, attempt), _ in items],
        TRADE: [trade for _, (trade, _) in items],
        VERDICT: [verdict for _, (_, verdict) in items],
    }
    with atomic_file(path) as place:
        pq.write_table(pa.table(columns, schema=_SCHEMA), place)


def _tables(archive: Path, most: int) -> Iterator[pa.Table]:
    """Yield the tables of an archive, in which few bytes may stand for `most` rows and more."""
    found, rows = False, 0
    try:
        with tarfile.open(archive, mode="r:*") as tar:
            for member in tar:
                if not (member.isfile() and member.name.endswith(".parquet")):
                    continue
                if member.size > _LARGEST_PART:
                    raise EngineUnavailableError(
                        f"the job's dataset holds {member.name} of {member.size:,} bytes; expected "
                        "some thousand a row"
                    )
                part = tar.extractfile(member)
                found = True
                file = pq.ParquetFile(io.BytesIO(part.read() if part else b""))
                rows += file.metadata.num_rows
                if rows > most:
                    raise EngineUnavailableError(
                        f"the job's dataset holds {rows:,} rows and more, far beyond what was "
                        "asked for"
                    )
                yield file.read()
    except (tarfile.TarError, EOFError, OSError, pa.ArrowException, ValueError) as error:
        raise EngineUnavailableError(
            f"the job's dataset is damaged or ends too early ({error}); fetch it again with "
            "--resume"
        ) from error
    if not found:
        raise EngineUnavailableError("the job's dataset holds no Parquet file")


def _as_json(value: Any) -> str | None:
    """Return a cell as JSON text: a service may write objects, or their text."""
    if isinstance(value, str):
        return value
    return json.dumps(_without_nulls(value), default=str) if isinstance(value, dict) else None


def _without_nulls(value: dict[str, Any]) -> dict[str, Any]:
    """Return a record without the fields that Arrow added to it because other rows have them."""
    return {name: item for name, item in value.items() if item is not None}


def told(left_out: Iterable[tuple[str, int]]) -> str:
    """Return in words what was left out."""
    return ", ".join(f"{count:,} {what}" for what, count in left_out)
