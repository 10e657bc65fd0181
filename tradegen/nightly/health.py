"""Health: whether the nightly job is well, for monitors, told from `status.json` files alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tradegen.errors import DamagedError
from tradegen.nightly.journal import HEARTBEAT_STALE_S
from tradegen.nightly.records import NightlyRun, nightly_runs
from tradegen.nightly.status import STATUS_FILE, State, Status, read_status
from tradegen.settings import NightlySettings

UNHEALTHY = 14
"""Exit code of `--check` where somebody has to look."""


_LINES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Health:
    """Whether all is well, and why."""

    is_well: bool
    says: str


def check_health(runs: Path, settings: NightlySettings, now: datetime) -> Health:
    """Say whether the last run that has ended is good and not too old, and none hangs."""
    try:
        latest = read_status(runs / STATUS_FILE)
    except DamagedError as error:
        return Health(False, str(error))
    if latest is None:
        return Health(False, f"{runs}: no nightly run yet; make one with: tradegen nightly")
    if latest.state is State.RUNNING:
        silent_s = (now - latest.heartbeat).total_seconds()
        if silent_s < -HEARTBEAT_STALE_S:
            return Health(False, _in_the_future(latest.run, "gave its last sign", latest.heartbeat))
        if silent_s > HEARTBEAT_STALE_S:
            return Health(
                False,
                f"{latest.run}: no sign for {silent_s / 60:,.0f} min, at {latest.step}; it was "
                "killed or hangs. Once it has ended run tradegen nightly again: it goes on",
            )
    if latest.state is State.FAILED:
        wrong = latest.error
        what = "" if wrong is None else f" with {wrong.exit_code}: {_last_line(wrong.message)}"
        return Health(False, f"{latest.run}: failed{what}\nNext: {latest.next}")
    return _of_the_last_ended(nightly_runs(runs, settings.prefix, latest), latest, settings, now)


def _in_the_future(run: str, what: str, when: datetime) -> str:
    return (
        f"{run}: {what} at {when:%Y-%m-%d %H:%M} UTC, which is still to come: the clock was wrong "
        "then, or is now; set it, and run tradegen nightly again"
    )


def _last_line(message: str) -> str:
    """Return a message, or of one that holds a traceback what it ends with."""
    lines = message.strip().splitlines()
    return lines[-1] + f" ({STATUS_FILE} has it all)" if len(lines) > _LINES_SHOWN else message


def _of_the_last_ended(
    known: Sequence[NightlyRun], latest: Status, settings: NightlySettings, now: datetime
) -> Health:
    under_way = "" if latest.ended else f"; {latest.run} is {latest.state} at {latest.step}"
    ended = [run.status for run in known if run.status and run.state is State.DONE]
    if not ended:
        if latest.state is State.RUNNING:
            return Health(True, f"{latest.run}: the first run is under way, at {latest.step}")
        return Health(False, f"{latest.run}: {latest.state} at {latest.step}\nNext: {latest.next}")
    last = ended[-1]
    if not last.good:
        told = "\n".join([*last.comparison, f"Next: {last.next}"])
        return Health(False, f"{last.run}: ended with {last.exit_code}{under_way}\n{told}")
    ended_at = last.ended or last.heartbeat
    if (ended_at - now).total_seconds() > HEARTBEAT_STALE_S:
        return Health(False, _in_the_future(last.run, "ended", ended_at))
    hours = (now - ended_at).total_seconds() / 3600
    told = f"{last.run}: good, ended {hours:.1f} h ago{under_way}"
    if hours > settings.max_age_h:
        return Health(
            False,
            f"{told}; expected one at most every {settings.max_age_h:g} h (nightly.max_age_h): see "
            "that whatever calls tradegen nightly still does",
        )
    return Health(True, told)
