"""The main job in real processes: what comes out, and that nothing changes it."""

import random
import sqlite3
import time
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

from tests.support.independent import check_rows, check_split
from tests.support.processes import descendants, start, tradegen, wait_until_gone
from tests.support.real_gold import CRYPTO, EQUITY, needs_real_gold
from tradegen.data.gold import DEMO_GOLD

KILLS = 20


def rows_of(folder: Path, name: str) -> bytes:
    return (folder / "runs" / name / "rows.parquet").read_bytes()


def accepted_in(folder: Path, name: str) -> set[int]:
    """Return the accepted row numbers that the ledger holds now."""
    ledger = folder / "runs" / name / "ledger.sqlite"
    if not ledger.exists():
        return set()
    with sqlite3.connect(f"file:{ledger}?mode=ro", uri=True) as db:
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


@pytest.mark.parametrize("workers", [1, 2])
def test_kill_9_at_any_moment_loses_and_doubles_nothing(tmp_path: Path, workers: int) -> None:
    run = ("run", "--n", 4000, "--workers", workers, "-q")
    tradegen(*run, "--name", "whole", cwd=tmp_path)
    moments = random.Random(workers)
    before: set[int] = set()
    for _ in range(KILLS // 2):
        process = start(*run, "--name", "killed", cwd=tmp_path)
        time.sleep(moments.uniform(0.3, 6.5))
        helpers = descendants(process)
        process.kill()
        process.communicate()
        wait_until_gone(helpers)
        now = accepted_in(tmp_path, "killed")
        assert before <= now, "an accepted row was lost"
        before = now
    tradegen(*run, "--name", "killed", "--resume", cwd=tmp_path)
    assert rows_of(tmp_path, "killed") == rows_of(tmp_path, "whole")
    table = pq.read_table(tmp_path / "runs/killed/rows.parquet", columns=["trade_id"])
    assert len(set(table["trade_id"].to_pylist())) == 4000


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
