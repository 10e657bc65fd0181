"""The nightly runs that lie in a folder of runs, and which of them counts for what."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tradegen.data.run_folder import RunFolder
from tradegen.errors import DamagedError, EngineUnavailableError, StorageError
from tradegen.nightly.night import Night, night_of
from tradegen.nightly.status import STATUS_FILE, State, Status, read_status

MOST_SESSIONS = 5
"""Sessions after which an earlier night's run is left as it is: it must not block all others."""

_MAY_PASS = (1, EngineUnavailableError.exit_code, StorageError.exit_code)


@dataclass(frozen=True, slots=True)
class NightlyRun:
    """A nightly run; its status is None if it was cut off before it, or that is damaged."""

    night: Night
    folder: RunFolder
    status: Status | None

    @property
    def state(self) -> State:
        """How far it is."""
        return State.INTERRUPTED if self.status is None else self.status.state

    @property
    def is_good(self) -> bool:
        """Whether later runs may be held against it."""
        return self.status is not None and self.state is State.DONE and self.status.good

    @property
    def can_go_on_later(self) -> bool:
        """Whether it is worth going on with on a later night."""
        if self.status is None:
            return True
        if self.status.sessions >= MOST_SESSIONS:
            return False
        if self.state is State.FAILED:
            return self.status.error is not None and self.status.error.exit_code in _MAY_PASS
        return self.state in (State.RUNNING, State.INTERRUPTED)


@dataclass(frozen=True, slots=True)
class Choice:
    """The run to work on: a new one, or one that is there, be it done already."""

    night: Night
    there: NightlyRun | None = None

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return self.there is not None and self.there.state is State.DONE


def nightly_runs(runs: Path, prefix: str, latest: Status | None) -> list[NightlyRun]:
    """Return the nightly runs in a folder, by night.

    A folder is one if its name says so and its `status.json` agrees, or if `latest` was at work on
    it when it was cut off. Links are left alone, and so are copies under another name.
    """
    found = []
    for path in runs.iterdir() if runs.is_dir() else ():
        night = night_of(path.name, prefix)
        if night is None or path.is_symlink() or not path.is_dir():
            continue
        file, status = path / STATUS_FILE, None
        with suppress(DamagedError):
            status = read_status(file)
        began = latest is not None and latest.run == path.name
        if status.run == path.name if status else (file.is_file() or began):
            found.append(NightlyRun(night, RunFolder(path), status))
    return sorted(found, key=lambda run: run.night)


def choose(
    known: Sequence[NightlyRun], runs: Path, prefix: str, asked: date, *, named: bool
) -> Choice:
    """Return the run to work on: the latest if it is unfinished, else that of the date asked for.

    With `named` the date was named, and no other night is looked at.
    """
    if known and not named and known[-1].can_go_on_later:
        return Choice(known[-1].night, known[-1])
    of_the_date = [run for run in known if run.night.date == asked]
    if of_the_date and of_the_date[-1].state is not State.ABANDONED:
        return Choice(of_the_date[-1].night, of_the_date[-1])
    return Choice(free_night(runs, prefix, asked))


def free_night(runs: Path, prefix: str, asked: date) -> Night:
    """Return the first nightly run of a date whose name nothing has."""
    night = Night(asked)
    while (path := runs / night.name(prefix)).exists() or path.is_symlink():
        night = Night(asked, night.number + 1)
    return night


def last_good(known: Sequence[NightlyRun], before: Night) -> NightlyRun | None:
    """Return the latest good run of an earlier night, or of the same night's date before."""
    good = [run for run in known if run.is_good and run.night < before]
    return good[-1] if good else None
