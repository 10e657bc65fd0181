"""Real runs in real processes."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil


def command(*arguments: object) -> list[str]:
    """Return the command line of tradegen with these arguments."""
    return [sys.executable, "-m", "tradegen", *map(str, arguments)]


def tradegen(*arguments: object, cwd: Path, expect: int = 0) -> "subprocess.CompletedProcess[str]":
    """Run tradegen to its end and check its exit code."""
    done = subprocess.run(
        command(*arguments), cwd=cwd, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == expect, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def start(
    *arguments: object, cwd: Path, env: Mapping[str, str] | None = None
) -> "subprocess.Popen[str]":
    """Start tradegen, with more in its environment, and return its process."""
    return subprocess.Popen(
        command(*arguments),
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def descendants(process: "subprocess.Popen[str]") -> Sequence[psutil.Process]:
    """Return the processes that a process has started, and theirs."""
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def wait_until_gone(processes: Sequence[psutil.Process], seconds: float = 15.0) -> None:
    """Wait for processes to end by themselves."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes):
            return
        time.sleep(0.05)
    raise AssertionError(f"still running: {[p.pid for p in processes if p.is_running()]}")
