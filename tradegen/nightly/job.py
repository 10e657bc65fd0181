"""The nightly job: one command that can be called at any time, by whatever calls it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import sleep

from filelock import FileLock, Timeout

from tradegen.errors import DamagedError, InputError, StorageError
from tradegen.nightly.journal import HEARTBEAT_STALE_S
from tradegen.nightly.night import date_in
from tradegen.nightly.records import Choice, NightlyRun, choose, free_night, nightly_runs
from tradegen.nightly.retention import delete, finish_deletions, given_up
from tradegen.nightly.session import OF_THE_DISK, Nightly, Outcome, Session
from tradegen.nightly.status import STATUS_FILE, State, Status, read_status
from tradegen.nightly.steps import RefusedError
from tradegen.nightly.stopping import Stopping

_SECOND_LOOK_S = 2.0
_LOCK = ".nightly.lock"


def run_nightly(nightly: Nightly, stopping: Stopping) -> Outcome:
    """Go on with an unfinished run, or make today's, unless that is done: then do nothing.

    One process at a time works in a folder of runs. A second one leaves with 0, as nothing is
    wrong; but with `StorageError` if the first one seems to hang, or the disk is full or read-only.
    Raises `InputError` if the folder cannot be made. What goes wrong later is in the outcome, and
    in `status.json`.
    """
    with _alone(nightly) as is_alone:
        return _work(nightly, stopping) if is_alone else _nothing_to_do(nightly)


@contextmanager
def _alone(nightly: Nightly) -> Iterator[bool]:
    """Keep other nightly jobs out; yield whether none was in already."""
    runs = nightly.runs
    try:
        runs.mkdir(parents=True, exist_ok=True)
        lock = FileLock(runs / _LOCK)
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    except OSError as error:
        if error.errno in OF_THE_DISK:
            raise StorageError(f"{runs}: cannot be written ({error.strerror})") from error
        raise InputError(
            f"{runs}: cannot be written ({error.strerror}); choose another --folder"
        ) from error
    try:
        yield True
    finally:
        lock.release()


def _nothing_to_do(nightly: Nightly) -> Outcome:
    """Say that another process is at work. Raises `StorageError` if that seems to hang."""
    status = _latest(nightly)
    if status is None or status.state is not State.RUNNING:
        nightly.log.info("another nightly has just begun", text="nothing was done")
        return Outcome(0, status)
    if _silent_s(nightly, status) > HEARTBEAT_STALE_S:
        sleep(_SECOND_LOOK_S)  # it may just have begun, to go on with one that was killed
        status = _latest(nightly) or status
    silent_s = _silent_s(nightly, status)
    if status.state is State.RUNNING and silent_s > HEARTBEAT_STALE_S:
        raise StorageError(
            f"{nightly.runs}: another nightly holds the lock, at {status.step} of {status.run}, "
            f"and has given no sign for {silent_s:,.0f} s; end that process, then run this again"
        )
    nightly.log.info(
        "another nightly is at work", other=status.run, at=status.step, text="nothing was done"
    )
    return Outcome(0, status)


def _silent_s(nightly: Nightly, status: Status) -> float:
    return (nightly.clock() - status.heartbeat).total_seconds()


def _latest(nightly: Nightly) -> Status | None:
    """Return what the latest status says; a damaged one is passed over, and told."""
    try:
        return read_status(nightly.runs / STATUS_FILE)
    except DamagedError as error:
        nightly.log.warning("passed over", text=str(error))
        return None


def _work(nightly: Nightly, stopping: Stopping) -> Outcome:
    """Choose the run and bring it to its end; if it refuses to go on, begin another."""
    prefix = nightly.settings.nightly.prefix
    for why in finish_deletions(nightly.runs, prefix):
        nightly.log.warning("not deleted", text=why)
    latest = _latest(nightly)
    asked = nightly.asked or date_in(nightly.settings.nightly.zone, nightly.clock())
    known = nightly_runs(nightly.runs, prefix, latest)
    chosen = choose(known, nightly.runs, prefix, asked, named=nightly.asked is not None)
    if chosen.is_done:
        return _done_before(nightly, chosen)
    _give_room(nightly, [run for run in known if run != chosen.there])
    session = Session(nightly, chosen, latest)
    try:
        return session.work(stopping)
    except RefusedError as refused:
        if chosen.there is None:
            return session.fail(refused)
        nightly.log.warning("does not go on", run=session.name, text=str(refused))
        again = Choice(free_night(nightly.runs, prefix, asked))
        other = Session(nightly, again, latest, instead_of=(chosen.there, str(refused)))
        try:
            return other.work(stopping)
        except RefusedError as error:
            return other.fail(error)


def _give_room(nightly: Nightly, others: Sequence[NightlyRun]) -> None:
    """Delete nights that were never done, but for the latest: before rows ask for the room."""
    gone, left = delete(given_up(others, nightly.settings.nightly.keep))
    if gone:
        nightly.log.warning(
            "deleted", runs=gone, text="they were never done, and later ones are kept"
        )
    for why in left:
        nightly.log.warning("not deleted", text=why)


def _done_before(nightly: Nightly, chosen: Choice) -> Outcome:
    status = chosen.there.status if chosen.there else None
    assert status is not None  # a run without status is not done
    nightly.log.info(
        "done before",
        run=status.run,
        ended=None if status.ended is None else status.ended.isoformat(),
        exit_code=status.exit_code,
        text="nothing was done",
    )
    return Outcome(status.exit_code or 0, status)
