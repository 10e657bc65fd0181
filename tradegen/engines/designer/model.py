"""One role's model, asked through Data Designer: questions of many rows become one column."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tradegen.data.calls import Answered
from tradegen.engines.designer.batches import BatchAnswers, BatchRunner, Column
from tradegen.engines.designer.gathering import Gatherer, in_thread
from tradegen.engines.designer.watch import Watch
from tradegen.engines.nim.answers import AnswerForm
from tradegen.engines.nim.prompting import Message
from tradegen.engines.nim.transport.errors import DroppedError
from tradegen.errors import EngineUnavailableError

MOST_DROPPED_IN_A_ROW = 64
"""Rows dropped, with none filled between them, after which a model counts as unusable."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One row's part of a batch: its answer as JSON, or None and why it was dropped."""

    text: str | None
    reason: str
    calls: int
    requests: int
    tokens_in: int
    tokens_out: int
    seconds: float


class DesignerModel:
    """See `engines.nim.models.ChatModel`."""

    def __init__(self, column: Column, runner: BatchRunner, watch: Watch, batch_rows: int) -> None:
        """Ask `column`'s model in batches of `batch_rows` questions at the most."""
        self.name = column.model
        self._column = column
        self._runner = runner
        self._watch = watch
        self._dropped_in_a_row = 0
        self._cell = Gatherer(self._fill, batch_rows)

    async def complete(
        self, messages: Sequence[Message], form: AnswerForm[Any], seed: int  # noqa: ARG002
    ) -> Answered:  # fmt: skip
        """Return the model's answer. Raises `DroppedError` if Data Designer dropped the row."""
        cell = await self._cell(messages)
        if cell.text is None:
            raise DroppedError(
                cell.reason or "no reason given",
                cell.requests,
                calls=cell.calls,
                tokens_in=cell.tokens_in,
                tokens_out=cell.tokens_out,
            )
        return Answered(
            cell.text, cell.tokens_in, cell.tokens_out, cell.requests, cell.seconds, cell.calls
        )

    async def _fill(self, conversations: Sequence[Sequence[Message]]) -> list[Cell]:
        work = in_thread(lambda: self._runner.run(self._column, conversations))
        answers = await self._watch.over(work)
        if any(text is not None for text in answers.texts):
            self._dropped_in_a_row = 0
        else:
            await self._count_dropped(answers)
        return cells_of(answers)

    async def _count_dropped(self, answers: BatchAnswers) -> None:
        """Raise `EngineUnavailableError` if it is no accident that a whole batch was dropped."""
        if answers.calls == 0:
            await self._watch.look()
        self._dropped_in_a_row += len(answers.texts)
        if self._dropped_in_a_row >= MOST_DROPPED_IN_A_ROW:
            raise EngineUnavailableError(
                f"Data Designer dropped {self._dropped_in_a_row} rows in a row that were asked of "
                f"{self.name}; of the last it said: {answers.reasons[-1] or 'nothing'}. "
                "What was accepted is kept"
            )


def cells_of(answers: BatchAnswers) -> list[Cell]:
    """Return each row's cell. What a batch used is shared among its rows, whole and evenly.

    Every answered row has one call at least; calls beyond that go to rows that were dropped first,
    for an answer that could not be used had come there.
    """
    n = len(answers.texts)
    filled = sum(text is not None for text in answers.texts)
    spare = max(answers.calls - filled, 0)
    order = sorted(range(n), key=lambda k: answers.texts[k] is not None)
    extra = dict(zip(order, _shares(spare, n), strict=True))
    requests, tokens_in, tokens_out = (
        _shares(total, n) for total in (answers.requests, answers.tokens_in, answers.tokens_out)
    )
    return [
        Cell(
            text=text,
            reason=reason,
            calls=extra[k] + (text is not None),
            requests=requests[k],
            tokens_in=tokens_in[k],
            tokens_out=tokens_out[k],
            seconds=answers.seconds,
        )
        for k, (text, reason) in enumerate(zip(answers.texts, answers.reasons, strict=True))
    ]


def _shares(total: int, n: int) -> list[int]:
    """Return `total` in `n` whole parts that differ by 1 at the most, the larger ones first."""
    each, more = divmod(total, n)
    return [each + (k < more) for k in range(n)]
