"""A night that is killed, terminated and damaged, then called again, ends as if it had not been."""

import json
import signal
import time
from pathlib import Path

from tests.cli.test_interrupt import attempts_in, wait_until
from tests.support.cli import finish, process, start
from tests.support.nights import DATE, NAME, FinishedNight, make_desk

FILES = ("rows.parquet", "features.parquet", "rejected.parquet", "evaluation.json", "evaluation.md")


def made(run: Path) -> dict[str, bytes]:
    files = [*(run / name for name in FILES), *sorted((run / "evaluation").glob("*.parquet"))]
    return {file.name: file.read_bytes() for file in files}


def test_a_night_that_is_killed_and_terminated_goes_on_and_ends_with_the_same_bytes(
    tmp_path: Path, finished_night: FinishedNight
) -> None:
    desk = make_desk(tmp_path)
    run, latest = desk / "runs" / NAME, desk / "runs" / "status.json"

    killed = start(desk, "nightly", "--night", DATE)
    wait_until(lambda: attempts_in(run / "ledger.sqlite") > 0, killed)
    killed.send_signal(signal.SIGKILL)
    assert finish(killed).code == -signal.SIGKILL
    left = json.loads(latest.read_text())
    assert (left["state"], left["run"]) == ("running", NAME)

    terminated = start(desk, "nightly")
    wait_until(lambda: '"step": "evaluation"' in latest.read_text(), terminated)
    time.sleep(0.5)  # into the work
    terminated.send_signal(signal.SIGTERM)
    said = finish(terminated)
    assert said.code == 143
    last = json.loads(said.err.splitlines()[-1])
    assert (last["event"], last["exit_code"]) == ("interrupted", 143)
    left = json.loads(latest.read_text())
    assert (left["state"], left["step"], left["exit_code"]) == ("interrupted", "evaluation", 143)
    assert left == json.loads((run / "status.json").read_text())

    # As a disk that was full, or a crash of the machine, may leave it: damage is made anew.
    evaluation = (finished_night.run / "evaluation.json").read_bytes()
    (run / "evaluation.json").write_bytes(evaluation[:1000])

    done = process(desk, "nightly")
    assert done.code == 0, done.err
    status = json.loads(latest.read_text())
    assert (status["state"], status["run"], status["sessions"]) == ("done", NAME, 3)
    assert made(run) == made(finished_night.run)
