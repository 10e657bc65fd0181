"""A crew: what has ended is delivered, whatever becomes of the rows beside it."""

import asyncio

from tests.support.engine import ScriptedEngine, demo_pipeline
from tests.support.rows import demo_row
from tradegen.data.row import Row
from tradegen.engines.protocols import Brief
from tradegen.graph.build import build_graph
from tradegen.pipeline.crew import Crew
from tradegen.pipeline.messages import Crash, Delivery, Task


def delivered(script: ScriptedEngine, rows: int, in_flight: int) -> list[Delivery]:
    async def work() -> list[Delivery]:
        got: list[Delivery] = []
        crew = Crew(build_graph(), demo_pipeline(script.engine()), in_flight, got.append)
        crew.submit([Task(k, 0) for k in range(rows)])
        while crew._running:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.01)
        return got

    return asyncio.run(work())


def unlucky(brief: Brief) -> Row:
    if brief.row_number == 3:
        raise ValueError("boom")
    return demo_row(brief.row_number)


def test_attempts_that_end_together_with_a_crash_are_delivered_before_it() -> None:
    *attempts, crash = delivered(ScriptedEngine(unlucky), 6, in_flight=8)
    made = [one.row_number for part in attempts if isinstance(part, list) for one in part]
    assert sorted(made) == [0, 1, 2, 4, 5]
    assert isinstance(crash, Crash)
    assert "ValueError: boom" in crash.message


def test_many_rows_that_fail_are_one_crash_and_no_more_are_begun() -> None:
    def fail(brief: Brief) -> Row:
        raise ValueError("boom")

    script = ScriptedEngine(fail)
    (crash,) = delivered(script, 50, in_flight=4)
    assert isinstance(crash, Crash)
    assert crash.message.count("while making row") == 1
    assert len(script.calls) == 4
