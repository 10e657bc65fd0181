"""An evaluation as it lies in a folder: its verdict and the tables that are drawn."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, FiniteFloat, ValidationError

from tradegen.data.parquet import read_table
from tradegen.errors import StorageError

Record = dict[str, Any]
_Text = Annotated[str, Field(min_length=1)]


class CheckRecord(BaseModel):
    """A check, as `evaluation.json` has it."""

    check: _Text
    outcome: Literal["passed", "failed", "open"]
    fault: Literal["overfit", "underfit"]
    value: FiniteFloat | None
    low: FiniteFloat | None
    high: FiniteFloat | None
    limit: FiniteFloat | None
    worse: Literal["higher", "lower"]
    half_of_gold: FiniteFloat | None
    gold_holdout: FiniteFloat | None
    says: _Text


class FactRecord(BaseModel):
    """A stylised fact of gold and of the rows, with standard errors."""

    fact: str
    gold: FiniteFloat | None
    gold_error: FiniteFloat | None
    synthetic: FiniteFloat | None
    synthetic_error: FiniteFloat | None


class _Of(BaseModel):
    gold_fingerprint: str
    quick: bool
    seed: int
    tradegen: str


class Verdict(BaseModel):
    """What `evaluation.json` says, as far as a report shows it."""

    verdict: Literal["well_fit", "overfit", "underfit", "inconclusive"]
    headline: str
    reasons: list[str]
    next: str
    of: _Of
    rows: dict[str, int]
    notes: list[str]
    checks: list[CheckRecord]
    facts: list[FactRecord]


@dataclass(frozen=True)
class EvaluationFiles:
    """A verdict with the tables of its books and its searches; empty ones where a file is gone."""

    says: Verdict
    equity: list[Record]
    curves: list[Record]


def read_evaluation(folder: Path) -> EvaluationFiles | None:
    """Return the evaluation that lies in a folder, or None. Raises `StorageError` if damaged."""
    path = folder / "evaluation.json"
    if not path.is_file():
        return None
    try:
        says = Verdict.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StorageError(
            f"{path}: not what an evaluation writes ({where}: {first['msg']}); evaluate again"
        ) from error
    except OSError as error:
        raise StorageError(f"{path}: cannot be read ({error.strerror})") from error
    tables = folder / "evaluation"
    return EvaluationFiles(
        says, _table(tables / "equity.parquet"), _table(tables / "learning_curves.parquet")
    )


def _table(path: Path) -> list[Record]:
    if not path.is_file():
        return []
    try:
        records: list[Record] = read_table(path).to_pylist()
    except (OSError, ValueError) as error:
        raise StorageError(f"{path}: cannot be read ({error}); evaluate again") from error
    return [{name: _known(value) for name, value in record.items()} for record in records]


def _known(value: object) -> object:
    """Return a value of a table, or None for a number that is none: it cannot be drawn."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
