"""Nights to look at: one made for real and once, and copies of it that say something else."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import process
from tests.support.rows import records, write_parquet

DATE = "2026-11-20"
NAME = f"nightly-{DATE}"
N = 8
_GOLD_ROWS = 40


@dataclass(frozen=True, slots=True)
class FinishedNight:
    """A night of 8 rows, in a folder with its settings and gold; not to be changed by a test."""

    desk: Path
    log: str

    @property
    def run(self) -> Path:
        """The run's folder."""
        return self.desk / "runs" / NAME


@pytest.fixture(scope="session")
def finished_night(tmp_path_factory: pytest.TempPathFactory) -> FinishedNight:
    """Make the night that tests share, in a process of its own."""
    desk = make_desk(tmp_path_factory.mktemp("night"))
    said = process(desk, "nightly", "--night", DATE)
    assert said.code == 0, said.err
    assert said.out == ""
    return FinishedNight(desk, said.err)


def make_desk(folder: Path, *, seed: int = 0) -> Path:
    """Write settings and gold of a small night into a folder."""
    write_parquet(folder / "gold.parquet", records(_GOLD_ROWS))
    write_settings(folder, seed=seed)
    return folder


def write_settings(folder: Path, nightly: str = "", *, seed: int = 0) -> None:
    """Write the settings of a small night; `nightly` are more lines of that section."""
    (folder / "tradegen.toml").write_text(
        f"n = {N}\nseed = {seed}\n[gold]\nfiles = ['gold.parquet']\n"
        "[diversity]\nweights = 'gold'\n[run]\nworkers = 1\nin_flight = 2\n"
        f"[nightly]\nquick = true\n{nightly}\n",
        encoding="utf-8",
    )


def add_night(night: FinishedNight, runs: Path, name: str, **changes: Any) -> Path:
    """Put a copy of a finished night into a folder of runs, as that of another date.

    `changes` are fields of its `status.json`; `metrics` are added to those that are there.
    """
    copy = Path(shutil.copytree(night.run, runs / name))
    status = json.loads((copy / "status.json").read_text())
    metrics = status["metrics"] | changes.pop("metrics", {})
    date = "-".join(name.split("-")[1:4])
    status |= {"run": name, "night": date, "metrics": metrics, **changes}
    (copy / "status.json").write_text(json.dumps(status))
    return copy


def change_json(path: Path, **changes: Any) -> None:
    """Change fields of a JSON file."""
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
