"""`status.json`: what the nightly job does or did, for people, monitors and the next night."""

import math
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError

from tradegen.data.atomic import write_text
from tradegen.errors import DamagedError, StorageError

STATUS_FILE = "status.json"


class State(StrEnum):
    """How far a nightly run is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    ABANDONED = "abandoned"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class Metric(_Part):
    """A number that nights are compared by; `error` is its standard error."""

    value: float
    error: float
    higher_is_worse: bool


class Difference(_Part):
    """A metric then and now: how much worse it is (negative: better), and how much may be.

    `allowed` is None where the metric is not watched.
    """

    metric: str
    then: float
    now: float
    worse_by: float
    allowed: float | None
    is_worse: bool


class Failure(_Part):
    """What a nightly run failed of."""

    type: str
    message: str
    exit_code: int


class Status(_Part):
    """All that `status.json` says. Times are in UTC.

    `sessions` counts how often work on the run was begun: more than one means that it was resumed.
    `trouble_before` tells whether the nightly job was in trouble before this run, and `alerted_of`
    which exit code an alert has told of.
    """

    schema_version: Literal[1] = 1
    state: State
    run: str
    night: date
    step: str | None = None
    started: datetime
    heartbeat: datetime
    ended: datetime | None = None
    sessions: NonNegativeInt = 1
    exit_code: int | None = None
    good: bool = False
    accepted_by_hand: bool = False
    asked: NonNegativeInt | None = None
    accepted: NonNegativeInt | None = None
    verdict: str | None = None
    headline: str | None = None
    metrics: dict[str, Metric] = {}
    compared_with: str | None = None
    comparison: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    seconds: dict[str, float] = {}
    next: str | None = None
    error: Failure | None = None
    notes: tuple[str, ...] = ()
    alerted_of: int | None = None
    trouble_before: bool = False

    @property
    def in_trouble(self) -> bool:
        """Whether the nightly job needs somebody: of an unended run, whether it did before."""
        if self.state in (State.DONE, State.FAILED):
            return not self.good
        return self.trouble_before


def read_status(path: Path) -> Status | None:
    """Return what a `status.json` says, or None if there is none. Raises `DamagedError`."""
    try:
        return Status.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise DamagedError(f"{path}: cannot be read ({_first(error)}); remove it") from error


def _first(error: OSError | ValidationError) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    wrong = error.errors()[0]
    if wrong["loc"] == ("schema_version",):
        return f"schema_version {wrong['input']}: written by another version of tradegen"
    return wrong["msg"]


def write_status(path: Path, status: Status) -> None:
    """Write a `status.json` atomically. Raises `StorageError` if it cannot be written."""
    if path.is_symlink():
        raise StorageError(f"{path}: is a link; nothing is written through it: remove it")
    write_text(path, status.model_dump_json(indent=2) + "\n")


def finite(value: object) -> float | None:
    """Return a number of a JSON file, or None where there is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
