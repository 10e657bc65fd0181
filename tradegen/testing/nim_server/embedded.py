"""The embedded answerer: writes, judges and refines trades as the embedded engine does."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tradegen.data.gold import Gold
from tradegen.data.row import LOOKBACK, Row, to_microseconds
from tradegen.engines.critique import Critique, Finding
from tradegen.engines.protocols import Brief, Engine
from tradegen.errors import TradegenError
from tradegen.samplers.constraint import SEEDS, VolatilityConstraint
from tradegen.testing.nim_server.answers import Answer, CannotAnswerError
from tradegen.testing.nim_server.codec import Codec
from tradegen.testing.nim_server.opinions import opinion
from tradegen.testing.nim_server.wire_fields import named_fields, patch

_BEAT_S = 0.01
"""Requests that come within this time go through the engine together."""


class Bounds(BaseModel):
    """The part of a task that says what volatility the row must have."""

    model_config = ConfigDict(extra="ignore")

    value: float
    low: float
    high: float


class TaskBlock(BaseModel):
    """The data block named `task`."""

    model_config = ConfigDict(extra="ignore")

    role: str
    row_number: int
    attempt: int
    volatility: Bounds
    retry: int = Field(default=1, ge=1)


class EmbeddedAnswerer:
    """See `answers.Answerer`. Seeds are told apart by symbol, side and entry bar."""

    def __init__(self, engine: Engine, gold: Gold, codec: Codec) -> None:
        """Answer with an engine that learned from `gold`."""
        self._engine = engine
        self._codec = codec
        rows = [gold.train.row(i) for i in range(len(gold.train))]
        self._seeds = {_key(r.symbol, r.side, int(r.bars.time[LOOKBACK])): r for r in rows}
        self._stand_ins = tuple(rows[:SEEDS])  # for judges who are shown no seeds
        self._roles = {
            "generator": self._generate,
            "judge": self._judge,
            "refiner": self._refine,
        }

    async def answer(self, task: Mapping[str, Any], blocks: Mapping[str, Any]) -> Answer:
        """Return a trade, an opinion, or `{"patch": [...]}`, by the task's role."""
        try:
            asked = TaskBlock.model_validate(task)
            brief = self._brief(asked, blocks)
            role = self._roles[asked.role]
        except ValidationError as error:
            raise CannotAnswerError(f"data block task: {error}") from error
        except (KeyError, TypeError, ValueError) as error:
            raise CannotAnswerError(f"data blocks: {error!r}") from error
        loop = asyncio.get_running_loop()
        await asyncio.sleep(_BEAT_S - loop.time() % _BEAT_S)
        return await role(brief, task, blocks)

    def _brief(self, asked: TaskBlock, blocks: Mapping[str, Any]) -> Brief:
        seeds = tuple(self._seed(wire) for wire in blocks.get("seeds", ()))
        if not seeds and asked.role == "judge":
            seeds = self._stand_ins
        if len(seeds) != SEEDS:
            raise CannotAnswerError(f"data block seeds holds {len(seeds)} trades, not {SEEDS}")
        bounds = asked.volatility
        constraint = VolatilityConstraint(bounds.value, bounds.low, bounds.high)
        return Brief(asked.row_number, asked.attempt, constraint, seeds)

    def _seed(self, wire: Mapping[str, Any]) -> Row:
        opening = to_microseconds(datetime.fromisoformat(wire["entry_bar"]))
        found = self._seeds.get(_key(wire["symbol"], wire["side"], opening))
        if found is None:
            raise CannotAnswerError(
                f"seed {wire['symbol']} {wire['side']} {wire['entry_bar']} is not in the server's "
                "gold train; expected the same --gold and --holdout as the run's"
            )
        return found

    async def _generate(
        self, brief: Brief, _task: Mapping[str, Any], _blocks: Mapping[str, Any]
    ) -> Answer:
        return self._codec.encode(await self._engine.generator.generate(brief))

    async def _judge(
        self, brief: Brief, _task: Mapping[str, Any], blocks: Mapping[str, Any]
    ) -> Answer:
        try:
            row = self._decode(blocks)
        except CannotAnswerError as error:
            unreadable = Finding("consistency", "row", str(error), "as written", ("bars",))
            return opinion(Critique((unreadable,)))
        return opinion(await self._engine.judge.judge(row, brief))

    async def _refine(
        self, brief: Brief, task: Mapping[str, Any], blocks: Mapping[str, Any]
    ) -> Answer:
        row = self._decode(blocks)
        fields = named_fields(task, blocks.get("critique", ""))
        complaint = Finding("realism", "row", "criticised", "see critique", tuple(sorted(fields)))
        edited = await self._engine.refiner.refine(
            row, Critique((complaint,)), brief, int(task.get("retry", 1))
        )
        return {"patch": patch(blocks["row"], self._codec.encode(edited), fields)}

    def _decode(self, blocks: Mapping[str, Any]) -> Row:
        try:
            return self._codec.decode(blocks["row"])
        except (LookupError, TypeError, ValueError, TradegenError) as error:
            raise CannotAnswerError(f"data block row: {error}") from error


def _key(symbol: str, side: str, opening: int) -> tuple[str, str, int]:
    return symbol, side, opening
