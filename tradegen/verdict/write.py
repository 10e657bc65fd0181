"""The files of an evaluation: `evaluation.json`, `evaluation.md`, and a table a Parquet file."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tradegen.data.atomic import atomic_file, make_folder_of, write_text
from tradegen.verdict.decide import EXIT_CODES
from tradegen.verdict.evaluation import Evaluation
from tradegen.verdict.tables import Record, tables
from tradegen.verdict.wording import as_markdown, headline, next_step, reasons

_IN_JSON = ("checks", "beside", "volatilities", "skills", "strategies", "facts", "metrics")
"""Tables that are small enough to be read beside the verdict."""


def _as_record(
    evaluation: Evaluation, found: Mapping[str, list[Record]], says: Mapping[str, Any]
) -> dict[str, Any]:
    record = {
        "verdict": evaluation.decision.verdict.value,
        "exit_code": EXIT_CODES[evaluation.decision.verdict],
        "headline": headline(evaluation),
        "reasons": reasons(evaluation),
        "next": next_step(evaluation),
        "of": dict(says),
        "rows": dict(evaluation.rows),
        "notes": list(evaluation.notes),
        "rank_correlation_of_strategies": evaluation.strategies.rank_correlation.value,
        "fake_alphas": list(evaluation.strategies.fake_alphas),
        **{name: found[name] for name in _IN_JSON},
    }
    return _finite(record)


def write_evaluation(
    evaluation: Evaluation, folder: Path, title: str, says: Mapping[str, Any]
) -> dict[str, Any]:
    """Write tables, page and verdict into a folder, the verdict last; return what that says.

    `says` is what was evaluated, and how. Equal evaluations give equal bytes. Raises
    `StorageError` if a file cannot be written.
    """
    found = tables(evaluation)
    for name, records in found.items():
        path = folder / "evaluation" / f"{name}.parquet"
        make_folder_of(path)
        _write_table(path, records)
    write_text(folder / "evaluation.md", as_markdown(evaluation, found, title))
    record = _as_record(evaluation, found, says)
    write_text(folder / "evaluation.json", json.dumps(record, indent=2, allow_nan=False) + "\n")
    return record


def _finite(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record without numbers that JSON has no word for."""
    return {
        key: None if isinstance(value, float) and value != value else value
        for key, value in record.items()
    }


def _write_table(path: Path, records: Sequence[Mapping[str, Any]]) -> None:
    names = list(dict.fromkeys(name for record in records for name in record))
    columns = {name: [record.get(name) for record in records] for name in names}
    with atomic_file(path) as part:
        pq.write_table(pa.table(columns), part, compression="zstd")
