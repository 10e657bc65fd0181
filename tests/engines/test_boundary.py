"""The boundary to engines: what is no row is thrown away, what is no opinion ends the run."""

import asyncio
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.support.engine import ScriptedEngine, brief
from tests.support.rows import demo_row
from tradegen.data.row import ExtraColumn, Row
from tradegen.engines.boundary import checked_engine
from tradegen.engines.critique import Critique
from tradegen.engines.protocols import RowFailedError
from tradegen.errors import EngineUnavailableError

EXTRAS = (ExtraColumn("note", "text"), ExtraColumn("lots", "integer"))


def changed(**fields: Any) -> Row:
    return demo_row(0).model_copy(update=fields)


def with_bars(**columns: Any) -> Row:
    return changed(bars=replace(demo_row(0).bars, **columns))


BARS = demo_row(0).bars


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "NoneType; expected a Row"),
        ({}, "dict; expected a Row"),
        (changed(bars=BARS[:64]), "bars: 64; expected more than 64"),
        (changed(bars=None), "bars: a NoneType"),
        (with_bars(volume=BARS.volume[:-1]), "bars.volume: "),
        (with_bars(volume=BARS.volume.astype(np.int64)), "bars.volume: expected an array of float"),
        (with_bars(close=BARS.close.tolist()), "bars.close: expected an array"),
        (changed(quantity="12"), "quantity: "),
        (changed(quantity=np.float32(12)), "quantity: "),
        (changed(entry_price=float("nan")), "entry_price: "),
        (changed(symbol="\ud800"), "symbol: "),
        (changed(entry_time=None), "entry_time: "),
        (changed(extras={"note": 3}), "extras.note: a int; expected text"),
        (changed(extras={"note": ["a"]}), "extras.note: "),
        (changed(extras={"note": "\ud800"}), "extras.note: "),
        (changed(extras={"lots": 1.5}), "extras.lots: a float; expected integer"),
        (changed(extras={"lots": True}), "extras.lots: a bool; expected integer"),
        (changed(extras={"lots": 2**63}), "extras.lots: 9223372036854775808 does not fit"),
    ],
)
def test_what_is_no_row_is_a_failure_of_that_row(answer: Any, said: str) -> None:
    script = ScriptedEngine(lambda _: answer, refine_row=lambda *_: answer)
    engine = checked_engine("theirs", script.engine(), EXTRAS)

    async def generate() -> Row:
        return await engine.generator.generate(brief(0))

    async def refine() -> Row:
        return await engine.refiner.refine(demo_row(0), Critique(), brief(0), 1)

    for answered in (generate, refine):
        with pytest.raises(RowFailedError) as caught:
            asyncio.run(answered())
        assert caught.value.kind == "malformed"
        assert said in str(caught.value)


def test_a_sound_row_passes_as_it_is() -> None:
    row = changed(extras={"note": None, "lots": -(2**63)})
    engine = checked_engine("theirs", ScriptedEngine(lambda _: row).engine(), EXTRAS)
    assert asyncio.run(engine.generator.generate(brief(0))) is row


@pytest.mark.parametrize(
    "opinion",
    [None, True, Critique(("text",)), Critique((), {"score": "high"})],  # type: ignore[arg-type, dict-item]
)
def test_a_judge_that_is_none_is_told_in_one_line(opinion: Any) -> None:
    script = ScriptedEngine(lambda _: demo_row(0), judge_row=lambda *_: opinion)
    engine = checked_engine("theirs", script.engine(), ())
    with pytest.raises(EngineUnavailableError, match=r"'theirs'.*\(row 7, attempt 0\)$"):
        asyncio.run(engine.judge.judge(demo_row(0), brief(7)))


def test_a_start_that_gives_no_engine_is_refused() -> None:
    with pytest.raises(EngineUnavailableError, match="gave a tuple; expected an Engine"):
        checked_engine("theirs", (), ())
