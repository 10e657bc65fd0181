"""`tradegen run --dry-run`: what a run would take, and nothing made or sent."""

import json
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from tradegen.cli.console import make_console
from tradegen.engines.nim.estimate import CALLS_A_ROW, TOKENS_A_SECOND, Estimate, estimate
from tradegen.engines.nim.options import ASKING
from tradegen.engines.protocols import Brief
from tradegen.pipeline.prepare import Prepared, prepare
from tradegen.progress import duration, split_of
from tradegen.settings import Settings

_ROWS_LOOKED_AT = 16


def dry_run_command(settings: Settings, *, as_json: bool) -> int:
    """Say how a run would be split and, of an engine whose calls cost, what they would come to."""
    prepared = prepare(settings)
    estimated = _estimate(prepared) if settings.engine in ASKING else None
    if as_json:
        print(json.dumps(_as_plain(prepared, estimated)))
        return 0
    console = make_console()
    console.print(
        f"{settings.n:,} rows, engine {settings.engine}, from {len(prepared.gold.train):,} gold "
        f"rows; nothing is made or sent\nsplit: {split_of(prepared)}"
    )
    for note in prepared.notes:
        console.print(f"note: {note}")
    if estimated is not None:
        _tell(console, settings, estimated)
    elif settings.engine == "embedded":
        console.print("no calls and no cost: this engine asks nobody")
    else:
        console.print(f"what engine {settings.engine} takes for it is not known here")
    return 0


def _estimate(prepared: Prepared) -> Estimate:
    sampler, train = prepared.sampler, prepared.gold.train
    n = prepared.settings.n
    numbers = sorted({k * n // _ROWS_LOOKED_AT for k in range(_ROWS_LOOKED_AT)})
    draws = {number: sampler.draw(number, 0) for number in numbers}
    briefs = [
        Brief(number, 0, draw.constraint, tuple(train.row(int(k)) for k in draw.seeds))
        for number, draw in draws.items()
    ]
    return estimate(
        prepared.blueprint.order.gold,
        prepared.settings.nim,
        n,
        briefs,
        schema_again=prepared.settings.engine == "designer",
    )


def _tell(console: Console, settings: Settings, estimated: Estimate) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("about")
    for name in ("calls", "tokens read", "tokens written", "cost"):
        table.add_column(name, justify="right")
    for role, part in [*estimated.by_role.items(), ("all", estimated.total)]:
        numbers = (part.calls, part.tokens_in, part.tokens_out)
        cost = f"{part.cost:,.2f}" if estimated.total.cost else "no price set"
        table.add_row(role, *(f"{number:,.0f}" for number in numbers), cost)
    console.print(table)
    calls_a_row = sum(CALLS_A_ROW.values())
    console.print(
        f"time: about {duration(estimated.seconds)}, held by {estimated.held_by}; a guess that "
        f"supposes {TOKENS_A_SECOND:g} tokens a second a call and {calls_a_row:g} calls an "
        "accepted row"
    )
    if not estimated.total.cost:
        console.print("prices are settings: price_in and price_out of each role, nim.generator ...")
    nim = settings.nim
    if nim.max_calls is not None and estimated.total.calls > nim.max_calls:
        console.print(f"--max-calls {nim.max_calls:,} would stop it before its end")
    if nim.max_cost is not None and estimated.total.cost > nim.max_cost:
        console.print(f"--max-cost {nim.max_cost:g} would stop it before its end")


def _as_plain(prepared: Prepared, estimated: Estimate | None) -> dict[str, Any]:
    plain: dict[str, Any] = {"asked": prepared.settings.n, "engine": prepared.settings.engine}
    buckets, quotas = prepared.sampler.constraint.buckets, prepared.sampler.quotas
    plain["split"] = {b.label: int(q) for b, q in zip(buckets, quotas, strict=True) if q}
    plain["notes"] = list(prepared.notes)
    if estimated is not None:
        plain["estimate"] = {**asdict(estimated), "total": asdict(estimated.total)}
    return plain
