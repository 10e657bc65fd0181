"""The main job in real processes: what comes out, and that nothing changes it."""

import random
import signal
import sqlite3
import subprocess  # noqa: TC003
import time
from contextlib import closing
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

from tests.support.independent import check_rows, check_split
from tests.support.processes import descendants, start, tradegen, wait_until_gone
from tests.support.real_gold import CRYPTO, EQUITY, needs_real_gold
from tradegen.data.gold import DEMO_GOLD

KILLS = {1: 7, 2: 7, 4: 6}
"""Kills of a run at work, by its number of workers: 20 in all."""

ROWS = 2000
FEW_AT_ONCE = {"TRADEGEN_RUN__IN_FLIGHT": "16"}
"""So that rows are accepted a few at a time, and a kill may fall between any of them."""


def rows_of(folder: Path, name: str) -> bytes:
    return (folder / "runs" / name / "rows.parquet").read_bytes()


def accepted_in(folder: Path, name: str) -> set[int]:
    """Return the accepted row numbers that the ledger holds now."""
    ledger = folder / "runs" / name / "ledger.sqlite"
    if not ledger.exists():
        return set()
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as db:
        try:
            found = db.execute("SELECT row_number FROM attempts WHERE outcome = 'accepted'")
        except sqlite3.OperationalError:
            return set()  # killed before the tables were made
        return {number for (number,) in found}


def test_accepted_rows_pass_an_independent_check(tmp_path: Path) -> None:
    tradegen("run", "--n", 777, "--name", "a", "--seed", 3, "-q", cwd=tmp_path)
    check_split(check_rows(tmp_path / "runs/a/rows.parquet", [DEMO_GOLD], 777), 777)


@needs_real_gold
def test_rows_from_real_gold_pass_an_independent_check(tmp_path: Path) -> None:
    gold = [EQUITY.resolve(), CRYPTO.resolve()]
    flags = [part for path in gold for part in ("--gold", path)]
    tradegen("run", "--n", 2000, "--name", "a", "-q", *flags, cwd=tmp_path)
    check_split(check_rows(tmp_path / "runs/a/rows.parquet", gold, 2000), 2000)


def test_workers_change_nothing(tmp_path: Path) -> None:
    for workers in (1, 2, 4):
        name = f"w{workers}"
        tradegen("run", "--n", 600, "--name", name, "--workers", workers, "-q", cwd=tmp_path)
    assert rows_of(tmp_path, "w1") == rows_of(tmp_path, "w2") == rows_of(tmp_path, "w4")


def test_another_seed_gives_other_rows(tmp_path: Path) -> None:
    for seed in (1, 2):
        name = f"s{seed}"
        tradegen("run", "--n", 30, "--seed", seed, "--name", name, "-q", cwd=tmp_path)
    assert rows_of(tmp_path, "s1") != rows_of(tmp_path, "s2")


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the rows of a run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    tradegen("run", "--n", ROWS, "--name", "whole", "-q", cwd=folder)
    return rows_of(folder, "whole")


@pytest.mark.parametrize("workers", KILLS)
def test_kill_9_at_any_moment_loses_and_doubles_nothing(
    tmp_path: Path, whole_run: bytes, workers: int
) -> None:
    run = ("run", "--n", ROWS, "--workers", workers, "--name", "killed", "-q")
    moments = random.Random(workers)
    kills = KILLS[workers]
    before: set[int] = set()
    for kill in range(kills):
        process = start(*run, cwd=tmp_path, env=FEW_AT_ONCE)
        # The first kill falls as soon as there is a ledger, the others in the midst of the work.
        wanted = len(before) + moments.randint(1, ROWS // (2 * kills)) if kill else 0
        wait_until_accepted(process, tmp_path, wanted)
        time.sleep(moments.uniform(0, 0.05))
        helpers = descendants(process)
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL, "the run had ended before the kill"
        wait_until_gone(helpers)
        now = accepted_in(tmp_path, "killed")
        assert before <= now, "an accepted row was lost"
        assert len(now) < ROWS, "nothing was left to do"
        before = now
    tradegen(*run, "--resume", cwd=tmp_path)
    assert rows_of(tmp_path, "killed") == whole_run
    table = pq.read_table(tmp_path / "runs/killed/rows.parquet", columns=["trade_id"])
    assert len(set(table["trade_id"].to_pylist())) == ROWS


def wait_until_accepted(process: "subprocess.Popen[str]", folder: Path, rows: int) -> None:
    """Wait until a run at work has its ledger, and this many accepted rows in it."""
    deadline = time.monotonic() + 60
    ledger = folder / "runs/killed/ledger.sqlite"
    while not ledger.exists() or len(accepted_in(folder, "killed")) < rows:
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_worker_that_is_killed_stops_the_run_clearly_and_loses_nothing(tmp_path: Path) -> None:
    run = ("run", "--n", 3000, "--workers", 2, "--name", "a")
    process = start(*run, cwd=tmp_path)
    deadline = time.monotonic() + 60
    while not accepted_in(tmp_path, "a"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    workers = [
        p for p in descendants(process) if "tradegen.pipeline.worker" in " ".join(p.cmdline())
    ]
    victim = psutil.Process(workers[-1].pid)
    victim.kill()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 4
    assert "worker process ended unexpectedly" in errors
    wait_until_gone(workers)
    tradegen(*run, "--resume", "-q", cwd=tmp_path)
    tradegen("run", "--n", 3000, "--name", "whole", "-q", cwd=tmp_path)
    assert rows_of(tmp_path, "a") == rows_of(tmp_path, "whole")
