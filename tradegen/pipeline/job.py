"""The main job: rows asked for, in flight, accepted, written."""

import math
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import FrameType
from typing import Any, Protocol

import numpy as np

from tradegen.data.atomic import write_text
from tradegen.data.calls import CallJournal
from tradegen.data.dataset import read_rows, write_rejected, write_rows
from tradegen.data.dataset_card import dataset_card
from tradegen.data.gold import Gold
from tradegen.data.ledger import Attempt, Ledger
from tradegen.data.row import IntArray
from tradegen.data.run_folder import RunFolder
from tradegen.engines.attempt_log import Usage
from tradegen.engines.designer.options import MOST_CALLS as MOST_CALLS_OF_DESIGNER
from tradegen.engines.nim.options import ASKING, MOST_CALLS
from tradegen.errors import DamagedError, StorageError, TradegenError
from tradegen.indicators.features import write_features
from tradegen.pipeline.admission import Accepted, Admission, Spare, Twin
from tradegen.pipeline.blueprint import Blueprint
from tradegen.pipeline.fleet import Fleet, usual_workers
from tradegen.pipeline.manifest import describe
from tradegen.pipeline.prepare import Prepared, prepare, with_endpoint
from tradegen.pipeline.resume import (
    Chosen,
    check_same,
    check_version,
    choose_run,
    find_folder,
    free_folder,
)
from tradegen.pipeline.spending import Spending
from tradegen.settings import Settings, Stated, identity

_WAIT_S = 0.2
_AHEAD = 8
_ROWS_A_CALL = 1.25


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    `ready` rows have passed their judge: they are accepted, or wait for the rows before them.
    `usage` is what each role's calls took, in all sessions of the run. `accepted_by_bucket` has
    shape `(n_buckets,)`. `session_ready` and `session_seconds` count since this process began,
    for the rate.
    """

    asked: int
    accepted: int
    ready: int
    thrown_away: int
    retries: int
    usage: Mapping[str, Usage]
    accepted_by_bucket: IntArray
    session_ready: int
    session_seconds: float

    @property
    def rows_per_second(self) -> float:
        """Rows made ready a second in this session."""
        return self.session_ready / self.session_seconds if self.session_seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Estimated seconds to the end, or None while nothing can be said."""
        rate = self.rows_per_second
        return (self.asked - self.ready) / rate if rate > 0 else None


class Observer(Protocol):
    """Is told how a run goes on."""

    def started(self, prepared: Prepared, folder: RunFolder, accepted: int) -> None:
        """Work begins; `accepted` rows are there from before."""
        ...

    def progressed(self, progress: Progress) -> None:
        """More attempts have ended."""
        ...

    def stopping(self) -> None:
        """A stop was asked for; rows in flight are still being finished."""
        ...


@dataclass(frozen=True, slots=True)
class Finished:
    """How a run ended: `done`, `exhausted`, `spent` or `interrupted`, and what `run.json` says.

    `before` tells that it had ended before, and nothing was made now. `gold` is what rows were made
    from, None if it was not read.
    """

    folder: RunFolder
    status: str
    manifest: Mapping[str, Any]
    before: bool = False
    gold: Gold | None = None


def run_job(
    settings: Settings, stated: Stated, observer: Observer, *, resume: bool = False
) -> Finished:
    """Run, or go on with, the run that the settings describe.

    `stated` tells which of the settings were stated, see `resume.choose_run`.

    Raises the errors of `find_folder`, `choose_run` and `prepare`, and `StorageError` if the
    folder is in use or cannot be written. Whatever was accepted before an error is in the ledger;
    a run that cannot begin leaves nothing behind.
    """
    found = find_folder(settings, resume=resume, now=datetime.now())
    folder = found.folder
    folder.check()
    unnamed = settings.run.name is None and not resume
    with ExitStack() as stack:
        locked = not unnamed and folder.path.exists()
        if locked:
            stack.enter_context(folder.locked())
        if unnamed:
            chosen = Chosen(folder, settings, None)
        else:
            chosen = choose_run(folder, settings, stated, resume=resume)
        damage = chosen.damage() if chosen.is_done else ()
        if chosen.is_done and not damage:
            return _done_before(chosen)
        workers = _workers(chosen.settings)
        how = chosen.settings.run
        fleet = Fleet(workers, _in_flight(chosen.settings, workers), tracing=how.tracing)
        stack.callback(fleet.close)
        prepared = prepare(with_endpoint(chosen.settings))
        notes = [*found.notes, *damage]
        if chosen.begun and not (resume or chosen.is_done):
            notes.append(f"this goes on with the run of this name that was begun {chosen.begun}")
        prepared = replace(prepared, notes=(*notes, *prepared.notes))
        new = not locked
        if new:
            folder = _claim(folder, stack, unnamed=unnamed)
        job = _Job(prepared, stated, folder, fleet, observer, workers)
        try:
            return job.run()
        except TradegenError as error:
            can_go_on = isinstance(error, StorageError)
            if new and not job.has_made_anything and not can_go_on:
                shutil.rmtree(folder.path, ignore_errors=True)
            raise


def _workers(settings: Settings) -> int:
    """Return how many processes a run has: no more than calls may be under way at once."""
    workers = settings.run.workers or usual_workers(settings.n)
    return min(workers, settings.nim.calls_at_once) if settings.engine in ASKING else workers


def _in_flight(settings: Settings, workers: int) -> int:
    """Return how many rows a worker has under way: of those that ask, few wait for their turn."""
    usual = settings.run.in_flight
    if settings.engine not in ASKING:
        return usual
    if settings.engine == "designer":  # each has one question under way at the most
        return min(usual, max(1, settings.nim.calls_at_once // workers))
    return min(usual, math.ceil(_ROWS_A_CALL * settings.nim.calls_at_once / workers) + 1)


def _claim(folder: RunFolder, stack: ExitStack, *, unnamed: bool) -> RunFolder:
    """Make and lock the folder of a new run, or raise `StorageError` if another process has.

    A run named after the time takes another name if its own was taken meanwhile.
    """
    while not folder.create() and unnamed:
        folder = free_folder(folder.path.parent, datetime.now())
    stack.enter_context(folder.locked())
    folder.check()
    if folder.manifest.exists():
        raise StorageError(
            f"{folder.path}: another process has just worked on this run; run the command again "
            "to go on with it, or choose another --name"
        )
    return folder


def _done_before(chosen: Chosen) -> Finished:
    """Return a run that was done before, if the files stated now still say what they said."""
    if chosen.names_files:
        prepared = prepare(chosen.settings)
        ledger = Ledger.read(chosen.folder.ledger)
        try:
            check_same(chosen.folder, ledger, _identity(prepared))
        finally:
            ledger.close()
    return Finished(chosen.folder, "done", chosen.manifest or {}, before=True)


def _identity(prepared: Prepared) -> dict[str, Any]:
    """Return what decides the rows of a run: as long as it is the same, a run may go on."""
    plain = identity(prepared.settings)
    quotas = zip(prepared.sampler.constraint.buckets, prepared.sampler.quotas, strict=True)
    return {
        **{name: value for name, value in plain.items() if not name.startswith("diversity.")},
        "diversity": [[b.low, b.high, dict(b.where), int(quota)] for b, quota in quotas],
        "gold": prepared.gold.fingerprint,
    }


class _Job:
    """One session of work on one run."""

    def __init__(
        self,
        prepared: Prepared,
        stated: Stated,
        folder: RunFolder,
        fleet: Fleet,
        observer: Observer,
        workers: int,
    ) -> None:
        settings = prepared.settings
        self._prepared = prepared
        self._stated = stated
        self._folder = folder
        self._fleet = fleet
        self._observer = observer
        self._ahead = _AHEAD * workers * _in_flight(settings, workers)
        budget = settings.run.max_attempts or 5 * settings.n + 100
        self._admission = Admission(settings.n, settings.run.max_attempts_per_row, budget)
        self._by_bucket = np.zeros(len(prepared.sampler.quotas), dtype=np.int64)
        self._thrown_away = 0
        self._retries = 0
        self._spending = Spending(
            settings.nim.max_calls,
            settings.nim.max_cost,
            MOST_CALLS_OF_DESIGNER if settings.engine == "designer" else MOST_CALLS,
        )
        self._spent = False
        self._journal: CallJournal | None = None
        self._has_answers = False
        self._workers = workers
        self._clock = time.monotonic()
        self._ready_before = 0
        self._told_to_stop = 0.0

    @property
    def has_made_anything(self) -> bool:
        """Whether any attempt has ended, now or before, or any answer to one has come."""
        return self._has_answers or bool(self._admission.attempts.any())

    def run(self) -> Finished:
        """Work until every row is settled, the budget is spent or a stop is asked for."""
        # run.json is written once the ledger is: where it is there, so is a ledger to go on with.
        ledger = Ledger(self._folder.ledger, begin=not self._folder.manifest.exists())
        try:
            check_version(self._folder, ledger)
            check_same(self._folder, ledger, _identity(self._prepared))
            started = _started(ledger)
            earlier = float(ledger.about("seconds", (int, float)) or 0.0)
            self._restore(ledger)
            self._write_manifest(ledger, "running", started, earlier)
            self._observer.started(self._prepared, self._folder, self._admission.accepted)
            self._fleet.start(self._blueprint())
            interrupted = self._work(ledger)
            self._fleet.close()  # its memory is free before files are written
            seconds = earlier + time.monotonic() - self._clock
            ledger.note("seconds", seconds)
            return self._finish(ledger, interrupted, started, seconds)
        finally:
            ledger.close()
            self._close_journal()
            self._fleet.close()  # whose engine may still be writing there
            shutil.rmtree(self._folder.scratch, ignore_errors=True)

    def _blueprint(self) -> Blueprint:
        """Return the blueprint for the workers of this run, with its journal if calls cost."""
        plain = self._prepared.blueprint
        journal = None
        if plain.engine != "embedded":
            journal = self._folder.calls
            self._journal = CallJournal(journal)
        shutil.rmtree(self._folder.scratch, ignore_errors=True)  # of a session that was killed
        order = replace(
            plain.order, journal=journal, workers=self._workers, scratch=self._folder.scratch
        )
        return replace(plain, order=order)

    def _forget_calls(self, attempts: list[Attempt]) -> None:
        """Drop the answers of attempts that are in the ledger by now."""
        if self._journal is not None:
            self._journal.forget([(attempt.row_number, attempt.attempt) for attempt in attempts])

    def _close_journal(self) -> None:
        if self._journal is not None:
            self._has_answers = self._journal.has_answers()
            self._journal.close()
            if self._admission.done:
                self._journal.remove()

    def _restore(self, ledger: Ledger) -> None:
        ledger.reopen(self._prepared.settings.run.max_attempts_per_row)
        with ledger.trusted():
            self._admission.restore(ledger.recorded())
        bucket_of = self._prepared.sampler.bucket_of_row
        np.add.at(self._by_bucket, bucket_of[self._admission.accepted_mask], 1)
        summary = ledger.summary()
        self._thrown_away = summary["thrown_away"]
        self._spending.restore(summary)
        self._ready_before = self._admission.accepted + self._admission.waiting

    def _work(self, ledger: Ledger) -> bool:
        """Make attempts and settle rows; return whether a stop was asked for."""
        outstanding = 0
        with _stop_signals() as stop:
            self._settle(ledger, [])
            while not self._admission.done:
                affordable = self._spending.room(outstanding)
                if not stop.is_set() and affordable != 0:
                    room = min(self._fleet.room(), affordable or sys.maxsize)
                    tasks = self._admission.tasks(room, self._ahead)
                    outstanding += len(tasks)
                    if tasks:
                        self._fleet.submit(tasks)
                elif outstanding == 0:
                    self._spent = not stop.is_set()
                    break
                elif stop.is_set() and not self._told_to_stop:
                    self._told_to_stop = time.monotonic()
                    self._observer.stopping()
                if stop.is_set() and self._has_waited_enough():
                    break
                attempts = self._fleet.collect(_WAIT_S)
                outstanding -= len(attempts)
                if attempts:
                    self._settle(ledger, attempts)
            return stop.is_set() and not self._admission.done

    def _has_waited_enough(self) -> bool:
        """Return whether rows in flight have had their time since a stop was asked for."""
        waited = time.monotonic() - self._told_to_stop if self._told_to_stop else 0.0
        return waited > self._prepared.settings.run.stop_patience_s

    def _settle(self, ledger: Ledger, attempts: list[Attempt]) -> None:
        """Make attempts durable, decide over the rows that can be decided, then count them."""
        with ledger.transaction():
            ledger.record(attempts)
            for attempt in attempts:
                self._admission.record(attempt)
            decisions = self._admission.settle()
            for decision in decisions:
                match decision:
                    case Accepted(row_number, attempt_number):
                        ledger.accept(row_number, attempt_number)
                    case Twin(row_number, attempt_number, twin):
                        ledger.throw_away_twin(row_number, attempt_number, twin)
                    case Spare(row_number, attempt_number, accepted_attempt):
                        ledger.throw_away_spare(row_number, attempt_number, accepted_attempt)
        accepted = [d.row_number for d in decisions if isinstance(d, Accepted)]
        np.add.at(self._by_bucket, self._prepared.sampler.bucket_of_row[accepted], 1)
        self._thrown_away += len(decisions) - len(accepted)
        self._thrown_away += sum(attempt.outcome == "thrown_away" for attempt in attempts)
        self._retries += sum(attempt.retries for attempt in attempts)
        for attempt in attempts:
            self._spending.add(attempt)
        self._forget_calls(attempts)
        self._observer.progressed(self._progress())

    def _progress(self) -> Progress:
        accepted = int(self._by_bucket.sum())
        ready = accepted + self._admission.waiting
        return Progress(
            asked=self._admission.n,
            accepted=accepted,
            ready=ready,
            thrown_away=self._thrown_away,
            retries=self._retries,
            usage={role: replace(used) for role, used in self._spending.usage.items()},
            accepted_by_bucket=self._by_bucket.copy(),
            session_ready=ready - self._ready_before,
            session_seconds=time.monotonic() - self._clock,
        )

    def _finish(
        self, ledger: Ledger, interrupted: bool, started: datetime, seconds: float
    ) -> Finished:
        admission = self._admission
        status = "done" if admission.accepted == admission.n else "exhausted"
        status = "interrupted" if interrupted else "spent" if self._spent else status
        with ledger.trusted():
            extras = self._prepared.gold.extras
            accepted = ledger.accepted()
            write_rows(self._folder.rows, accepted, extras, expected=admission.accepted)
            write_rejected(self._folder.rejected, ledger.thrown_away())
        self._write_features()
        manifest = self._write_manifest(ledger, status, started, seconds)
        return Finished(self._folder, status, manifest, gold=self._prepared.gold)

    def _write_features(self) -> None:
        """Write the indicators of the rows that were just written, a group of them at a time."""
        market = self._prepared.gold.market
        write_features(
            self._folder.features,
            ((rows, market.bars_per_year(rows)) for rows in read_rows(self._folder.rows)),
            self._prepared.settings.indicators.extra,
            synthetic=True,
        )

    def _write_manifest(
        self, ledger: Ledger, status: str, started: datetime, seconds: float
    ) -> dict[str, Any]:
        attempts_by_bucket = np.zeros_like(self._by_bucket)
        np.add.at(
            attempts_by_bucket, self._prepared.sampler.bucket_of_row, self._admission.attempts
        )
        manifest = describe(
            self._prepared,
            settings_in_background=self._stated.background,
            status=status,
            accepted_by_bucket=self._by_bucket,
            attempts_by_bucket=attempts_by_bucket,
            given_up=self._admission.given_up,
            attempts=ledger.summary(),
            started=started,
            seconds=seconds,
        )
        extras = tuple(extra.name for extra in self._prepared.gold.extras)
        write_text(self._folder.card, dataset_card(self._folder.name, manifest, extras))
        self._folder.write_manifest(manifest)
        return manifest


def _started(ledger: Ledger) -> datetime:
    """Return when the run was begun; that is now, if the ledger does not know."""
    noted = ledger.about("started", str)
    if noted is None:
        now = datetime.now(UTC)
        ledger.note("started", now.isoformat())
        return now
    with ledger.trusted():
        try:
            return datetime.fromisoformat(noted)
        except ValueError as error:
            raise DamagedError(f"started: {noted!r} is no time") from error


@contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """Yield an event that Ctrl-C and SIGTERM set; a second Ctrl-C stops at once."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def ask(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
