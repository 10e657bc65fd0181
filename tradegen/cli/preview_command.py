"""`tradegen preview`."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.text import Text

from tradegen.cli.console import make_console, styled
from tradegen.cli.sparkline import sparkline
from tradegen.data.changes import changed_fields
from tradegen.data.market import Market
from tradegen.data.row import LOOKBACK, Row
from tradegen.data.rows import Rows
from tradegen.data.volatility import lookback_volatility
from tradegen.engines.critique import Critique
from tradegen.graph.build import RowGraph, build_graph
from tradegen.graph.state import Pipeline, RowContext, RowState
from tradegen.graph.tracing import shut_off_tracing
from tradegen.pipeline.blueprint import Blueprint
from tradegen.pipeline.manifest import is_simulated
from tradegen.pipeline.prepare import prepare, with_endpoint
from tradegen.settings import Settings

_WIDTH = 60


def preview_command(settings: Settings) -> None:
    """Make a few rows in this process and show each step."""
    console = make_console()
    if not settings.run.tracing:
        shut_off_tracing()
    prepared = prepare(with_endpoint(settings))
    for note in prepared.notes:
        console.print(f"note: {note}")
    if is_simulated(prepared.gold):
        console.print("gold is the simulated demo (source=simulated); pass your own with --gold")
    with _with_scratch(prepared.blueprint) as blueprint:
        pipeline = blueprint.pipeline(blueprint.learn())
        asyncio.run(_show_rows(console, pipeline, prepared.gold.market, settings.n))


@contextmanager
def _with_scratch(blueprint: Blueprint) -> Iterator[Blueprint]:
    """Yield the blueprint with a folder for working files, if its engine has any."""
    if blueprint.engine != "designer":
        yield blueprint
        return
    with tempfile.TemporaryDirectory(prefix="tradegen-") as scratch:
        yield replace(blueprint, order=replace(blueprint.order, scratch=Path(scratch)))


async def _show_rows(console: Console, pipeline: Pipeline, market: Market, n: int) -> None:
    graph = build_graph()
    try:
        for number in range(n):
            console.print()
            await _show_way(console, graph, RowContext(pipeline, number, 0), market)
    finally:
        await pipeline.engine.close()


async def _show_way(console: Console, graph: RowGraph, context: RowContext, market: Market) -> None:
    state: RowState = {}
    async for update in graph.astream({}, context=context, stream_mode="updates"):
        for node, change in update.items():
            before = state.get("generated_row")
            state = {**state, **change}
            _show_step(console, market, node, state, before)


def _show_step(
    console: Console, market: Market, node: str, state: RowState, before: Row | None
) -> None:
    if node == "sampler_node":
        constraint = state["volatility_constraint"]
        seeds = ", ".join(f"{row.trade_id} ({row.symbol})" for row in state["grounding_seeds"])
        console.print(
            styled(
                (f"volatility {constraint.value:g}", "bold"),
                f" [{constraint.low:g}, {constraint.high:g}) from {seeds}",
            )
        )
    elif node == "generator_node":
        _show_row(console, market, state["generated_row"])
    elif node == "refiner_node" and before is not None:
        changed = ", ".join(sorted(changed_fields(before, state["generated_row"])))
        console.print(styled("  ", ("refiner", "cyan"), f" changed {changed or 'nothing'}"))
        _show_row(console, market, state["generated_row"])
    elif node == "judge_node":
        _show_critique(console, state["judge_critique"])


def _show_row(console: Console, market: Market, row: Row) -> None:
    rows = Rows.from_models([row])
    volatility = float(lookback_volatility(rows, market.bars_per_year(rows))[0])
    direction = 1 if row.side == "long" else -1
    result = direction * float(np.log(row.exit_price / row.entry_price))
    style = "green" if result > 0 else "red"
    closes = row.bars.close.tolist()
    line = sparkline(closes, _WIDTH)
    at_entry = round(len(line) * LOOKBACK / len(closes))
    picture = Text("  ") + Text(line[:at_entry], style="dim") + Text(line[at_entry:], style=style)
    console.print(picture)
    held = len(row.bars) - 1 - LOOKBACK
    console.print(
        styled(
            f"  {row.symbol} {row.side} {row.quantity:g} at {row.entry_price:g}, "
            f"{row.entry_time:%Y-%m-%d %H:%M}; out at {row.exit_price:g} after {held} bars of "
            f"{row.interval}: ",
            (f"{100 * (np.exp(result) - 1):+.2f} %", style),
            f", volatility {volatility:.3f}",
        )
    )
    if row.extras:
        console.print(f"  {', '.join(f'{name}={value}' for name, value in row.extras.items())}")


def _show_critique(console: Console, critique: Critique) -> None:
    scores = ", ".join(f"{name} {value:.3f}" for name, value in critique.scores.items())
    if critique.passed:
        console.print(styled("  ", ("judge", "green"), f" passes it ({scores})"))
        return
    words = critique.text.replace("\n", "\n        ")
    console.print(styled("  ", ("judge", "red"), f" {words}"))
