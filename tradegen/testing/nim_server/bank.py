"""The bank: trades written beforehand, so that answering costs nearly nothing."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tradegen.engines.critique import Critique
from tradegen.testing.nim_server.answers import Answer, Answerer, CannotAnswerError
from tradegen.testing.nim_server.opinions import opinion

Bucket = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Deposit:
    """A trade in the wire form, as JSON text, and the volatility bucket it lies in."""

    bucket: Bucket
    text: str


class Bank:
    """Hands out the trades of each bucket one after the other."""

    def __init__(self, deposits: Iterable[Deposit]) -> None:
        """Keep deposits by bucket."""
        self._texts: dict[Bucket, list[str]] = defaultdict(list)
        for deposit in deposits:
            self._texts[deposit.bucket].append(deposit.text)
        self._taken: Counter[Bucket] = Counter()

    def take(self, bucket: Bucket) -> Answer | None:
        """Return the bucket's next trade, None for an unknown bucket.

        No trade comes twice before all have come once.
        """
        texts = self._texts.get(bucket)
        if not texts:
            return None
        nth = self._taken[bucket]
        self._taken[bucket] += 1
        trade: Answer = json.loads(texts[nth % len(texts)])
        return trade


class BankAnswerer:
    """Answers generators from a bank and lets every judge pass; see `answers.Answerer`.

    Whatever else is asked goes to another answerer, which is made when it is first needed.
    """

    def __init__(self, bank: Bank, make_other: Callable[[], Answerer]) -> None:
        """Answer from a bank, else from what `make_other` returns."""
        self._bank = bank
        self._make_other = make_other
        self._pass = opinion(Critique())

    @cached_property
    def _other(self) -> Answerer:
        return self._make_other()

    async def answer(self, task: Mapping[str, Any], blocks: Mapping[str, Any]) -> Answer:
        """Return a trade of the task's bucket, or a pass."""
        if task.get("role") == "judge":
            return self._pass
        if task.get("role") == "generator":
            trade = self._bank.take(_bucket(task))
            if trade is not None:
                return trade
        return await self._other.answer(task, blocks)


def _bucket(task: Mapping[str, Any]) -> Bucket:
    try:
        return float(task["volatility"]["low"]), float(task["volatility"]["high"])
    except (KeyError, TypeError, ValueError) as error:
        message = f"data block task: no volatility with low and high ({error!r})"
        raise CannotAnswerError(message) from error


def deposits_as_text(deposits: Iterable[Deposit]) -> str:
    """Return deposits as JSON lines."""
    return "".join(
        f'{{"low":{low!r},"high":{high!r},"row":{one.text}}}\n'
        for one in deposits
        for low, high in [one.bucket]
    )


def read_deposits(path: Path) -> list[Deposit]:
    """Return the deposits of a file of JSON lines."""
    return [
        Deposit((line["low"], line["high"]), json.dumps(line["row"], separators=(",", ":")))
        for line in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    ]
