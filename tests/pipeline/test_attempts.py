import asyncio
from dataclasses import replace

import pytest

from tests.support.engine import ScriptedEngine, brief, complaint, demo_pipeline
from tests.support.rows import demo_row
from tradegen.data.ledger import Attempt
from tradegen.data.row import Row
from tradegen.data.row_codec import decode_row
from tradegen.engines.critique import Critique
from tradegen.engines.protocols import Brief, RowFailedError
from tradegen.graph.build import build_graph
from tradegen.guards.fingerprint import fingerprint_bytes
from tradegen.pipeline.attempts import attempt_row
from tradegen.pipeline.messages import Task


def made(script: ScriptedEngine, task: Task = Task(4, 1)) -> Attempt:  # noqa: B008
    return asyncio.run(attempt_row(build_graph(), demo_pipeline(script.engine()), task))


def test_a_row_that_passes_is_recorded_whole() -> None:
    attempt = made(
        ScriptedEngine(lambda _b: demo_row(), lambda _r, _b: Critique(scores={"p": 0.4}))
    )
    assert (attempt.row_number, attempt.attempt, attempt.outcome) == (4, 1, "passed")
    assert attempt.row is not None
    row = decode_row(attempt.row)
    assert row == demo_row().model_copy(update={"trade_id": "syn-00000004"})
    assert attempt.fingerprint == fingerprint_bytes(demo_row())
    assert attempt.scores == {"p": 0.4}
    task = brief(4, 1)
    assert attempt.seeds == tuple(seed.trade_id for seed in task.seeds)
    assert (attempt.target, attempt.low) == (task.constraint.value, task.constraint.low)


def test_a_row_that_fails_three_times_is_thrown_away_with_its_critique() -> None:
    def refine(row: Row, _c: Critique, _b: Brief, retry: int) -> Row:
        return row.model_copy(update={"quantity": float(retry)})

    attempt = made(
        ScriptedEngine(lambda _b: demo_row(), lambda _r, _b: complaint("quantity"), refine)
    )
    assert (attempt.outcome, attempt.kind, attempt.retries) == ("thrown_away", "realism", 2)
    assert "by order of the test" in attempt.critique
    assert attempt.row is not None
    assert decode_row(attempt.row).quantity == 2.0
    assert attempt.fingerprint is None


def test_a_refiner_that_overreaches_costs_the_row() -> None:
    def refine(row: Row, _c: Critique, _b: Brief, _retry: int) -> Row:
        return row.model_copy(update={"symbol": "OTHER"})

    attempt = made(
        ScriptedEngine(lambda _b: demo_row(), lambda _r, _b: complaint("quantity"), refine)
    )
    assert (attempt.outcome, attempt.stage, attempt.kind) == ("thrown_away", "refiner", "overreach")
    assert "symbol" in attempt.critique


@pytest.mark.parametrize("overreaches", [True, False], ids=["overreach", "no answer"])
def test_a_refiner_that_fails_leaves_the_row_its_critique_and_its_retries(
    overreaches: bool,
) -> None:
    def judge(_row: Row, _b: Brief) -> Critique:
        return replace(complaint("quantity"), scores={"p": 0.01})

    def refine(row: Row, _c: Critique, _b: Brief, retry: int) -> Row:
        if retry == 1:
            return row.model_copy(update={"quantity": 7.0})
        if overreaches:
            return row.model_copy(update={"symbol": "OTHER"})
        raise RowFailedError("refiner", "invalid_json", "no JSON in the answer", raw="once upon")

    attempt = made(ScriptedEngine(lambda _b: demo_row(), judge, refine))
    assert (attempt.outcome, attempt.stage, attempt.retries) == ("thrown_away", "refiner", 1)
    first, *rest = attempt.critique.splitlines()
    assert first.startswith("changed symbol" if overreaches else "no JSON in the answer")
    assert rest == judge(demo_row(), brief(4, 1)).text.splitlines()
    assert attempt.scores == {"p": 0.01}
    assert attempt.row is not None
    assert decode_row(attempt.row).quantity == 7.0
    assert attempt.raw == ("" if overreaches else "once upon")
    assert attempt.fingerprint is None


def test_a_judge_that_fails_leaves_the_row() -> None:
    def judge(_row: Row, _b: Brief) -> Critique:
        raise RowFailedError("judge", "invalid_json", "no JSON in the answer")

    attempt = made(ScriptedEngine(lambda _b: demo_row(), judge))
    assert (attempt.stage, attempt.retries, attempt.scores) == ("judge", 0, {})
    assert attempt.row is not None


def test_an_answer_that_cannot_be_read_is_kept() -> None:
    def generate(_brief: Brief) -> Row:
        raise RowFailedError("generator", "invalid_json", "no JSON in the answer", raw="once upon")

    attempt = made(ScriptedEngine(generate))
    assert (attempt.stage, attempt.kind, attempt.raw) == ("generator", "invalid_json", "once upon")
    assert attempt.row is None


def test_any_other_error_is_raised_and_names_the_row() -> None:
    def generate(_brief: Brief) -> Row:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        made(ScriptedEngine(generate))
    assert "while making row 4, attempt 1" in caught.value.__notes__
