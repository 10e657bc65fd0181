"""The steps of a night, in their order; each can be done again after it was cut off."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from structlog.typing import FilteringBoundLogger

from tradegen.api import result_of
from tradegen.data.gold import load_gold
from tradegen.data.run_folder import RunFolder
from tradegen.errors import InputError, StorageError
from tradegen.evaluating import evaluate_rows
from tradegen.nightly.compare import WORSE, Judged, compare
from tradegen.nightly.journal import Journal
from tradegen.nightly.metrics import metrics_of, read_evaluation
from tradegen.nightly.night import Night
from tradegen.nightly.records import last_good, nightly_runs
from tradegen.nightly.retention import delete, to_delete
from tradegen.nightly.status import Metric, State
from tradegen.nightly.telling import tell_outcome
from tradegen.pipeline.job import Progress, run_job
from tradegen.pipeline.prepare import Prepared
from tradegen.report.write import report_of_run
from tradegen.settings import Settings, Stated, restore_settings
from tradegen.verdict.decide import EXIT_CODES, Verdict
from tradegen.version import __version__

_PROGRESS_EVERY_S = 30.0
_LIMITS_OF_RUN = ("max_attempts", "max_attempts_per_row")
_LIMITS_OF_CALLS = ("max_calls", "max_cost")

Counts = Mapping[str, object]
"""What a step has done, for the log."""


@dataclass(frozen=True, slots=True)
class Tonight:
    """What all steps of a night know. `begun` is called once the run's folder is made."""

    night: Night
    settings: Settings
    stated: Stated
    folder: RunFolder
    journal: Journal
    log: FilteringBoundLogger
    begun: Callable[[], None]

    @property
    def runs(self) -> Path:
        """The folder of all runs."""
        return self.folder.path.parent


class RefusedError(InputError):
    """A run that was begun before cannot go on as it was: another gold, version or setting."""


class Step(NamedTuple):
    """A step of a night, by the name that `status.json` and the log give it."""

    name: str
    do: Callable[[Tonight], Counts]


def make_rows(tonight: Tonight) -> Counts:
    """Make the rows and their indicators, or go on with them as they were begun.

    Raises `RefusedError` if they cannot go on, `KeyboardInterrupt` if a signal has stopped the run,
    and `BudgetExhaustedError` if fewer rows were accepted than asked for.
    """
    folder = tonight.folder
    there = folder.manifest.is_file() or folder.ledger.is_file()
    stated = _limits(tonight) if there else tonight.stated
    try:
        finished = run_job(tonight.settings, stated, _Told(tonight), resume=there)
    except InputError as error:
        if there:
            raise RefusedError(str(error)) from error
        raise
    tonight.begun()
    manifest = finished.manifest
    tonight.journal.write(asked=manifest["asked"], accepted=manifest["accepted"])
    if finished.status == "interrupted":
        raise KeyboardInterrupt
    result_of(finished)
    return {
        "rows": manifest["accepted"],
        "attempts": manifest["attempts"]["attempts"],
        "thrown_away": manifest["attempts"]["thrown_away"],
    }


def _limits(tonight: Tonight) -> Stated:
    """Return today's limits as stated: one that was raised lets a run go on that it had stopped."""
    run, nim = tonight.settings.run, tonight.settings.nim
    flags: dict[str, Any] = {f"run.{name}": getattr(run, name) for name in _LIMITS_OF_RUN}
    flags |= {f"nim.{name}": getattr(nim, name) for name in _LIMITS_OF_CALLS}
    return Stated(flags, {})


class _Told:
    """An observer that logs how the rows come along."""

    def __init__(self, tonight: Tonight) -> None:
        self._tonight, self._last = tonight, time.monotonic()

    def started(self, prepared: Prepared, folder: RunFolder, accepted: int) -> None:
        """See `pipeline.job.Observer`."""
        self._tonight.begun()
        asked, name = prepared.settings.n, folder.name
        self._tonight.journal.write(asked=asked, accepted=accepted, notes=prepared.notes)
        notes = list(prepared.notes)
        self._tonight.log.info("rows", into=name, asked=asked, accepted=accepted, notes=notes)

    def progressed(self, progress: Progress) -> None:
        """See `pipeline.job.Observer`."""
        if time.monotonic() - self._last < _PROGRESS_EVERY_S:
            return
        self._last = time.monotonic()
        self._tonight.journal.write(accepted=progress.accepted)
        self._tonight.log.info(
            "progress",
            accepted=progress.accepted,
            asked=progress.asked,
            thrown_away=progress.thrown_away,
            rows_per_second=round(progress.rows_per_second, 1),
        )

    def stopping(self) -> None:
        """See `pipeline.job.Observer`."""
        self._tonight.log.warning("stopping", text="rows in flight are being finished")


def evaluate(tonight: Tonight) -> Counts:
    """Evaluate the rows, unless that was done in the same way before, and note the verdict.

    Raises `RefusedError` if the gold has changed that the rows were made from.
    """
    manifest = tonight.folder.read_manifest()
    found = _evaluated_before(tonight, manifest)
    if found is None:
        settings = _with_the_gold_of(manifest, tonight.settings)
        try:
            found = evaluate_rows(
                str(tonight.folder.path),
                settings,
                quick=settings.nightly.quick,
                out=None,
                progressed=lambda what: tonight.log.info("evaluating", part=what),
            ).record
        except InputError as error:
            if load_gold(settings.gold.source()).fingerprint != manifest["gold"]["fingerprint"]:
                raise RefusedError(str(error)) from error
            raise
    verdict = Verdict(found["verdict"])
    tonight.journal.write(
        verdict=verdict.value,
        headline=found["headline"],
        metrics=metrics_of(manifest, found),
        next=found["next"],
    )
    return {"verdict": verdict.value}


def _evaluated_before(tonight: Tonight, manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the evaluation that is there, if it answers the question that would be asked now."""
    try:
        found = read_evaluation(tonight.folder)
    except StorageError:
        return None
    settings = tonight.settings
    asked = {
        "gold_fingerprint": manifest["gold"].get("fingerprint"),
        "quick": settings.nightly.quick,
        "seed": settings.evaluation.seed,
        "costs": settings.costs.model_dump(),
        "tradegen": __version__,
    }
    answered = {name: found["of"].get(name) for name in asked}
    rows = found.get("rows", {}).get("synthetic")
    return found if answered == asked and rows == manifest["accepted"] else None


def _with_the_gold_of(manifest: Mapping[str, Any], settings: Settings) -> Settings:
    """Return settings with the gold that a run was begun with, whatever they say of gold now."""
    try:
        return settings.model_copy(update={"gold": restore_settings(manifest["settings"]).gold})
    except ValueError:  # of another version; evaluating says so
        return settings


def compare_with_last_good(tonight: Tonight) -> Counts:
    """Hold the run against the last good one, and decide whether it is good itself."""
    settings, status = tonight.settings.nightly, tonight.journal.status
    verdict = Verdict(str(status.verdict))
    known = nightly_runs(tonight.runs, settings.prefix, None)
    then = last_good(known, tonight.night)
    accepted = verdict is Verdict.INCONCLUSIVE and settings.accept_inconclusive
    code = 0 if accepted else EXIT_CODES[verdict]
    if then is None:
        says = ("no earlier good run to compare with",)
        tonight.journal.write(exit_code=code, good=code == 0, compared_with=None, comparison=says)
        return {"compared_with": None, "exit_code": code}
    found = compare(
        _judged(then.folder),
        _judged(tonight.folder, status.metrics),
        settings.tolerances,
        accept_inconclusive=settings.accept_inconclusive,
    )
    code = WORSE if found.is_worse else code
    tonight.journal.write(
        exit_code=code,
        good=code == 0,
        compared_with=then.folder.name,
        comparison=found.says,
        differences=found.differences,
        next=_next_if_worse(tonight.folder.name) if found.is_worse else status.next,
    )
    return {"compared_with": then.folder.name, "says": list(found.says), "exit_code": code}


def _next_if_worse(name: str) -> str:
    return (
        "Look at the differences in status.json, and at what changed since the run compared with. "
        "If the change is wanted, take this run as the new measure: tradegen nightly --accept "
        f"{name}"
    )


def _judged(folder: RunFolder, metrics: Mapping[str, Metric] | None = None) -> Judged:
    manifest, evaluation = folder.read_manifest(), read_evaluation(folder)
    found = metrics_of(manifest, evaluation) if metrics is None else metrics
    return Judged(folder.name, Verdict(evaluation["verdict"]), found, manifest, evaluation)


def write_page(tonight: Tonight) -> Counts:
    """Write the run's report, unless settings say not to.

    Rows and verdict are safe without it, so that no fault of a page fails the night.
    """
    if not tonight.settings.run.report:
        return {"written": False}
    try:
        unwritten = report_of_run(tonight.folder, tonight.settings)
    except Exception:
        tonight.log.exception("no report")
        return {"written": False}
    if unwritten:
        tonight.log.warning("no report", text=unwritten)
    return {"written": not unwritten}


def keep_the_last(tonight: Tonight) -> Counts:
    """Delete nightly runs beyond those that are kept; what cannot be deleted is told."""
    settings, status = tonight.settings.nightly, tonight.journal.status
    done = status.model_copy(update={"state": State.DONE})
    known = [
        replace(run, status=done) if run.night == tonight.night else run
        for run in nightly_runs(tonight.runs, settings.prefix, None)
    ]
    doomed = [run for run in to_delete(known, settings.keep) if run.night != tonight.night]
    gone, left = delete(doomed)
    for why in left:
        tonight.log.warning("not deleted", text=why)
    return {"deleted": gone}


def tell(tonight: Tonight) -> Counts:
    """Tell of the outcome, whoever is to be told."""
    return {"alert": tell_outcome(tonight.settings.nightly, tonight.journal, tonight.log)}


STEPS = (
    Step("rows", make_rows),
    Step("evaluation", evaluate),
    Step("comparison", compare_with_last_good),
    Step("report", write_page),
    Step("retention", keep_the_last),
    Step("alert", tell),
)
"""Done in this order; another step is another line here."""
