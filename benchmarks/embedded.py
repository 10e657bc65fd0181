"""Speed and memory of the main job with the embedded engine.

    python -m benchmarks.embedded [--gold FILE ...] [--n 1000 10000 100000]

Every size is run from the shell with its usual workers: rows a second, CPU and memory of all its
processes together (proportional set size). Then with a stop-watch on each part: CPU a row.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.one_loop import attempt_each
from benchmarks.watched import Watched, watch

_PARTS = ("graph", "engine", "judge", "ledger", "files")


def from_the_shell(n: int, gold: list[str], folder: Path) -> Watched:
    """Run the main job as a user would, and watch its processes."""
    flags = [part for path in gold for part in ("--gold", path)]
    named = ("--folder", str(folder), "--name", f"n{n}")
    return watch(["run", "--n", str(n), "-q", *flags, *named])


class StopWatch:
    """Adds up the CPU time of the calling thread spent in each part."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def on(self, owner: Any, name: str, part: str) -> Iterator[None]:
        """Time every call of a function while the block runs."""
        function: Callable[..., Any] = getattr(owner, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            started = time.thread_time()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds[part] += time.thread_time() - started

        setattr(owner, name, timed)
        try:
            yield
        finally:
            setattr(owner, name, function)


def by_part(n: int, gold: list[str], folder: Path) -> dict[str, float]:
    """Return CPU milliseconds a row for each part."""
    import tradegen
    from tradegen.api import Silent
    from tradegen.engines.embedded.generator import EmbeddedGenerator
    from tradegen.engines.embedded.judge import EmbeddedJudge
    from tradegen.engines.embedded.refiner import EmbeddedRefiner
    from tradegen.pipeline import job
    from tradegen.pipeline.prepare import prepare
    from tradegen.settings import load_settings

    watch = StopWatch()
    settings = {"n": n, "gold": {"files": gold}, "run": {"folder": folder, "name": f"parts{n}"}}
    with (
        watch.on(job._Job, "_settle", "ledger"),  # noqa: SLF001  (a benchmark may look inside)
        watch.on(job._Job, "_finish", "files"),  # noqa: SLF001
    ):
        tradegen.run(settings=settings, observer=Silent())
    with (
        watch.on(EmbeddedGenerator, "write", "engine"),
        watch.on(EmbeddedRefiner, "edit", "engine"),
        watch.on(EmbeddedJudge, "opinions", "judge"),
    ):
        blueprint = prepare(load_settings(settings)).blueprint
        total = asyncio.run(attempt_each(blueprint, n))
    watch.seconds["graph"] = total - watch.seconds["engine"] - watch.seconds["judge"]
    return {part: 1000 * watch.seconds[part] / n for part in _PARTS}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gold", nargs="*", default=[])
    parser.add_argument("--n", nargs="*", type=int, default=[1000, 10_000, 100_000])
    arguments = parser.parse_args()
    table = Table(title=f"embedded engine, gold: {', '.join(arguments.gold) or 'demo'}")
    for name in ("rows", "seconds", "rows/s", "CPU s", "peak MB", "largest process MB"):
        table.add_column(name, justify="right")
    for part in _PARTS:
        table.add_column(f"{part} ms/row", justify="right")
    with tempfile.TemporaryDirectory() as folder:
        for n in arguments.n:
            shell = from_the_shell(n, arguments.gold, Path(folder))
            parts = _in_a_process_of_its_own(n, arguments.gold, Path(folder))
            table.add_row(
                f"{n:,}",
                f"{shell.seconds:.1f}",
                f"{n / shell.seconds:,.0f}",
                f"{shell.cpu_seconds:.1f}",
                f"{shell.peak_mb:.0f}",
                f"{shell.largest_mb:.0f}",
                *(f"{parts[part]:.3f}" for part in _PARTS),
            )
    Console(width=140).print(table)


def _in_a_process_of_its_own(n: int, gold: list[str], folder: Path) -> dict[str, float]:
    code = "import sys, json; from pathlib import Path; from benchmarks.embedded import by_part; "
    code += "print(json.dumps(by_part(int(sys.argv[1]), sys.argv[3:], Path(sys.argv[2]))))"
    command = [sys.executable, "-c", code, str(n), str(folder), *gold]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    parts: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return parts


if __name__ == "__main__":
    main()
