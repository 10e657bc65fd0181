"""Rows written by the embedded engine, through a codec that loses nothing."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

import jsonpatch
import numpy as np
import pytest

from tests.support.engine import brief, complaint, demo_model
from tests.support.rows import demo_gold
from tradegen.data.changes import changed_fields, outside
from tradegen.data.row import LOOKBACK, Bars, Row, from_microseconds
from tradegen.engines.protocols import Brief
from tradegen.testing.nim_server.answers import Answer, CannotAnswerError
from tradegen.testing.nim_server.codec import Codec, WireCodec
from tradegen.testing.nim_server.embedded import EmbeddedAnswerer


class PlainCodec:
    """Puts a row's own numbers under the names of the wire."""

    def encode(self, row: Row) -> dict[str, Any]:
        bars = row.bars
        columns = (bars.open, bars.high, bars.low, bars.close, bars.volume)
        return {
            "trade_id": row.trade_id,
            "symbol": row.symbol,
            "side": row.side,
            "interval": row.interval,
            "entry_bar": from_microseconds(int(bars.time[LOOKBACK])).isoformat(),
            "entry_after_s": row.entry_time.isoformat(),
            "entry_bp": row.entry_price,
            "exit_after_s": row.exit_time.isoformat(),
            "exit_bp": row.exit_price,
            "quantity": row.quantity,
            "median_volume": 1.0,
            "extras": row.extras,
            "times": bars.time.tolist(),
            "bars": [list(bar) for bar in zip(*(c.tolist() for c in columns), strict=True)],
        }

    def decode(self, wire: Mapping[str, Any]) -> Row:
        time = np.array(wire["times"], dtype=np.int64)
        columns = np.array(wire["bars"], dtype=np.float64).T
        return Row.model_construct(
            trade_id=wire["trade_id"],
            symbol=wire["symbol"],
            side=wire["side"],
            interval=wire["interval"],
            entry_time=datetime.fromisoformat(wire["entry_after_s"]),
            entry_price=wire["entry_bp"],
            exit_time=datetime.fromisoformat(wire["exit_after_s"]),
            exit_price=wire["exit_bp"],
            quantity=wire["quantity"],
            extras=wire["extras"],
            bars=Bars(time, *(np.ascontiguousarray(column) for column in columns)),
        )


PLAIN = PlainCodec()


@cache
def answerer(*, plain: bool) -> EmbeddedAnswerer:
    codec: Codec = PLAIN if plain else WireCodec(demo_gold())
    return EmbeddedAnswerer(demo_model().start(), demo_gold(), codec)


def answers(*asked: tuple[dict[str, Any], dict[str, Any]], plain: bool = True) -> list[Answer]:
    async def run() -> list[Answer]:
        return await asyncio.gather(*(answerer(plain=plain).answer(*one) for one in asked))

    return asyncio.run(run())


def asked(role: str, one: Brief, **blocks: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    bounds = one.constraint
    task = {
        "role": role,
        "row_number": one.row_number,
        "attempt": one.attempt,
        "volatility": {"value": bounds.value, "low": bounds.low, "high": bounds.high},
    }
    return task, {"seeds": [PLAIN.encode(seed) for seed in one.seeds], **blocks}


def written(i: int) -> Row:
    return PLAIN.decode(answers(asked("generator", brief(i)))[0])


def test_generators_get_what_the_embedded_engine_writes() -> None:
    briefs = [brief(i) for i in range(12)]
    engine = demo_model().start()

    async def directly() -> list[Row]:
        return await asyncio.gather(*(engine.generator.generate(one) for one in briefs))

    through = [PLAIN.decode(a) for a in answers(*(asked("generator", one) for one in briefs))]
    assert through == asyncio.run(directly())


def test_judges_get_the_embedded_engines_opinion() -> None:
    rows = [written(i) for i in range(12)]
    engine = demo_model().start()

    async def directly() -> list[bool]:
        opinions = (engine.judge.judge(row, brief(i)) for i, row in enumerate(rows))
        return [critique.passed for critique in await asyncio.gather(*opinions)]

    verdicts = answers(
        *(asked("judge", brief(i), row=PLAIN.encode(row)) for i, row in enumerate(rows))
    )
    passed = [all(one["score"] >= 4 for one in verdict.values()) for verdict in verdicts]
    assert passed == asyncio.run(directly())
    assert set(verdicts[0]) == {"realism", "consistency", "completeness"}


def test_a_judge_finds_a_fill_outside_its_bar_and_names_it_as_the_wire_does() -> None:
    row = written(1).model_copy(update={"entry_price": 1e6})
    (verdict,) = answers(asked("judge", brief(1), row=PLAIN.encode(row)))
    assert verdict["consistency"]["score"] < 4
    assert "entry_bp" in verdict["consistency"]["fields"]
    assert "entry_price" not in verdict["consistency"]["fields"]
    assert "entry_price" in verdict["consistency"]["reason"]


def test_a_judge_needs_no_seeds() -> None:
    task, blocks = asked("judge", brief(1), row=PLAIN.encode(written(1)))
    del blocks["seeds"]
    assert answers((task, blocks))[0]["completeness"]["score"] == 5


def test_a_judge_fails_a_trade_that_cannot_be_read() -> None:
    (verdict,) = answers(asked("judge", brief(1), row={"symbol": "?"}))
    assert verdict["consistency"]["score"] < 4


@pytest.mark.parametrize(
    "fields",
    [("bars", "entry_price", "exit_price"), ("bars.volume",), ("entry_price",), ("quantity",)],
    ids="+".join,
)
def test_a_refiners_patch_keeps_to_the_critique(fields: tuple[str, ...]) -> None:
    for i in range(4):
        row, critique = written(i), complaint(*fields)
        before = PLAIN.encode(row)
        listed = [{"criterion": f.criterion, "fields": [*f.fields]} for f in critique.findings]
        (answer,) = answers(asked("refiner", brief(i), row=before, critique=listed))
        after = PLAIN.decode(jsonpatch.apply_patch(before, answer["patch"]))
        changed = changed_fields(row, after)
        assert not outside(changed, critique.fields)
        assert changed or fields in (("entry_price",), ("quantity",))  # a draw may repeat a value


def test_the_real_wire_form_gives_rows_that_pass() -> None:
    codec = WireCodec(demo_gold())
    briefs = [brief(i) for i in range(20)]
    tasks = [asked("generator", one)[0] for one in briefs]
    seeds = [{"seeds": [codec.encode(seed) for seed in one.seeds]} for one in briefs]
    wires = answers(*zip(tasks, seeds, strict=True), plain=False)
    verdicts = answers(
        *(
            (task | {"role": "judge"}, shown | {"row": wire})
            for task, shown, wire in zip(tasks, seeds, wires, strict=True)
        ),
        plain=False,
    )
    passed = [all(one["score"] >= 4 for one in verdict.values()) for verdict in verdicts]
    assert sum(passed) >= 15


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"role": "poet"}, "poet"),
        ({"row_number": "x"}, "row_number"),
        ({"volatility": {}}, "volatility"),
    ],
)
def test_a_task_that_makes_no_sense_cannot_be_answered(change: dict[str, Any], said: str) -> None:
    task, blocks = asked("generator", brief(1))
    with pytest.raises(CannotAnswerError, match=said):
        answers((task | change, blocks))


def test_seeds_of_other_gold_are_named() -> None:
    task, blocks = asked("generator", brief(1))
    blocks["seeds"][0]["symbol"] = "ELSEWHERE"
    with pytest.raises(CannotAnswerError, match=r"ELSEWHERE .* --holdout"):
        answers((task, blocks))
    blocks["seeds"] = blocks["seeds"][1:]
    with pytest.raises(CannotAnswerError, match="holds 2 trades"):
        answers((task, blocks))
