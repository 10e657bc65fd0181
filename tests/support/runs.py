"""Runs to look at: each made once, since every run starts processes and learns its engine."""

import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Said, in_a_terminal
from tests.support.rows import Record, records, write_jsonl
from tradegen.api import RunResult, run

ROWS = 40
N_GOLD = 600


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run of 40 rows, many of them thrown away first; not to be changed by a test."""

    gold: Path
    result: RunResult

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self.result.folder

    def copied_to(self, folder: Path) -> Path:
        """Return a copy that a test may change, in a folder of runs."""
        return Path(shutil.copytree(self.path, folder / self.path.name))


@dataclass(frozen=True, slots=True)
class StoppedRun:
    """A run in a terminal whose attempt budget ran out early; not to be changed."""

    path: Path
    said: Said

    def copied_to(self, folder: Path) -> Path:
        """Return a copy that a test may change, in a folder of runs."""
        return Path(shutil.copytree(self.path, folder / self.path.name))


def manifest(status: str = "done", **more: Any) -> dict[str, Any]:
    """Return a `run.json` of a run that has not made any row."""
    counts = dict.fromkeys(("attempts", "accepted", "waiting", "thrown_away"), 0)
    return {
        "status": status,
        "asked": 50,
        "accepted": 0,
        "buckets": [],
        "attempts": {**counts, "thrown_away_by_kind": {}, "accepted_by_retries": {}},
        "rows_given_up": [],
        "started": "2024-02-29T12:00:00+00:00",
        "written": "2024-02-29T12:00:00+00:00",
        "seconds": 0.0,
        "gold": {"simulated": True},
        "settings": {},
        "settings_in_background": {},
        **more,
    }


@cache
def _records() -> list[Record]:
    made = records(N_GOLD)
    for k, record in enumerate(made):
        record["size_class"] = k % 3
        record["conviction"] = None if k % 7 == 0 else round(0.1 + k / 1000, 3)
        record["on_paper"] = k % 2 == 0
        record["remark"] = ('says "buy", or so', "naïve; 5 % up", "plain", None)[k % 4]
    return made


def gold_with_own_columns(folder: Path) -> Path:
    """Write the demo gold with columns of the user's own: integer, number, boolean and text."""
    return write_jsonl(folder / "gold.jsonl", _records())


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """Make the run that tests of files and of commands about runs share."""
    folder = tmp_path_factory.mktemp("finished")
    gold = gold_with_own_columns(folder)
    result = run(
        ROWS,
        gold,
        settings={
            "run": {"folder": folder / "runs", "name": "first", "workers": 1},
            "judge": {"false_rejections": 0.4},
        },
    )
    return FinishedRun(gold, result)


@pytest.fixture(scope="session")
def stopped_run(tmp_path_factory: pytest.TempPathFactory) -> StoppedRun:
    """Make the run that tests of going on share: 12 rows asked for, 3 attempts allowed."""
    folder = tmp_path_factory.mktemp("stopped")
    said = in_a_terminal(
        folder,
        *("run", "--n", "12", "--workers", "1", "--name", "stopped", "--max-attempts", "3"),
        env={"TRADEGEN_RUN__IN_FLIGHT": "2"},
    )
    return StoppedRun(folder / "runs/stopped", said)
