"""The same work through engine `nim` and through Data Designer, on the protocol server.

    python -m benchmarks.designer [--rows N] [--killed-rows N]

Needs the extra `designer`. Both engines have the same models, prompts, rules, ledger and calls at
once; only who asks generator and judge differs. The server runs in a process of its own on the
same machine. A rate is accepted rows over the time from the first request to the last answer, as
the server saw them; lost rows were dropped by Data Designer and made again. A killed run is ended
by kill -9 half-way and resumed; repeated are calls that had been answered, sent a second time.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from benchmarks.watched import Watched, watch
from tradegen.testing.nim_server.process import RunningServer, nim_server

ENGINES = ("nim", "designer")
_SPARE = 2.0
_FAULTS = {"too_many_requests": 0.05, "server_error": 0.02, "malformed": 0.03}
_SCENARIOS: Mapping[str, Mapping[str, Any]] = {
    "50 ms a call": {"latency_ms": 50},
    "500 ms a call": {"latency_ms": 500},
    "50 ms, 5 % 429, 2 % 500, 3 % malformed": {"latency_ms": 50, **_FAULTS},
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did, what its processes used and what the server saw of it."""

    watched: Watched
    attempts: Mapping[str, Any]
    counters: Mapping[str, Any]
    ids: Sequence[str]

    @property
    def rate(self) -> float:
        """Accepted rows a second."""
        return len(self.ids) / float(self.counters["serving_s"])

    @property
    def dropped(self) -> int:
        """Attempts whose row Data Designer dropped."""
        return int(self.attempts["thrown_away_by_kind"].get("dropped", 0))


def run_once(engine: str, n: int, server: Mapping[str, Any], folder: Path) -> Outcome:
    """Make `n` rows with one worker, against a server of its own."""
    with nim_server(bank=int(_SPARE * n), **server) as running:
        watched = watch(_command(engine, n, running, folder))
        counters = running.counters()
    return Outcome(watched, _attempts(folder), counters, _ids(folder))


def repeated_after_a_kill(engine: str, n: int, folder: Path) -> tuple[int, int, int]:
    """Return calls that were answered twice, all calls, and rows missing or doubled at the end."""
    with nim_server(bank=int(_SPARE * n), latency_ms=200) as running:
        command = [sys.executable, "-m", "tradegen", *_command(engine, n, running, folder)]
        run = psutil.Popen(command, stdout=subprocess.DEVNULL)
        while running.counters()["answered"] < n:  # of two calls a row
            time.sleep(0.02)
        helpers = run.children(recursive=True)
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        psutil.wait_procs(helpers, timeout=20)
        subprocess.run([*command, "--resume"], check=True, stdout=subprocess.DEVNULL)
        counters = running.counters()
    again = sum(times - 1 for times in counters["answered_more_than_once"].values())
    ids = _ids(folder)
    return again, counters["answered"], abs(n - len(ids)) + len(ids) - len(set(ids))


def _command(engine: str, n: int, server: RunningServer, folder: Path) -> list[str]:
    return [
        *("run", "--engine", engine, "--base-url", server.base_url, "-q", "--workers", "1"),
        *("--n", str(n), "--folder", str(folder), "--name", "compared"),
    ]


def _attempts(folder: Path) -> dict[str, Any]:
    text = (folder / "compared" / "run.json").read_text(encoding="utf-8")
    attempts: dict[str, Any] = json.loads(text)["attempts"]
    return attempts


def _ids(folder: Path) -> list[str]:
    path = folder / "compared" / "rows.parquet"
    ids: list[str] = pq.read_table(path, columns=["trade_id"])["trade_id"].to_pylist()
    return ids


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1000, help="rows of each run")
    parser.add_argument("--killed-rows", type=int, default=400, help="rows of the killed run")
    arguments = parser.parse_args()
    console = Console(width=140)
    table = Table(title=f"{arguments.rows:,} rows, one worker, 128 calls at once")
    for name in ("", "engine"):
        table.add_column(name)
    for name in ("rows/s", "calls/row", "dropped", "lost", "CPU ms/row", "peak MB"):
        table.add_column(name, justify="right")
    for title, server in _SCENARIOS.items():
        for engine in ENGINES:
            with tempfile.TemporaryDirectory() as folder:
                outcome = run_once(engine, arguments.rows, server, Path(folder))
            table.add_row(title, engine, *_cells(outcome, arguments.rows))
            console.print(f"{title}, {engine}: {outcome.rate:.1f} rows/s")
    console.print(table)
    killed = Table(title=f"kill -9 half-way through {arguments.killed_rows:,} rows, then --resume")
    killed.add_column("engine")
    for name in ("calls repeated", "calls", "rows missing or doubled"):
        killed.add_column(name, justify="right")
    for engine in ENGINES:
        with tempfile.TemporaryDirectory() as folder:
            counts = repeated_after_a_kill(engine, arguments.killed_rows, Path(folder))
        killed.add_row(engine, *(f"{count:,}" for count in counts))
    console.print(killed)


def _cells(outcome: Outcome, n: int) -> list[str]:
    return [
        f"{outcome.rate:.1f}",
        f"{outcome.attempts['calls'] / n:.2f}",
        f"{outcome.dropped:,}",
        f"{n - len(set(outcome.ids)):,}",
        f"{1000 * outcome.watched.cpu_seconds / n:.1f}",
        f"{outcome.watched.peak_mb:.0f}",
    ]


if __name__ == "__main__":
    main()
