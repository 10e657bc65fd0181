"""Retention: the latest nightly runs are kept, and the last good one whatever its age."""

import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from tradegen.errors import InputError
from tradegen.nightly.night import night_of
from tradegen.nightly.records import NightlyRun
from tradegen.nightly.status import State

_LEAVING = ".deleted"


def to_delete(known: Sequence[NightlyRun], keep: int) -> list[NightlyRun]:
    """Return the runs that are done to delete of those in a folder, by night.

    Only runs that are done count: the others may yet go on, see `given_up`.
    """
    done = [run for run in known if run.state is State.DONE]
    good = [run for run in done if run.is_good]
    return [run for run in done[: max(len(done) - keep, 0)] if run not in good[-1:]]


def given_up(known: Sequence[NightlyRun], keep: int) -> list[NightlyRun]:
    """Return the runs that are not done beyond the latest `keep` of them.

    Nights that fail for weeks would fill the disk. A run whose status cannot be read is not among
    them: what it holds is not known.
    """
    unfinished = [run for run in known if run.status and run.state is not State.DONE]
    return unfinished[: max(len(unfinished) - keep, 0)]


def delete(doomed: Iterable[NightlyRun]) -> tuple[list[str], list[str]]:
    """Delete runs; return the names of those that are gone, and why others are not.

    A run is renamed first, so that none is ever found with half of its files. One that a process
    works on is left for another night.
    """
    gone, left = [], []
    for run in doomed:
        path = run.folder.path
        if why := _why_it_stays(run):
            left.append(f"{path.name}: {why}")
            continue
        leaving = path.with_name(f".{path.name}{_LEAVING}")
        try:
            path.rename(leaving)
        except OSError as error:
            left.append(f"{path.name}: cannot be deleted ({error.strerror})")
            continue
        gone.append(path.name)
        left += _remove(leaving)
    return gone, left


def _why_it_stays(run: NightlyRun) -> str:
    try:
        return "a process works on it" if run.folder.is_being_worked_on() else ""
    except InputError as error:  # its lock is another user's
        return str(error)


def finish_deletions(runs: Path, prefix: str) -> list[str]:
    """Remove what a deletion that was cut off has left; return what could not be removed."""
    left: list[str] = []
    for path in runs.glob(f".*{_LEAVING}"):
        name = path.name[1 : -len(_LEAVING)]
        if night_of(name, prefix) is not None and path.is_dir() and not path.is_symlink():
            left += _remove(path)
    return left


def _remove(path: Path) -> list[str]:
    """Remove a folder, following no link; return why it could not be, if it could not."""
    with suppress(FileNotFoundError):
        try:
            shutil.rmtree(path)
        except OSError as error:
            return [f"{error.filename or path}: cannot be deleted ({error.strerror})"]
    return []
