"""Answerers: who writes what the server answers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from tradegen.errors import TradegenError

Answer = dict[str, Any]


class CannotAnswerError(TradegenError):
    """A request that no answer can be given to; the client is told why, with a 400."""


class Answerer(Protocol):
    """Writes the content of an answer, before any fault spoils it."""

    async def answer(self, task: Mapping[str, Any], blocks: Mapping[str, Any]) -> Answer:
        """Return the answer to a task; `blocks` are all the data blocks of the request."""
        ...


class ScriptedAnswerer:
    """Gives each role the answers it was told to, one after the other; the last one stays."""

    def __init__(self, answers: Mapping[str, Sequence[Answer]]) -> None:
        """Answer from lists by role."""
        self._answers = answers
        self._given: Counter[str] = Counter()

    async def answer(self, task: Mapping[str, Any], _blocks: Mapping[str, Any]) -> Answer:
        """Return the role's next answer."""
        role = str(task.get("role"))
        answers = self._answers.get(role)
        if not answers:
            raise CannotAnswerError(f"no answer for role {role!r}; there is {list(self._answers)}")
        nth = self._given[role]
        self._given[role] += 1
        return answers[min(nth, len(answers) - 1)]
