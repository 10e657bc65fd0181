"""What an engine is: three small roles, each one method, the same for statistics and LLMs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from tradegen.data.row import Row
from tradegen.engines.critique import Critique
from tradegen.errors import TradegenError
from tradegen.samplers.constraint import VolatilityConstraint


class RowFailedError(TradegenError):
    """An attempt at one row failed for good: the row is thrown away, the run goes on.

    `stage` is the role that failed, `kind` the kind of failure and `raw` what it answered.
    """

    def __init__(self, stage: str, kind: str, message: str, raw: str = "") -> None:
        super().__init__(stage, kind, message, raw)
        self.stage, self.kind, self.message, self.raw = stage, kind, message, raw

    def __str__(self) -> str:
        return self.message


class RefinerOverreachError(RowFailedError):
    """A refiner changed fields that the critique does not name."""

    def __init__(self, fields: frozenset[str]) -> None:
        message = f"changed {', '.join(sorted(fields))}, which the critique does not name"
        super().__init__("refiner", "overreach", message)


@dataclass(frozen=True, slots=True)
class Brief:
    """The task of one attempt at one row: which row, what it must satisfy, which seeds it has.

    All randomness of the attempt comes from the run's seed, `row_number` and `attempt`.
    """

    row_number: int
    attempt: int
    constraint: VolatilityConstraint
    seeds: tuple[Row, ...]


class Generator(Protocol):
    """Writes one new row from a brief: core data only, no derived columns."""

    async def generate(self, brief: Brief) -> Row:
        """Return a new row; whatever its `trade_id`, the graph gives it one of its own."""
        ...


class Judge(Protocol):
    """Checks a row's realism, consistency and completeness."""

    async def judge(self, row: Row, brief: Brief) -> Critique:
        """Return what is wrong with the row; an empty critique lets it pass."""
        ...


class Refiner(Protocol):
    """Edits a row that failed, no more than its critique asks for."""

    async def refine(self, row: Row, critique: Critique, brief: Brief, retry: int) -> Row:
        """Return the edited row; `retry` counts from 1.

        Only fields in `critique.fields` may change; the graph checks it and throws the row away
        otherwise.
        """
        ...


async def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine's three roles under one name.

    `in_waves` says that they work on many rows at once: rows are then started together, and the
    next ones only when all of them have ended. `applies_rules` says that the judge holds rows
    against `engines.rules` itself; for all others the graph does it after them. `close` ends what
    the engine holds open; a process that ends anyway need not call it.
    """

    name: str
    generator: Generator
    judge: Judge
    refiner: Refiner
    in_waves: bool = False
    applies_rules: bool = False
    close: Callable[[], Awaitable[None]] = _nothing
