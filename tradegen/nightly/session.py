"""A session: work on one nightly run, from where it is to its end, and how it ended."""

import errno
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from time import monotonic

from structlog.typing import FilteringBoundLogger

from tradegen.data.run_folder import RunFolder
from tradegen.errors import EngineUnavailableError, StorageError, TradegenError
from tradegen.nightly.journal import Journal
from tradegen.nightly.logs import bound, without_secrets
from tradegen.nightly.night import Night
from tradegen.nightly.records import Choice, NightlyRun
from tradegen.nightly.status import STATUS_FILE, Failure, State, Status, write_status
from tradegen.nightly.steps import STEPS, RefusedError, Step, Tonight
from tradegen.nightly.stopping import Stopping
from tradegen.nightly.telling import tell_outcome
from tradegen.settings import Settings, Stated

OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)
"""Errors of the system that are a disk's, not the program's."""

_AGAIN = "Run the command again: it goes on."

_NEXT = {
    1: f"{_AGAIN} If it fails again, report it with the log.",
    2: "Mend what the message names, then run the command again.",
    3: f"Raise run.max_attempts, or the limits of nim, in the settings. {_AGAIN}",
    EngineUnavailableError.exit_code: f"See that the engine can be reached. {_AGAIN}",
    StorageError.exit_code: f"Free or mend the disk. {_AGAIN}",
}


@dataclass(frozen=True, slots=True)
class Nightly:
    """What a call of the nightly job works with; `asked` is None for today's."""

    settings: Settings
    stated: Stated
    log: FilteringBoundLogger
    clock: Callable[[], datetime]
    asked: date | None = None
    secrets: Collection[str] = ()

    @property
    def runs(self) -> Path:
        """The folder of all runs."""
        return self.settings.run.folder


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended: its exit code, and the status of the run it was about, if there is one."""

    exit_code: int
    status: Status | None


class Session:
    """One session of work on one run."""

    def __init__(
        self,
        nightly: Nightly,
        chosen: Choice,
        latest: Status | None,
        instead_of: tuple[NightlyRun, str] | None = None,
    ) -> None:
        self._nightly, self._instead_of = nightly, instead_of
        self.name = chosen.night.name(nightly.settings.nightly.prefix)
        earlier = chosen.there.status if chosen.there else None
        if earlier is None and latest is not None and latest.run == self.name:
            earlier = latest
        self._journal = Journal(
            nightly.runs, self._begun_status(chosen.night, earlier, latest), nightly.clock
        )
        self._folder = RunFolder(nightly.runs / self.name)
        self._tonight = Tonight(
            chosen.night,
            self._settings(chosen.night),
            nightly.stated,
            self._folder,
            self._journal,
            nightly.log,
            self._begun,
        )

    def _begun_status(self, night: Night, earlier: Status | None, latest: Status | None) -> Status:
        now = self._nightly.clock()
        return Status(
            state=State.RUNNING,
            run=self.name,
            night=night.date,
            started=now if earlier is None else earlier.started,
            heartbeat=now,
            sessions=1 if earlier is None else earlier.sessions + 1,
            seconds={} if earlier is None else earlier.seconds,
            alerted_of=None if earlier is None else earlier.alerted_of,
            trouble_before=latest is not None and latest.in_trouble,
        )

    def _settings(self, night: Night) -> Settings:
        """Return the settings of this night: its name, and its own seed."""
        settings = self._nightly.settings
        seed = settings.seed
        if settings.nightly.new_seed:
            seed = (seed + night.date.toordinal()) % 2**63
        run = settings.run.model_copy(update={"name": self.name})
        return settings.model_copy(update={"seed": seed, "run": run})

    def _begun(self) -> None:
        """Let the record lie in the run's folder, now that it is there."""
        self._journal.belongs_to(self._folder.path)
        if self._instead_of is not None:
            given_up, why = self._instead_of
            self._instead_of = None
            self._abandon(given_up, why)

    def _abandon(self, run: NightlyRun, why: str) -> None:
        """Note in a run's own record that it does not go on; its rows stay."""
        if run.status is None:
            return
        ended = self._nightly.clock()
        notes = (*run.status.notes, f"given up for {self.name}: {why}")
        changes = {"state": State.ABANDONED, "ended": ended, "notes": notes}
        write_status(run.folder.path / STATUS_FILE, run.status.model_copy(update=changes))

    def work(self, stopping: Stopping) -> Outcome:
        """Do all steps. Raises `RefusedError`; every other end is in the outcome."""
        log, journal = self._nightly.log, self._journal
        with bound(run=self.name):
            try:
                log.info("begun", session=journal.status.sessions)
                if self._folder.manifest.is_file() or self._folder.ledger.is_file():
                    journal.belongs_to(self._folder.path)
                with journal.beating():
                    for step in STEPS:
                        self._do(step)
                return self._done()
            except KeyboardInterrupt:
                return self._interrupted(stopping.exit_code)
            except RefusedError:
                raise
            except TradegenError as error:
                return self.fail(error)
            except Exception as error:
                log.exception("internal error")
                return self.fail(error)

    def _do(self, step: Step) -> None:
        journal, log = self._journal, self._nightly.log
        journal.write(step=step.name)
        began = monotonic()
        with bound(step=step.name):
            log.info("step begun")
            counts = step.do(self._tonight)
            seconds = round(monotonic() - began, 3)
            spent = journal.status.seconds.get(step.name, 0.0) + seconds
            journal.write(seconds={**journal.status.seconds, step.name: round(spent, 3)})
            log.info("step done", seconds=seconds, **counts)

    def _done(self) -> Outcome:
        journal = self._journal
        journal.write(state=State.DONE, step=None, ended=self._nightly.clock())
        status = journal.status
        say = self._nightly.log.info if status.good else self._nightly.log.error
        say(
            "done",
            exit_code=status.exit_code,
            verdict=status.verdict,
            compared_with=status.compared_with,
            comparison=list(status.comparison),
            next=status.next,
        )
        return Outcome(status.exit_code or 0, status)

    def _interrupted(self, exit_code: int) -> Outcome:
        """Note that a signal has stopped the run, which goes on when the job is called again."""
        changes = {"state": State.INTERRUPTED, "exit_code": exit_code, "next": _AGAIN}
        with suppress(StorageError):
            self._journal.write(**changes)
        self._nightly.log.warning("interrupted", exit_code=exit_code, next=_AGAIN)
        return Outcome(exit_code, self._journal.status)

    def fail(self, error: Exception) -> Outcome:
        """Note what a run failed of, and tell of it."""
        log, code = self._nightly.log, exit_code_of(error)
        message = without_secrets(str(error), self._nightly.secrets)
        failure = Failure(type=type(error).__name__, message=message, exit_code=code)
        changes = {
            "state": State.FAILED,
            "ended": self._nightly.clock(),
            "exit_code": code,
            "good": False,
            "error": failure,
            "next": _NEXT.get(code, _NEXT[1]),
        }
        with bound(run=self.name):
            log.error("failed", error=failure.type, text=message, exit_code=code)
            try:
                self._journal.write(**changes)
            except StorageError as wrong:  # a full disk is a reason to tell, not to be silent
                log.error("status not written", text=str(wrong))  # noqa: TRY400  (no bug)
            tell_outcome(self._nightly.settings.nightly, self._journal, log)
        return Outcome(code, self._journal.status)


def exit_code_of(error: Exception) -> int:
    """Return the exit code that an error ends the night with."""
    if isinstance(error, TradegenError):
        return error.exit_code
    if isinstance(error, OSError) and error.errno in OF_THE_DISK:
        return StorageError.exit_code
    return TradegenError.exit_code
