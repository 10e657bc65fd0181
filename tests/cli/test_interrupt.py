"""Ctrl-C on a real process: what is in flight is finished, saved, and can be gone on with."""

import json
import re
import signal
import sqlite3
import subprocess  # noqa: TC003
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq

from tests.support.cli import TIMEOUT_S, Command, finish, printed_command, start
from tests.support.processes import descendants

N = 200
FEW_AT_ONCE = {"TRADEGEN_RUN__IN_FLIGHT": "8"}


def wait_until(happened: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not happened():
        assert process.poll() is None, "the run ended before it could be interrupted"
        assert time.monotonic() < deadline
        time.sleep(0.01)


def attempts_in(ledger: Path) -> int:
    if not ledger.is_file():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as database:
            return int(database.execute("SELECT count(*) FROM attempts").fetchone()[0])
    except sqlite3.Error:  # its tables are just being made
        return 0


def test_an_interrupted_run_saves_what_it_has_and_its_printed_command_finishes_it(
    cli: Command, tmp_path: Path
) -> None:
    run = tmp_path / "runs/long"
    process = start(
        tmp_path, "run", "--n", str(N), "--workers", "1", "--name", "long", env=FEW_AT_ONCE
    )
    wait_until(lambda: attempts_in(run / "ledger.sqlite") > 0, process)
    process.send_signal(signal.SIGINT)
    said = finish(process)

    assert said.code == 130
    assert said.err == ""
    assert "stopping: rows in flight are being finished" in said.out
    told = re.search(rf"interrupted: (\d+) of {N} rows accepted", said.out)
    assert told
    accepted = int(told[1])
    assert 0 < accepted < N
    saved = pq.read_table(run / "rows.parquet")
    assert saved.num_rows == accepted
    manifest = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert (manifest["status"], manifest["accepted"]) == ("interrupted", accepted)
    assert "**Incomplete** (interrupted)" in (run / "README.md").read_text(encoding="utf-8")

    resumed = cli(*printed_command(said.out, "go on with:"))
    assert resumed.code == 0
    assert f"going on with {accepted:,} rows accepted before" in resumed.out
    assert f"done: {N} of {N} rows accepted" in resumed.out
    finished = pq.read_table(run / "rows.parquet")
    assert finished.num_rows == N
    assert finished.slice(0, accepted).equals(saved)


def test_an_interruption_while_gold_is_still_being_read_ends_at_once_without_a_traceback(
    tmp_path: Path,
) -> None:
    process = start(tmp_path, "run", "--n", "5000", "--workers", "1", "--name", "early")
    wait_until(lambda: bool(descendants(process)), process)  # workers start before gold is read
    process.send_signal(signal.SIGINT)
    said = finish(process)
    assert said.code == 130
    assert "Traceback" not in said.err
    assert not (tmp_path / "runs/early/rows.parquet").exists()
