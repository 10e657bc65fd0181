"""One attempt at one row: run the graph, and write down what came of it."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from tradegen.data.ledger import Attempt, Outcome
from tradegen.data.row import Row
from tradegen.data.row_codec import encode_row
from tradegen.engines.attempt_log import attempt_log
from tradegen.engines.critique import Critique
from tradegen.graph.build import RowGraph
from tradegen.graph.state import AttemptFailedError, Pipeline, RowContext, RowState
from tradegen.guards.fingerprint import fingerprint_bytes
from tradegen.pipeline.messages import Task

_RESULT = ("generated_row", "judge_critique", "retry_count")


async def attempt_row(graph: RowGraph, pipeline: Pipeline, task: Task) -> Attempt:
    """Make one attempt at one row.

    A failure of the engine at this row throws the row away. Any other error is a fault of the
    program or its surroundings and is raised with the row's number.
    """
    with attempt_log() as log:
        attempt = await _made(graph, pipeline, task)
    usage = log.usage.values()
    return replace(
        attempt,
        calls=sum(used.calls for used in usage),
        tokens_in=sum(used.tokens_in for used in usage),
        tokens_out=sum(used.tokens_out for used in usage),
        log=log.as_dict(),
    )


async def _made(graph: RowGraph, pipeline: Pipeline, task: Task) -> Attempt:
    started = time.monotonic()
    context = RowContext(pipeline, task.row_number, task.attempt)
    try:
        result = await graph.ainvoke({}, context=context, output_keys=_RESULT)
    except AttemptFailedError as error:
        return _failed(context, error, time.monotonic() - started)
    except Exception as error:
        error.add_note(f"while making row {task.row_number}, attempt {task.attempt}")
        raise
    return _judged(context, cast("RowState", result), time.monotonic() - started)


def _judged(context: RowContext, state: RowState, seconds: float) -> Attempt:
    critique, row = state["judge_critique"], state["generated_row"]
    kinds = dict.fromkeys(finding.criterion for finding in critique.findings)
    return _record(
        context,
        outcome="passed" if critique.passed else "thrown_away",
        stage="judge",
        kind="+".join(sorted(kinds)),
        retries=state["retry_count"],
        critique=critique.text,
        scores=critique.scores,
        seconds=seconds,
        row=row,
    )


def _failed(context: RowContext, error: AttemptFailedError, seconds: float) -> Attempt:
    failure, state = error.failure, error.state
    critique = state.get("judge_critique", Critique())
    return _record(
        context,
        outcome="thrown_away",
        stage=failure.stage,
        kind=failure.kind,
        retries=state.get("retry_count", 0),
        critique="\n".join(filter(None, (str(failure), critique.text))),
        scores=critique.scores,
        seconds=seconds,
        row=state.get("generated_row"),
        raw=failure.raw,
    )


def _record(
    context: RowContext,
    *,
    outcome: Outcome,
    stage: str,
    kind: str,
    retries: int,
    critique: str,
    scores: Mapping[str, float],
    seconds: float,
    row: Row | None,
    raw: str = "",
) -> Attempt:
    draw = context.pipeline.sampler.draw(context.row_number, context.attempt)
    return Attempt(
        row_number=context.row_number,
        attempt=context.attempt,
        outcome=outcome,
        stage=stage,
        kind=kind,
        retries=retries,
        bucket=int(context.pipeline.sampler.bucket_of_row[context.row_number]),
        target=draw.constraint.value,
        low=draw.constraint.low,
        high=draw.constraint.high,
        seeds=tuple(context.pipeline.seed_row(int(k)).trade_id for k in draw.seeds),
        critique=_storable(critique),
        scores=dict(scores),
        raw=_storable(raw),
        seconds=seconds,
        calls=0,
        tokens_in=0,
        tokens_out=0,
        log={},
        fingerprint=fingerprint_bytes(row) if row is not None and outcome == "passed" else None,
        row=None if row is None else encode_row(row),
    )


def _storable(text: str) -> str:
    """Return text that can be written as UTF-8: a model may answer with half a character."""
    return text.encode("utf-8", "replace").decode()
