"""Speed, losses, CPU and memory of the NIM engine, against the protocol server of this package.

    python -m benchmarks.nim [--only NAME ...] [--quick]

The server runs in a process of its own on the same machine and answers from rows written
beforehand. A rate is accepted rows over the time from the first request to the last answer, as the
server saw them. The limit is what calls in flight, latency and calls a row allow at best.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from benchmarks.one_loop import attempt_each
from benchmarks.watched import Watched, watch
from benchmarks.whose_cpu import WhoseCpu
from tradegen.testing.nim_server.process import nim_server

_SPARE = 1.5
_CALLS_A_ROW = 2
_IN_FLIGHT = 128
_FEW = 10
_FAULTS = {"too_many_requests": 0.05, "server_error": 0.02, "malformed": 0.03}
_REFUSALS = (
    *("too_many_requests", "too_many_requests_silent"),
    *("concurrency_exceeded", "rpm_exceeded"),
)
_OWNERS = {
    "/langgraph/": "LangGraph",
    "/langchain_core/": "LangChain",
    "/langchain_nvidia_ai_endpoints/": "HTTP client",
    "/aiohttp/": "HTTP client",
    "/tradegen/": "own",
    "/asyncio/": "event loop",
}


@dataclass(frozen=True)
class Scenario:
    """One run: how the server behaves, the run's own flags, and what the server allows at best.

    `limit` is in rows a second; `clean` names the same run without faults; `peer` is what the best
    peer reached on two calls a row.
    """

    name: str
    title: str
    n: int
    server: Mapping[str, Any]
    flags: tuple[str, ...] = ("--workers", "1")
    limit: float | None = None
    clean: str = ""
    peer: str = ""


@dataclass
class Outcome:
    """What a run did and what the server saw of it."""

    watched: Watched
    attempts: dict[str, Any]
    counters: dict[str, Any]
    ids: list[str] = field(repr=False)

    @property
    def rate(self) -> float:
        """Accepted rows a second, from the first request to the last answer."""
        return len(self.ids) / float(self.counters["serving_s"])


def scenarios(*, quick: bool) -> Iterator[Scenario]:
    """Yield the runs of the table."""
    few = 4 if quick else 1
    slow, fast = _IN_FLIGHT / 0.5 / _CALLS_A_ROW, _IN_FLIGHT / 0.05 / _CALLS_A_ROW
    yield Scenario(
        "slow", "500 ms, 128 in flight", 6000 // few, {"latency_ms": 500}, limit=slow, peer="70-88"
    )
    yield Scenario(
        "fast", "50 ms, 128 in flight", 6000 // few, {"latency_ms": 50}, limit=fast, peer="70-88"
    )
    yield Scenario(
        "fast2", "50 ms, two workers", 6000 // few, {"latency_ms": 50}, ("--workers", "2"), fast,
        peer="70-88",
    )  # fmt: skip
    yield Scenario(
        "faults", "50 ms, 5 % 429 + 2 % 500 + 3 % malformed", 4000 // few,
        {"latency_ms": 50, **_FAULTS}, clean="fast", peer="8-12",
    )  # fmt: skip
    yield Scenario(
        "slowfaults", "500 ms, the same faults", 4000 // few,
        {"latency_ms": 500, **_FAULTS}, clean="slow", peer="8-12",
    )  # fmt: skip
    yield Scenario(
        "cap", "500 ms, server serves 16 at once", 800 // few,
        {"latency_ms": 500, "concurrency": 16}, limit=16 / 0.5 / _CALLS_A_ROW,
    )  # fmt: skip
    for n in (1000, 10_000):
        yield Scenario(f"memory{n}", f"50 ms, {n:,} rows", n, {"latency_ms": 50}, limit=fast)
    yield Scenario(
        "rpm", "server enforces 40 a minute, --rpm 40", 100 // few, {"rpm": 40},
        ("--workers", "1", "--rpm", "40"), limit=40 / 60 / _CALLS_A_ROW,
    )  # fmt: skip


def run_scenario(scenario: Scenario, folder: Path) -> Outcome:
    """Run one scenario from the shell, against a server of its own."""
    with nim_server(**{"bank": int(_SPARE * scenario.n), **scenario.server}) as server:
        watched = watch(
            [
                *("run", "--engine", "nim", "--base-url", server.base_url, "-q"),
                *("--n", str(scenario.n), "--folder", str(folder), "--name", scenario.name),
                *scenario.flags,
            ]
        )
        counters = server.counters()
    run = folder / scenario.name
    attempts = json.loads((run / "run.json").read_text(encoding="utf-8"))["attempts"]
    ids = pq.read_table(run / "rows.parquet", columns=["trade_id"])["trade_id"].to_pylist()
    return Outcome(watched, attempts, counters, ids)


def cpu_by_owner(n: int, base_url: str) -> dict[str, float]:
    """Return CPU milliseconds a row for each owner of code, in one event loop."""
    from tradegen.pipeline.prepare import prepare
    from tradegen.settings import load_settings

    settings = {"n": n, "engine": "nim", "nim": {"base_url": base_url}}
    with tempfile.TemporaryDirectory() as folder:
        settings["run"] = {"folder": folder, "name": "cpu"}
        blueprint = prepare(load_settings(settings)).blueprint
        whose = WhoseCpu(_OWNERS, "event loop")
        cpu = asyncio.run(attempt_each(blueprint, n, whose.on()))
    shares = whose.shares()
    return {owner: 1000 * cpu * share / n for owner, share in shares.items()}


def _table(outcomes: Sequence[tuple[Scenario, Outcome]]) -> Table:
    table = Table(title="NIM engine; rates in accepted rows a second")
    table.add_column("scenario")
    for name in ("rows", "rate", "limit", "reached", "peer", "calls/row", "429 seen",
                 "lost", "doubled", "CPU ms/row", "peak MB"):  # fmt: skip
        table.add_column(name, justify="right")
    rates = {scenario.name: outcome.rate for scenario, outcome in outcomes}
    for scenario, outcome in outcomes:
        faults = outcome.counters["faults"]
        table.add_row(
            scenario.title,
            f"{scenario.n:,}",
            _number(outcome.rate),
            _number(scenario.limit) if scenario.limit else "",
            _reached(scenario, outcome.rate, rates),
            scenario.peer,
            f"{outcome.attempts['calls'] / scenario.n:.2f}",
            f"{sum(faults.get(kind, 0) for kind in _REFUSALS):,}",
            f"{scenario.n - len(outcome.ids)}",
            f"{len(outcome.ids) - len(set(outcome.ids))}",
            f"{1000 * outcome.watched.cpu_seconds / scenario.n:.2f}",
            f"{outcome.watched.peak_mb:.0f}",
        )
    return table


def _number(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= _FEW else f"{rate:,.3f}"


def _reached(scenario: Scenario, rate: float, rates: Mapping[str, float]) -> str:
    if scenario.clean in rates:
        return f"{rate / rates[scenario.clean]:.1%} of clean"
    return f"{rate / scenario.limit:.1%}" if scenario.limit else ""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only",
        nargs="*",
        help="slow, fast, fast2, faults, slowfaults, cap, memory1000, memory10000, rpm, cpu",
    )
    parser.add_argument("--quick", action="store_true", help="a quarter of the rows")
    arguments = parser.parse_args()
    console = Console(width=160)
    wanted = set(arguments.only or [])
    outcomes: list[tuple[Scenario, Outcome]] = []
    with tempfile.TemporaryDirectory() as folder:
        for scenario in scenarios(quick=arguments.quick):
            if wanted and scenario.name not in wanted:
                continue
            outcomes.append((scenario, run_scenario(scenario, Path(folder))))
            console.print(f"{scenario.title}: {_number(outcomes[-1][1].rate)} rows/s")
    if outcomes:
        console.print(_table(outcomes))
    if not wanted or "cpu" in wanted:
        console.print(_cpu_table(500 if arguments.quick else 3000))


def _cpu_table(n: int) -> Table:
    code = "import sys, json; from benchmarks.nim import cpu_by_owner; "
    code += "print(json.dumps(cpu_by_owner(int(sys.argv[1]), sys.argv[2])))"
    with nim_server(bank=int(_SPARE * n), latency_ms=50) as server:
        command = [sys.executable, "-c", code, str(n), server.base_url]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    table = Table(title="CPU of a worker, by whose code it runs")
    table.add_column("owner")
    table.add_column("ms/row", justify="right")
    for owner, milliseconds in sorted(found.items(), key=lambda item: -item[1]):
        table.add_row(owner, f"{milliseconds:.2f}")
    return table


if __name__ == "__main__":
    main()
