"""Engines that never answer: nothing of them outlives a run, and a stop does not wait for them."""

import signal
import subprocess  # noqa: TC003
import time
from pathlib import Path

import psutil
import pytest

from tests.support.cli import finish, start
from tests.support.plugin import write_plugin
from tests.support.processes import descendants, wait_until_gone

BLOCKS = """
def block(self, row, brief):
    open("blocked", "w").close()
    time.sleep(1000)

Roles.spoil = block
"""


def wait_for(path: Path, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


def blocked_run(folder: Path) -> tuple["subprocess.Popen[str]", list[psutil.Process]]:
    env = write_plugin(folder / "plugin", BLOCKS)
    process = start(folder, "run", "--n", "20", "--workers", "2", "--engine", "theirs", env=env)
    wait_for(folder / "blocked", process)
    workers = list(descendants(process))
    assert len(workers) == 2
    return process, workers


@pytest.mark.parametrize("signals", [(signal.SIGKILL,), (signal.SIGINT, signal.SIGINT)])
def test_no_worker_of_a_blocking_engine_outlives_the_run(
    tmp_path: Path, signals: tuple[signal.Signals, ...]
) -> None:
    process, workers = blocked_run(tmp_path)
    for number in signals:
        process.send_signal(number)
        time.sleep(0.5)
    finish(process)
    wait_until_gone(workers)
