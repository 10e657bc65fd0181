"""Write the transcript: one row's way through the graph, as the NIM engine really made it."""

import asyncio
import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tradegen.data.changes import changed_fields
from tradegen.data.dataset import row_as_json
from tradegen.data.market import Market
from tradegen.data.row import LOOKBACK, Row
from tradegen.data.rows import Rows
from tradegen.engines.attempt_log import attempt_log
from tradegen.engines.rules import Rules
from tradegen.graph.build import build_graph
from tradegen.graph.state import AttemptFailedError, Pipeline, RowContext, RowState, brief_of
from tradegen.graph.tracing import shut_off_tracing
from tradegen.guards.copies import CopyGuard
from tradegen.indicators.compute import at_entry
from tradegen.pipeline.prepare import prepare
from tradegen.settings import Settings
from tradegen.testing.nim_server.process import nim_server
from tradegen.testing.nim_server.record import Exchange, read_record

N, SEED, FIRST_ROW = 500, 19, 90
"""Rows are tried from the first on until one goes `WAY`; that it is the first spares the search."""

WAY = ("sampler_node", "generator_node", "judge_node", "refiner_node", "judge_node")

_BAR = r"\[-?\d+(?:,-?\d+){4}\]"
_LONG = re.compile(rf"({_BAR},{_BAR},)((?:{_BAR},)+)({_BAR})")

_HEAD = """\
# Transcript

One row on its way through [the graph](graph.md) with [the NIM engine](../nim.md), written down by
[transcript.py](../transcript.py) while it was made: row {number} of {n}, seed {seed}, demo gold.
The graph, `ChatNVIDIA` and the transport are the real ones, and they talk HTTP.

**No language model has answered here.** Who answered is the protocol server of this package, in a
process of its own (`python -m tradegen.testing.nim_server`): it reads the task and the data in the
prompt, and writes, judges and mends trades with the embedded engine. So this page shows what a
model is asked and what becomes of its answers, not how well a model does.

Messages and answers stand as the server received and gave them, except that the middle of a long
list of bars is left out: `... 61 bars more ...`.
"""

_TITLES = {
    "sampler_node": "Sampler",
    "generator_node": "Generator",
    "judge_node": "Judge",
    "refiner_node": "Refiner",
}


@dataclass(frozen=True)
class Step:
    """What a node was given, what it returned, what code settled in it, and its calls."""

    node: str
    before: RowState
    after: RowState
    settled: tuple[str, ...]
    exchanges: tuple[Exchange, ...]


def transcript_page() -> str:
    """Return the page. Raises `LookupError` if no row goes `WAY`."""
    shut_off_tracing()
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "record.jsonl"
        with nim_server(record=record) as server:
            settings = Settings(n=N, seed=SEED, engine="nim", nim={"base_url": server.base_url})
            prepared = prepare(settings)
            pipeline = prepared.blueprint.pipeline(prepared.blueprint.learn())
            context, steps = asyncio.run(first_on_the_way(pipeline, record))
    market = prepared.gold.market
    rules = Rules(market, CopyGuard(prepared.gold.train))
    return "\n".join(parts(steps, context, rules, market))


async def first_on_the_way(pipeline: Pipeline, record: Path) -> tuple[RowContext, list[Step]]:
    """Return the first row that goes `WAY`, and its steps."""
    try:
        for number in range(FIRST_ROW, N):
            context = RowContext(pipeline, number, 0)
            with suppress(AttemptFailedError):
                steps = await steps_of(context, record)
                if goes_the_way(steps):
                    return context, steps
    finally:
        await pipeline.engine.close()
    raise LookupError(f"no row from {FIRST_ROW} on goes the way that is to be shown; change SEED")


async def steps_of(context: RowContext, record: Path) -> list[Step]:
    """Make the attempt at a row and return its steps."""
    steps: list[Step] = []
    state: RowState = {}
    record.write_text("", encoding="utf-8")
    with attempt_log() as log:
        async for update in build_graph().astream({}, context=context, stream_mode="updates"):
            ((node, change),) = update.items()
            after: RowState = {**state, **change}
            exchanges = tuple(read_record(record))
            steps.append(Step(node, state, after, tuple(log.settled), exchanges))
            state = after
            log.settled.clear()
            record.write_text("", encoding="utf-8")
    return steps


def goes_the_way(steps: list[Step]) -> bool:
    """Return whether the model's critique was answered by one small edit, each at once."""
    if tuple(step.node for step in steps) != WAY or any(len(s.exchanges) != 1 for s in steps[1:]):
        return False
    critique = steps[2].after["judge_critique"]
    small = not any(name.startswith("bars") for name in critique.fields)
    return small and steps[-1].after["judge_critique"].passed


def parts(steps: list[Step], context: RowContext, rules: Rules, market: Market) -> Iterator[str]:
    """Yield the page's parts."""
    yield _HEAD.format(number=context.row_number, n=N, seed=SEED)
    shown: set[str] = set()
    for k, step in enumerate(steps, start=1):
        yield f"## {k}. {_TITLES[step.node]}\n"
        if step.node == "sampler_node":
            yield from sampler_part(step, context)
            continue
        if step.node == "judge_node":
            yield from rules_part(step, context, rules)
        yield from exchange_part(step.exchanges[0], shown)
        if step.node == "judge_node":
            yield from verdict_part(step)
        else:
            yield f"Settled by code: {'; '.join(step.settled) or 'nothing had to be'}.\n"
            yield from row_part(step)
    yield from end_part(steps[-1].after["generated_row"], market)


def sampler_part(step: Step, context: RowContext) -> Iterator[str]:
    """Yield what the sampler was given and what it drew."""
    constraint = step.after["volatility_constraint"]
    bucket = context.pipeline.sampler.bucket_of_row[context.row_number]
    seeds = (f"`{seed.trade_id}` ({seed.symbol})" for seed in step.after["grounding_seeds"])
    yield f"In: row number {context.row_number}, attempt {context.attempt}.\n"
    yield "Out:\n"
    yield table(
        ("drawn", "value"),
        {
            "target volatility": f"{constraint.value:g}",
            "bucket": f"number {bucket}: [{constraint.low:g}, {constraint.high:g})",
            "seeds": ", ".join(seeds),
        }.items(),
    )


def rules_part(step: Step, context: RowContext, rules: Rules) -> Iterator[str]:
    """Yield what the rules say, which come before the model."""
    brief = brief_of(step.before, context)
    (findings,) = rules.findings_of([(step.before["generated_row"], brief)])
    said = "; ".join(map(str, findings)) or "none"
    yield f"Findings of the rules (invariants, columns asked for, copies of gold): {said}.\n"


def exchange_part(exchange: Exchange, shown: set[str]) -> Iterator[str]:
    """Yield a request and the answer to it; a message that was shown before is not repeated."""
    body = dict(exchange.asked)
    messages = body.pop("messages")
    if "response_format" in body:
        form = body["response_format"]["json_schema"]
        body["response_format"] = {
            "type": body["response_format"]["type"],
            "json_schema": {**form, "schema": "... as in the system message ..."},
        }
    yield "Sent, besides the messages:\n"
    yield fenced("json", json.dumps(body))
    for message in messages:
        if message["content"] in shown:
            yield f"The {message['role']} message is that of the last time.\n"
            continue
        shown.add(message["content"])
        yield f"The {message['role']} message:\n"
        yield fenced("text", shortened(message["content"]))
    yield "The answer:\n"
    yield fenced("text", shortened(exchange.answered))


def verdict_part(step: Step) -> Iterator[str]:
    """Yield what the judge node made of the answer."""
    critique = step.after["judge_critique"]
    yield table(("criterion", "score"), ((n, f"{s:g}") for n, s in critique.scores.items()))
    if critique.passed:
        yield "The critique is empty: the row passes.\n"
        return
    yield "The critique:\n"
    yield fenced("text", critique.text)
    yield f"Fields of the row that may change: {', '.join(sorted(critique.fields))}.\n"


def row_part(step: Step) -> Iterator[str]:
    """Yield the row that an answer stands for, or what an edit has changed in it."""
    new = plain(step.after["generated_row"])
    if "generated_row" not in step.before:
        yield "The row:\n"
        yield table(("field", "value"), new.items())
        return
    old = plain(step.before["generated_row"])
    yield "What it changed:\n"
    names = changed_fields(step.before["generated_row"], step.after["generated_row"])
    cells = {name.removeprefix("extras.") for name in names}
    yield table(("field", "before", "after"), ((n, old[n], new[n]) for n in new if n in cells))


def end_part(row: Row, market: Market) -> Iterator[str]:
    """Yield the row that passed, and first figures that follow from it."""
    yield "## The row\n"
    yield (
        "It is accepted once all rows before it are settled and the collapse guard finds no\n"
        "near-twin of it among them.\n"
    )
    yield table(("field", "value"), plain(row).items())
    yield (
        "Computed from it, apart from it; the [indicators](indicators.md) at the last bar before\n"
        "the entry:\n"
    )
    yield table(("figure", "value"), computed(row, market).items())


def computed(row: Row, market: Market) -> Mapping[str, str]:
    """Return some of what follows from a row by arithmetic."""
    rows = Rows.from_models([row])
    direction = 1 if row.side == "long" else -1
    indicators = at_entry(rows, market.bars_per_year(rows))
    return {
        "return, %": f"{100 * direction * (row.exit_price / row.entry_price - 1):+.3f}",
        "bars held": f"{len(row.bars) - 1 - LOOKBACK}",
        **{name: f"{value[0]:.4f}" for name, value in indicators.items()},
    }


def plain(row: Row) -> dict[str, Any]:
    """Return a row's fields and own columns as they are written, its bars as their number."""
    fields: dict[str, Any] = json.loads(row_as_json(row))
    bars = fields.pop("bars")
    return {**fields, "bars": f"{len(bars)}, from {bars[0]['time']} to {bars[-1]['time']}"}


def shortened(text: str) -> str:
    """Return text with the middle of long lists of bars left out."""
    return _LONG.sub(
        lambda found: f"{found[1]} ... {found[2].count('[')} bars more ... ,{found[3]}", text
    )


def fenced(language: str, text: str) -> str:
    """Return a block of code."""
    return f"```{language}\n{text}\n```\n"


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table."""
    names = tuple(header)
    lines = [names, ("---",) * len(names), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


if __name__ == "__main__":
    print(transcript_page(), end="")
