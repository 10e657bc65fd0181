"""Asking: one question to a model, with the journal before it and one repair behind it."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel

from tradegen.data.calls import Answered, CallJournal
from tradegen.engines.attempt_log import Usage, current_log
from tradegen.engines.nim.answers import AnswerError, AnswerForm
from tradegen.engines.nim.models import ChatModel
from tradegen.engines.nim.options import Role, RoleOptions
from tradegen.engines.nim.prompting import Message, Prompt, as_data
from tradegen.engines.nim.transport.errors import CallFailedError
from tradegen.engines.nim.wire import WireError
from tradegen.engines.protocols import Brief, RowFailedError

_MILLION = 1_000_000
_PROBLEM_CHARACTERS = 2000
_RAW_CHARACTERS = 20_000

Answer = TypeVar("Answer", bound=BaseModel)
Result = TypeVar("Result")


_Answer_co = TypeVar("_Answer_co", bound=BaseModel, covariant=True)


class Asks(Protocol[_Answer_co]):
    """Gets one role's questions answered."""

    async def ask(
        self,
        brief: Brief,
        messages: Sequence[Message],
        read: Callable[[_Answer_co], Result],
        seed: int,
    ) -> Result:
        """Return what `read` makes of the answer. Raises `RowFailedError` if there is none."""
        ...


@dataclass(frozen=True)
class Asker(Generic[Answer]):
    """Asks on behalf of one role."""

    role: Role
    model: ChatModel
    options: RoleOptions
    form: AnswerForm[Answer]
    repair: Prompt
    journal: CallJournal | None

    async def ask(
        self,
        brief: Brief,
        messages: Sequence[Message],
        read: Callable[[Answer], Result],
        seed: int,
    ) -> Result:
        """Return what `read` makes of the model's answer.

        An answer that does not fit the form, or that `read` refuses with `AnswerError` or
        `WireError`, is given back once with what is wrong with it. Raises `RowFailedError` if
        the second answer is no better, or none comes.
        """
        turns = list(messages)
        text = await self._text(brief, turns, seed)
        try:
            return read(self.form.read(text))
        except (AnswerError, WireError) as error:
            problem = as_data(str(error), _PROBLEM_CHARACTERS)
        turns += [Message("assistant", text), *self.repair.fill(problem=problem)]
        text = await self._text(brief, turns, seed)
        try:
            return read(self.form.read(text))
        except (AnswerError, WireError) as error:
            raise RowFailedError(
                self.role, "malformed", str(error), text[:_RAW_CHARACTERS]
            ) from error

    async def _text(self, brief: Brief, turns: Sequence[Message], seed: int) -> str:
        """Return the model's answer, from the journal if it was given before."""
        request = self._digest(turns, seed)
        answered = (
            self.journal.find(brief.row_number, brief.attempt, request) if self.journal else None
        )
        if answered is None:
            try:
                answered = await self.model.complete(turns, self.form, seed)
            except CallFailedError as error:
                current_log().used(self.role, self._usage_of_failure(error))
                raise RowFailedError(self.role, error.kind, str(error), error.body) from error
            if self.journal:
                self.journal.keep(brief.row_number, brief.attempt, request, answered)
        current_log().used(self.role, self._usage(answered), request)
        return answered.answer

    def _digest(self, turns: Sequence[Message], seed: int) -> bytes:
        options = self.options
        asked: list[Any] = [self.role, self.model.name, options.temperature, options.top_p, seed]
        asked += [[turn.speaker, turn.text] for turn in turns]
        return hashlib.sha256(json.dumps(asked).encode()).digest()

    def _usage(self, answered: Answered) -> Usage:
        return Usage(
            calls=answered.calls,
            tokens_in=answered.tokens_in,
            tokens_out=answered.tokens_out,
            requests=answered.requests,
            seconds=answered.seconds,
            cost=self._cost(answered.tokens_in, answered.tokens_out),
        )

    def _usage_of_failure(self, error: CallFailedError) -> Usage:
        return Usage(
            calls=error.calls,
            tokens_in=error.tokens_in,
            tokens_out=error.tokens_out,
            requests=error.tries,
            cost=self._cost(error.tokens_in, error.tokens_out),
        )

    def _cost(self, tokens_in: int, tokens_out: int) -> float:
        options = self.options
        return (tokens_in * options.price_in + tokens_out * options.price_out) / _MILLION
