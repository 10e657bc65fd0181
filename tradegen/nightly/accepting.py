"""Acceptance by hand: a run that was called worse becomes the new measure."""

from pathlib import Path

from tradegen.errors import InputError
from tradegen.nightly.records import nightly_runs
from tradegen.nightly.status import STATUS_FILE, State, Status, read_status, write_status
from tradegen.verdict.decide import Verdict

_ACCEPTABLE = (Verdict.WELL_FIT, Verdict.INCONCLUSIVE)


def accept(runs: Path, prefix: str, name: str) -> Status:
    """Take a nightly run for good, so that later ones are held against it.

    Raises `InputError` for a run that is not there, is not done, or whose rows were found to be
    copies or noise: no such run can be a measure.
    """
    known = {run.folder.name: run for run in nightly_runs(runs, prefix, None)}
    if name not in known:
        there = ", ".join(known) or "none"
        raise InputError(f"{name}: no nightly run in {runs}; there is: {there}")
    run = known[name]
    if run.status is None or run.state is not State.DONE:
        raise InputError(f"{name}: is {run.state}; only a run that is done can be accepted")
    if run.status.verdict not in _ACCEPTABLE:
        raise InputError(
            f"{name}: its verdict is {run.status.verdict}; such a run can be no measure for others"
        )
    changes = {"good": True, "accepted_by_hand": True, "exit_code": 0}
    accepted = run.status.model_copy(update=changes)
    latest = runs / STATUS_FILE
    write_status(run.folder.path / STATUS_FILE, accepted)
    known_latest = read_status(latest)
    if known_latest is not None and known_latest.run == name:
        write_status(latest, accepted)
    return accepted
