"""Output that nobody reads, or that finds no room, stops no run and is no traceback."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import TIMEOUT_S, Said, environment
from tests.support.runs import FinishedRun

RUN = "run --n 6 --workers 1 --name a"


def shell(cwd: Path, script: str) -> Said:
    """Run a script of a shell in which `tradegen` is the command line."""
    command = f'tradegen() {{ "{sys.executable}" -m tradegen "$@"; }}\n{script}'
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    ("script", "code", "err"),
    [
        (f"tradegen {RUN} | true; exit ${{PIPESTATUS[0]}}", 0, ""),
        (f"tradegen {RUN} >&-", 0, ""),
        (f"tradegen {RUN} >&- 2>&- <&-", 0, ""),
        (f"tradegen {RUN} > /dev/full", 0, ""),
        (
            f"tradegen {RUN} --json > /dev/full",
            5,
            "tradegen: the output cannot be written (No space left on device)\n",
        ),
    ],
)
def test_a_run_ends_well_without_its_output(
    tmp_path: Path, script: str, code: int, err: str
) -> None:
    said = shell(tmp_path, script)
    assert (said.code, said.err) == (code, err)
    assert json.loads((tmp_path / "runs/a/run.json").read_text("utf-8"))["status"] == "done"
    assert (tmp_path / "runs/a/rows.parquet").is_file()


@pytest.mark.parametrize(
    "command", ["show first", "show first --json", "show first --row 1 --json", "--help"]
)
def test_a_reader_that_has_left_is_no_error(
    finished_run: FinishedRun, tmp_path: Path, command: str
) -> None:
    finished_run.copied_to(tmp_path / "runs")
    said = shell(tmp_path, f"(sleep 0.5; tradegen {command}; echo $? >&2) | true")
    assert said.err in ("0\n", "141\n")


def test_a_full_device_is_told_in_one_line(finished_run: FinishedRun, tmp_path: Path) -> None:
    finished_run.copied_to(tmp_path / "runs")
    said = shell(tmp_path, "tradegen show first > /dev/full")
    assert said.code == 5
    assert said.err == "tradegen: the output cannot be written (No space left on device)\n"
