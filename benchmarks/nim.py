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
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from benchmarks.watched import Watched, watch
from benchmarks.whose_cpu import WhoseCpu
from tradegen.testing.nim_server.process import Option, nim_server

_SPARE = 1.5
_CALLS_A_ROW = 2
_IN_FLIGHT = 128
_FAULTS = {"too_many_requests": 0.05, "server_error": 0.02, "malformed": 0.03}
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

    `limit` is in rows a second; `peer` is what the best peer measured reached on two calls a row.
    """

    name: str
    title: str
    n: int
    server: Mapping[str, Option]
    flags: tuple[str, ...] = ("--workers", "1")
    limit: float | None = None
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
        "70-88",
    )  # fmt: skip
    yield Scenario(
        "faults", "50 ms, 5 % 429 + 2 % 500 + 3 % malformed", 4000 // few,
        {"latency_ms": 50, **_FAULTS}, peer="8-12",
    )  # fmt: skip
    yield Scenario(
        "slowfaults", "500 ms, the same faults", 4000 // few,
        {"latency_ms": 500, **_FAULTS}, limit=slow, peer="8-12",
    )  # fmt: skip
    yield Scenario(
        "cap", "500 ms, server serves 16 at once", 800 // few,
        {"latency_ms": 500, "concurrency": 16}, limit=16 / 0.5 / _CALLS_A_ROW,
    )  # fmt: skip
    yield Scenario(
        "rpm", "server enforces 40 a minute, --rpm 40", 100 // few, {"rpm": 40},
        ("--workers", "1", "--rpm", "40"), limit=40 / 60 / _CALLS_A_ROW,
    )  # fmt: skip


def run_scenario(scenario: Scenario, folder: Path) -> Outcome:
    """Run one scenario from the shell, against a server of its own."""
    with nim_server(bank=int(_SPARE * scenario.n), **scenario.server) as server:
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
        cpu = asyncio.run(_attempts(blueprint, n, whose))
    shares = whose.shares()
    for place, count in whose.places.most_common(40):
        print(f"{1000 * cpu * count / sum(whose.samples.values()) / n:.3f} {place}", file=sys.stderr)
    return {owner: 1000 * cpu * share / n for owner, share in shares.items()}


async def _attempts(blueprint: Any, n: int, whose: WhoseCpu) -> float:
    """Make the first attempt at each row as a worker does; return the CPU seconds it took."""
    from tradegen.graph.build import build_graph
    from tradegen.pipeline.crew import Crew
    from tradegen.pipeline.messages import Crash, Delivery, Task
    from tradegen.pipeline.worker import collect_garbage_rarely

    left, done = n, asyncio.Event()

    def deliver(delivery: Delivery) -> None:
        nonlocal left
        if isinstance(delivery, Crash):
            raise delivery.error()
        left -= len(delivery)
        if left == 0:
            done.set()

    crew = Crew(build_graph(), blueprint.pipeline(blueprint.learn()), 256, deliver)
    collect_garbage_rarely()
    started = time.thread_time()
    with whose.on():
        crew.submit([Task(number, 0) for number in range(n)])
        await done.wait()
    return time.thread_time() - started


def _table(outcomes: Sequence[tuple[Scenario, Outcome]]) -> Table:
    table = Table(title="NIM engine; rates in accepted rows a second")
    table.add_column("scenario")
    for name in ("rows", "rate", "limit", "of limit", "peer", "calls/row", "429 seen",
                 "lost", "doubled", "CPU ms/row", "peak MB"):  # fmt: skip
        table.add_column(name, justify="right")
    for scenario, outcome in outcomes:
        counters = outcome.counters
        refused = sum(k for name, k in counters["faults"].items() if name.startswith("too_many"))
        of_limit = f"{outcome.rate / scenario.limit:.1%}" if scenario.limit else ""
        table.add_row(
            scenario.title,
            f"{scenario.n:,}",
            f"{outcome.rate:,.2f}" if outcome.rate < 10 else f"{outcome.rate:,.0f}",
            f"{scenario.limit:,.2f}" if scenario.limit else "",
            of_limit,
            scenario.peer,
            f"{outcome.attempts['calls'] / scenario.n:.2f}",
            f"{refused + counters['faults'].get('rpm', 0) + counters['faults'].get('concurrency', 0):,}",
            f"{scenario.n - len(outcome.ids)}",
            f"{len(outcome.ids) - len(set(outcome.ids))}",
            f"{1000 * outcome.watched.cpu_seconds / scenario.n:.2f}",
            f"{outcome.watched.peak_mb:.0f}",
        )
    return table


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", help="names of scenarios, cpu, memory")
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
            console.print(f"{scenario.title}: {outcomes[-1][1].rate:.2f} rows/s")
            console.print(outcomes[-1][1].counters["faults"])
    if outcomes:
        console.print(_table(outcomes))
    if not wanted or "cpu" in wanted:
        console.print(_cpu_of_its_own(500 if arguments.quick else 3000))


def _cpu_of_its_own(n: int) -> dict[str, float]:
    code = "import sys, json; from benchmarks.nim import cpu_by_owner; "
    code += "print(json.dumps(cpu_by_owner(int(sys.argv[1]), sys.argv[2])))"
    with nim_server(bank=int(_SPARE * n), latency_ms=50) as server:
        command = [sys.executable, "-c", code, str(n), server.base_url]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return {owner: round(ms, 3) for owner, ms in sorted(found.items(), key=lambda x: -x[1])}


if __name__ == "__main__":
    main()
