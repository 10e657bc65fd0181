"""Every error that tradegen raises on purpose, one type for each distinct reaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

PROBLEMS_SHOWN = 10
NAMES_SHOWN = 20


class TradegenError(Exception):
    """Root of all errors a user can cause or meet; `exit_code` is what the command returns."""

    exit_code: ClassVar[int] = 1

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows in place of a traceback: the message says what to do."""
        return [f"{type(self).__name__}: {self}"]


class InputError(TradegenError):
    """Bad usage or bad input: the user has to change a flag, a setting or a file."""

    exit_code = 2


class EngineUnavailableError(TradegenError):
    """The engine cannot work: unknown name, no key, no endpoint, or a worker died."""

    exit_code = 4


class ProviderError(TradegenError):
    """A provider of bars gave no answer: no package, no key, no network, or a limit reached."""

    exit_code = 4


class StorageError(TradegenError):
    """The run folder cannot be trusted or written: disk full, corrupt ledger, lock held."""

    exit_code = 5


class DamagedError(StorageError):
    """A stored value that cannot be what was written; who knows the file adds its name."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one row of one file.

    `row` counts from 1 as a person would: data rows in CSV and Parquet (the header is not
    counted), lines in JSONL.
    """

    file: str
    row: int | None
    field: str
    value: str
    expected: str

    def __str__(self) -> str:
        where = self.file if self.row is None else f"{self.file}, row {self.row}"
        found = f" is {self.value}" if self.value else ""
        return f"{where}: {self.field}{found}; expected {self.expected}"


def list_problems(problems: Sequence[Problem]) -> str:
    """Return the first problems, one a line, with a count of those not shown."""
    lines = [f"  {problem}" for problem in problems[:PROBLEMS_SHOWN]]
    hidden = len(problems) - PROBLEMS_SHOWN
    if hidden > 0:
        lines.append(f"  ... and {hidden} more")
    return "\n".join(lines)


def list_names(names: Iterable[object]) -> str:
    """Return the first names, by commas, with a count of those not shown."""
    every = [str(name) for name in names]
    shown = ", ".join(every[:NAMES_SHOWN])
    hidden = len(every) - NAMES_SHOWN
    return f"{shown} and {hidden:,} more" if hidden > 0 else shown


class GoldError(InputError):
    """Gold that cannot be used as it is, with every problem found in it."""

    def __init__(self, summary: str, problems: Sequence[Problem] = (), advice: str = "") -> None:
        self.problems = tuple(problems)
        parts = [summary, list_problems(self.problems), advice]
        super().__init__("\n".join(part for part in parts if part))


def one_line(text: str) -> str:
    """Return text on one line, without what steers a terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
