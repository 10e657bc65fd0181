"""A command as a user would run it, and what its processes used."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

_SAMPLE_S = 0.25  # looking at memory costs milliseconds of the CPU that is measured


@dataclass(frozen=True, slots=True)
class Watched:
    """One command: seconds, CPU seconds and the peak memory of all its processes, in MB.

    Memory is proportional set size: what processes share is counted once.
    """

    seconds: float
    cpu_seconds: float
    peak_mb: float
    largest_mb: float


def watch(arguments: Sequence[str]) -> Watched:
    """Run `python -m tradegen` with arguments to its end, and watch its processes."""
    started = time.monotonic()
    process = psutil.Popen([sys.executable, "-m", "tradegen", *arguments])
    peak = largest = 0.0
    cpu: dict[int, float] = {}
    while process.poll() is None:
        total = 0.0
        for one in [process, *_children(process)]:
            try:
                with one.oneshot():
                    used = one.memory_full_info().pss / 1e6
                    times = one.cpu_times()
            except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                continue
            total += used
            largest = max(largest, used)
            cpu[one.pid] = times.user + times.system
        peak = max(peak, total)
        time.sleep(_SAMPLE_S)
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)}: exit code {process.returncode}")
    return Watched(time.monotonic() - started, sum(cpu.values()), peak, largest)


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
