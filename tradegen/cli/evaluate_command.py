"""`tradegen evaluate`."""

import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from tradegen.cli.console import make_console
from tradegen.evaluating import evaluate_rows
from tradegen.report.write import report_of_answer
from tradegen.settings import Settings
from tradegen.verdict.check import Outcome
from tradegen.verdict.decide import EXIT_CODES
from tradegen.verdict.evaluation import Evaluation
from tradegen.verdict.wording import headline, next_step, reasons


def evaluate_command(
    rows: str, settings: Settings, *, quick: bool, out: Path | None, as_json: bool, quiet: bool
) -> int:
    """Evaluate a run or a file of rows, say what came of it, and return the verdict's exit code."""
    told = _said(quiet=quiet or as_json)
    answer = evaluate_rows(rows, settings, quick=quick, out=out, progressed=told)
    if unwritten := report_of_answer(answer, settings):
        print(f"tradegen: {unwritten}", file=sys.stderr)
    if as_json:
        print(json.dumps(answer.record, allow_nan=False))
    elif not quiet:
        _tell(make_console(), answer.found, answer.folder)
        if answer.run is not None and settings.run.report and not unwritten:
            print(f"report, for a browser: {answer.folder / answer.run.report.name}")
    return EXIT_CODES[answer.found.decision.verdict]


def _said(*, quiet: bool) -> Callable[[str], None]:
    """Return what tells on stderr what is begun, and when."""
    began = time.monotonic()

    def told(step: str) -> None:
        if not quiet:
            with suppress(OSError):
                print(f"{time.monotonic() - began:5.0f} s  {step}", file=sys.stderr, flush=True)

    return told


def _tell(console: Console, found: Evaluation, folder: Path) -> None:
    console.print(headline(found))
    for reason in reasons(found):
        console.print(f"- {reason}")
    console.print(next_step(found))
    for note in found.notes:
        console.print(f"note: {note}")
    counts = [sum(check.outcome is one for check in found.checks) for one in Outcome]
    told = zip(counts, Outcome, strict=True)
    console.print("checks: " + ", ".join(f"{n} {one.value}" for n, one in told))
    console.print(f"wrote {folder / 'evaluation.md'}, evaluation.json and tables")
