"""The run folder: one run's files, where they are and who may write them."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from tradegen.data.atomic import write_text
from tradegen.data.run_json import check_manifest
from tradegen.errors import DamagedError, InputError, StorageError

_LOCK = ".lock"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run's folder `runs/<name>`."""

    path: Path

    @property
    def name(self) -> str:
        """The run's name."""
        return self.path.resolve().name

    @property
    def manifest(self) -> Path:
        """Settings, versions and counts, as JSON."""
        return self.path / "run.json"

    @property
    def ledger(self) -> Path:
        """Every attempt, in SQLite."""
        return self.path / "ledger.sqlite"

    @property
    def calls(self) -> Path:
        """Answers of models that are not in the ledger yet, in SQLite."""
        return self.path / "calls.sqlite"

    @property
    def scratch(self) -> Path:
        """Working files of an engine, there only while the run is under way."""
        return self.path / "scratch"

    @property
    def rows(self) -> Path:
        """Accepted rows."""
        return self.path / "rows.parquet"

    @property
    def features(self) -> Path:
        """Indicators of the accepted rows at their entries."""
        return self.path / "features.parquet"

    @property
    def rejected(self) -> Path:
        """Attempts that were thrown away."""
        return self.path / "rejected.parquet"

    @property
    def card(self) -> Path:
        """The dataset card."""
        return self.path / "README.md"

    @property
    def report(self) -> Path:
        """The report, a page of HTML."""
        return self.path / "report.html"

    def owns(self, path: Path) -> bool:
        """Return whether a path is one of the run's own files, there or yet to be written."""
        own = (
            *(self.manifest, self.ledger, self.card, self.report),
            *(self.rows, self.features, self.rejected),
        )
        return any(
            path.resolve() == file.resolve()
            or (path.exists() and file.exists() and path.samefile(file))
            for file in own
        )

    def check(self) -> None:
        """Raise `InputError` if the folder cannot be written or made, or holds something else."""
        place = self.path.absolute()
        while not place.exists() and place != place.parent:
            place = place.parent
        if not place.is_dir():
            raise InputError(f"{self.path}: {place} is no folder; choose another --folder")
        if not os.access(place, os.W_OK):
            raise InputError(f"{self.path}: {place} cannot be written; choose another --folder")
        if not self.path.is_dir() or self.manifest.exists() or self.ledger.exists():
            return
        others = sorted(path.name for path in self.path.iterdir() if path.name != _LOCK)
        if others:
            raise InputError(
                f"{self.path}: no run, and not empty ({', '.join(others[:3])}); nothing there is "
                "overwritten: choose another --name"
            )

    def create(self) -> bool:
        """Make the folder; return False if it was there. Raises `InputError` if it cannot be."""
        try:
            self.path.mkdir(parents=True)
        except FileExistsError as error:
            if self.path.is_dir():
                return False
            raise InputError(f"{self.path}: cannot be made ({error.strerror})") from error
        except OSError as error:
            raise InputError(f"{self.path}: cannot be made ({error.strerror})") from error
        return True

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other process out. Raises `StorageError` if one is already in."""
        lock = FileLock(self.path / _LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise StorageError(
                f"{self.path}: another process is working on this run; wait for it or choose "
                "another --name"
            ) from error
        except OSError as error:
            raise InputError(f"{self.path}: cannot be written ({error.strerror})") from error
        try:
            yield
        finally:
            lock.release()

    def is_being_worked_on(self) -> bool:
        """Return whether some process holds the lock; a killed one holds none."""
        if not (self.path / ".lock").is_file():
            return False
        try:
            with self.locked():
                return False
        except StorageError:
            return True

    def read_manifest(self) -> dict[str, Any]:
        """Return what `run.json` says.

        Raises `InputError` if there is none, `StorageError` if it cannot be read or is not what a
        run has written.
        """
        try:
            found = json.loads(self.manifest.read_text(encoding="utf-8"))
            if not isinstance(found, dict):
                raise DamagedError("expected a JSON object")
            check_manifest(found)
        except FileNotFoundError as error:
            raise InputError(f"{self.path}: no run here (run.json is missing)") from error
        except (OSError, ValueError, RecursionError, DamagedError) as error:
            raise StorageError(
                f"{self.manifest}: cannot be read ({error}); put the file back as it was, or use "
                "another --name"
            ) from error
        return found

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Write `run.json` atomically."""
        write_text(self.manifest, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def find_run(folder: Path, name: str) -> RunFolder:
    """Return the run of this name, or at this path. Raises `InputError` if there is none."""
    for candidate in (folder / name, Path(name)):
        if (candidate / "run.json").is_file():
            return RunFolder(candidate)
    known = ", ".join(run.name for run in all_runs(folder)) or "none"
    raise InputError(f"no run {name!r} in {folder}; there is: {known}")


def latest_run(folder: Path) -> RunFolder:
    """Return the run that was worked on last. Raises `InputError` if there is none."""
    runs = all_runs(folder)
    if not runs:
        raise InputError(f"{folder}: no run here yet; make one with: python -m tradegen run")
    return runs[-1]


def all_runs(folder: Path) -> list[RunFolder]:
    """Return the runs in a folder, the latest last."""
    found = [RunFolder(path.parent) for path in folder.glob("*/run.json")]
    return sorted(found, key=lambda run: run.ledger.stat().st_mtime if run.ledger.exists() else 0)
