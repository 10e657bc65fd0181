"""The folder of a job beside its run: what was asked, which job does it, and what it brought."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tradegen.data.atomic import make_folder_of, write_text
from tradegen.errors import InputError, StorageError

_ENDING = "-job"
_KEYS = frozenset({"job", "base_url", "settings", "rows"})


@dataclass(frozen=True, slots=True)
class JobFolder:
    """A folder `runs/<name>-job`, which belongs to the run `runs/<name>`."""

    path: Path

    @classmethod
    def of_run(cls, runs: Path, name: str) -> "JobFolder":
        """Return the folder that belongs to a run."""
        return cls(runs / f"{name}{_ENDING}")

    @property
    def run_name(self) -> str:
        """The run's name."""
        return self.path.name.removesuffix(_ENDING)

    @property
    def questions(self) -> Path:
        """The seed dataset, JSON lines."""
        return self.path / f"{self.run_name}-questions.jsonl"

    @property
    def record(self) -> Path:
        """The job's id, address and settings, as JSON."""
        return self.path / "job.json"

    @property
    def dataset(self) -> Path:
        """The dataset as it was fetched, an archive."""
        return self.path / "dataset.tar"

    @property
    def answers(self) -> Path:
        """What of the dataset is of use."""
        return self.path / "answers.parquet"

    def begin(self) -> None:
        """Make the folder. Raises `InputError` if a job is recorded there."""
        if self.record.exists():
            raise InputError(
                f"{self.path}: a job of this name was submitted; go on with it by --resume "
                f"{self.read()['job']}, or choose another --name"
            )
        make_folder_of(self.record)

    def write(self, record: Mapping[str, Any]) -> None:
        """Record the job."""
        write_text(self.record, json.dumps(record, indent=2, ensure_ascii=False) + "\n")

    def read(self) -> dict[str, Any]:
        """Return the record. Raises `StorageError` if it cannot be what was written."""
        try:
            found = json.loads(self.record.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise StorageError(f"{self.record}: cannot be read ({error})") from error
        if not isinstance(found, dict) or not set(found) >= _KEYS:
            raise StorageError(f"{self.record}: damaged; expected {', '.join(sorted(_KEYS))}")
        return found


def find_job(runs: Path, job: str) -> JobFolder:
    """Return the folder of a job, by its id or its run's name.

    Raises `InputError` if there is none.
    """
    folders = [JobFolder(path.parent) for path in sorted(runs.glob(f"*{_ENDING}/job.json"))]
    for folder in folders:
        if job in (folder.run_name, folder.read()["job"]):
            return folder
    known = ", ".join(str(folder.read()["job"]) for folder in folders) or "none"
    raise InputError(f"no job {job!r} was submitted from {runs}; there is: {known}")
