"""Engine `designer-job`: reads what a finished Data Designer job wrote, and asks nobody."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import pyarrow.parquet as pq
from pydantic import BaseModel

from tradegen.data.gold import Gold
from tradegen.data.row import Row
from tradegen.engines.critique import Critique
from tradegen.engines.nim.answers import AnswerError, AnswerForm
from tradegen.engines.nim.engine import make_roles
from tradegen.engines.nim.options import NimOptions, Role
from tradegen.engines.nim.prompting import Message
from tradegen.engines.nim.wire import WireError
from tradegen.engines.protocols import Brief, Engine, RowFailedError
from tradegen.engines.rules import Rules
from tradegen.errors import EngineUnavailableError
from tradegen.guards.copies import CopyGuard

NAME = "designer-job"

_RAW_CHARACTERS = 20_000
_Answer = TypeVar("_Answer", bound=BaseModel)
_Result = TypeVar("_Result")

Answers = Mapping[tuple[int, int], str | None]
"""Answers as JSON by row number and attempt."""


@dataclass(frozen=True)
class FetchedAsker(Generic[_Answer]):
    """See `engines.nim.asking.Asks`: the answers are there, and what is missing stays missing."""

    role: Role
    form: AnswerForm[_Answer]
    answers: Answers

    async def ask(
        self,
        brief: Brief,
        messages: Sequence[Message],  # noqa: ARG002  (what the job was asked)
        read: Callable[[_Answer], _Result],
        seed: int,  # noqa: ARG002
    ) -> _Result:
        """Return what `read` makes of the row's answer."""
        text = self.answers.get((brief.row_number, brief.attempt))
        if text is None:
            raise RowFailedError(self.role, "missing", "the job's dataset has nothing of this row")
        try:
            return read(self.form.read(text))
        except (AnswerError, WireError) as error:
            raw = text[:_RAW_CHARACTERS]
            raise RowFailedError(self.role, "malformed", str(error), raw) from error


class NoRefiner:
    """See `engines.protocols.Refiner`: a row of a finished job is not made better."""

    async def refine(self, row: Row, critique: Critique, brief: Brief, retry: int) -> Row:  # noqa: ARG002
        """Throw the row away for what it was criticised for."""
        kinds = sorted({finding.criterion for finding in critique.findings})
        raise RowFailedError("judge", "+".join(kinds), "not refined: the job has ended")


@dataclass(frozen=True)
class FetchedRows:
    """The answers of a job; see `engines.registry.EngineModel`."""

    gold: Gold
    guard: CopyGuard
    options: NimOptions
    by_role: Mapping[Role, Answers]

    def start(self) -> Engine:
        """Return the engine's roles for this process."""

        def asker(role: Role, form: AnswerForm[Any]) -> FetchedAsker[Any]:
            return FetchedAsker(role, form, self.by_role.get(role, {}))

        rules = Rules(self.gold.market, self.guard)
        roles = make_roles(self.gold, rules, self.options, 0, asker)
        return Engine(NAME, roles.generator, roles.judge, NoRefiner(), applies_rules=True)


def learn_fetched(gold: Gold, options: NimOptions, dataset: Path | None) -> FetchedRows:
    """Read the answers of a job, as `remote.dataset` has written them.

    Raises `EngineUnavailableError` if no dataset is named, or it cannot be read.
    """
    if dataset is None:
        raise EngineUnavailableError(f"engine {NAME} works for `tradegen designer submit` alone")
    try:
        table = pq.read_table(dataset)
        keys = zip(table["row_number"].to_pylist(), table["attempt"].to_pylist(), strict=True)
        at = list(keys)
        by_role: dict[Role, Answers] = {
            "generator": dict(zip(at, table["trade"].to_pylist(), strict=True)),
            "judge": dict(zip(at, table["verdict"].to_pylist(), strict=True)),
        }
    except (OSError, ValueError, KeyError) as error:
        raise EngineUnavailableError(f"{dataset}: cannot be read ({error})") from error
    return FetchedRows(gold, CopyGuard(gold.train), options, by_role)
