"""`report.html`: written from a run's folder, and what it says when something is missing."""

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradegen.data.atomic import write_text
from tradegen.data.gold import Gold
from tradegen.data.run_folder import RunFolder
from tradegen.errors import InputError, TradegenError
from tradegen.report.evaluation_files import EvaluationFiles
from tradegen.report.material import Material, gather
from tradegen.report.page import Page, as_html
from tradegen.report.parts.verdict import band
from tradegen.report.provenance import command_again, settings_that_differ
from tradegen.report.story import evaluate_command, sections
from tradegen.run_gold import gold_of_run
from tradegen.settings import GoldSettings, Settings

if TYPE_CHECKING:  # these two learn and search: a report needs neither
    from tradegen.evaluating import Answer
    from tradegen.pipeline.job import Finished


def write_report(
    run: RunFolder,
    stated: GoldSettings,
    *,
    gold: Gold | None = None,
    evaluation: Path | None = None,
    target: Path | None = None,
    shows_gold: bool = True,
) -> Path:
    """Write the report of a run and return where it is; equal runs give equal bytes.

    `gold` is given where it has been read already; else it is looked for where the run found it,
    or where it is `stated` to lie now. If it has gone or changed the report says so, and shows what
    needs no gold. `evaluation` is the folder of the evaluation, by default the run's. Unless
    `shows_gold`, no single gold trade is shown.

    Raises `InputError` for stated gold that is not the run's, and `StorageError` if something in
    the folder is damaged or the report cannot be written.
    """
    why_no_gold = ""
    if gold is None:
        try:
            gold = gold_of_run(run, run.read_manifest(), stated)
        except InputError as error:
            if stated.model_fields_set:
                raise
            why_no_gold = _why_no_gold(run, error)
    found = gather(run, gold, why_no_gold, evaluation or run.path, shows_gold=shows_gold)
    target = target or run.report
    write_text(target, as_html(page_of(found)))
    return target


def report_of_finished(finished: "Finished", settings: Settings) -> str:
    """Write the report of a run that has just ended, unless settings say not to.

    The rows are safe by then: if the report cannot be written, the reason is returned, not raised.
    """
    ended_now = not finished.before and finished.status != "interrupted"
    if not settings.run.report or not ended_now:
        return ""
    return _reason(
        lambda: write_report(
            finished.folder,
            _NOT_STATED,
            gold=finished.gold,
            shows_gold=settings.run.report_gold,
        )
    )


def report_of_answer(answer: "Answer", settings: Settings) -> str:
    """Write the report of a run that was just evaluated, beside the evaluation.

    See `report_of_finished`. Rows of a file are no run, and have no report.
    """
    run = answer.run
    if not settings.run.report or run is None:
        return ""
    return _reason(
        lambda: write_report(
            run,
            _NOT_STATED,
            gold=answer.gold,
            evaluation=answer.folder,
            target=answer.folder / run.report.name,
            shows_gold=settings.run.report_gold,
        )
    )


def report_of_run(run: RunFolder, settings: Settings) -> str:
    """Write the report of a run from its folder alone, unless settings say not to."""
    if not settings.run.report:
        return ""
    return _reason(lambda: write_report(run, _NOT_STATED, shows_gold=settings.run.report_gold))


_NOT_STATED = GoldSettings()


def _reason(write: Callable[[], Path]) -> str:
    try:
        write()
    except TradegenError as error:
        return f"report.html was not written: {error}"
    return ""


def page_of(found: Material) -> Page:
    """Return the page that shows what was found."""
    return Page(
        name=found.name,
        summary=_summary(found.manifest),
        band=None if found.evaluation is None else band(found.evaluation.says),
        evaluate=evaluate_command(found.name) if found.survey is not None else "",
        warns_of_gold=_warns_of_gold(found),
        warnings=_warnings(found),
        sections=sections(found),
        made_with=_made_with(found),
        settings=settings_that_differ(found.manifest["settings"]),
        again=command_again(found.name),
    )


def _why_no_gold(run: RunFolder, error: InputError) -> str:
    first = str(error).splitlines()[0].rstrip(":.")
    return (
        f"Gold cannot be shown: {first}. Say where it lies: python -m tradegen report "
        f"{shlex.quote(run.name)} --gold FILE"
    )


def _summary(manifest: Mapping[str, Any]) -> str:
    gold, engine = manifest["gold"], manifest["settings"].get("engine", "")
    real = "simulated demo trades" if gold["simulated"] else "real trades"
    train = gold.get("train_rows")
    source = f" from {train:,} {real}" if train is not None else ""
    return f"{manifest['accepted']:,} synthetic trades{source}, made by the {engine} engine"


def _warnings(found: Material) -> list[str]:
    """Return what a reader must know before any figure."""
    manifest, warnings = found.manifest, []
    if manifest["status"] != "done":
        more = " and a higher limit" if manifest["status"] in ("exhausted", "spent") else ""
        warnings.append(
            f"This run is not finished ({_ENDED.get(manifest['status'], manifest['status'])}): "
            f"{manifest['accepted']:,} of {manifest['asked']:,} rows are accepted. Go on with: "
            f"python -m tradegen run --resume --name {shlex.quote(found.name)}{more}"
        )
    if found.why_no_gold:
        warnings.append(found.why_no_gold)
    if found.evaluation is not None:
        warnings += _stale(found.evaluation, found)
    if found.survey is not None and found.survey.counted < found.survey.total:
        warnings.append(
            f"Figures show {found.survey.counted:,} of {found.survey.total:,} rows: whole groups "
            "of rows, evenly spread over the file. Counts of buckets and attempts are of all."
        )
    return warnings


_ENDED = {
    "exhausted": "its attempts are used up",
    "spent": "its calls or its money are used up",
}


def _warns_of_gold(found: Material) -> str:
    """Return what the page shows of gold, for whoever wants to give it away."""
    if found.pairs:
        return "This page shows some of the real trades: give it to nobody who may not see them."
    if found.real is None:
        return ""
    return (
        "No single real trade is shown here, but counts of all of them, such as their symbols, and "
        "their equity curve are."
    )


def _stale(evaluation: EvaluationFiles, found: Material) -> list[str]:
    says, manifest = evaluation.says, found.manifest
    of, now = says.rows.get("synthetic"), manifest["accepted"]
    stale = []
    if of is not None and of != now:
        stale.append(f"The evaluation is of {of:,} rows, and the run has {now:,} now.")
    if says.of.gold_fingerprint != manifest["gold"].get("fingerprint"):
        stale.append("The evaluation is against another gold than the run was made from.")
    return [f"{one} Evaluate again: {evaluate_command(found.name)}" for one in stale]


def _made_with(found: Material) -> list[tuple[str, str]]:
    """Return what the run was made with, in pairs of name and value."""
    manifest = found.manifest
    gold, versions = manifest["gold"], manifest.get("versions", {})
    settings = manifest["settings"]
    seconds = manifest["seconds"]
    pairs = [
        ("Run", found.name),
        ("Versions", ", ".join(f"{name} {number}" for name, number in versions.items())),
        ("Engine, seed", f"{settings.get('engine')}, {settings.get('seed')}"),
        ("Begun", manifest["started"]),
        ("Took", "not known" if seconds is None else f"{seconds:,.1f} s"),
        ("Gold", ", ".join(Path(file).name for file in gold.get("files", []))),
        ("Gold's fingerprint", str(gold.get("fingerprint", "not known"))),
        ("Gold's rows", _split(gold)),
        ("Holdout begins", str(gold.get("holdout_begins") or "there is none")),
    ]
    if found.evaluation is not None:
        of = found.evaluation.says.of
        how = "quick" if of.quick else "full"
        pairs.append(("Evaluation", f"{how}, seed {of.seed}, tradegen {of.tradegen}"))
    notes = [*manifest.get("notes", [])]
    notes += found.evaluation.says.notes if found.evaluation is not None else []
    return [*pairs, *(("Note", note) for note in notes)]


def _split(gold: Mapping[str, Any]) -> str:
    train, holdout, purged = (
        gold.get(f"{part}_rows", 0) for part in ("train", "holdout", "purged")
    )
    return f"{train:,} train, {holdout:,} held out, {purged:,} between them left out"
