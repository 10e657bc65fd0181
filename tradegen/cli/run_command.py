"""`tradegen run`."""

import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from tradegen.api import BudgetExhaustedError, Silent
from tradegen.cli.console import make_console, silence_stdout
from tradegen.cli.exit_codes import INTERRUPTED
from tradegen.cli.summary import print_summary
from tradegen.pipeline.job import Finished, run_job
from tradegen.progress import make_progress
from tradegen.report.write import report_of_finished
from tradegen.settings import load_settings, what_is_stated

EXIT_CODES = {
    "done": 0,
    "exhausted": BudgetExhaustedError.exit_code,
    "spent": BudgetExhaustedError.exit_code,
    "interrupted": INTERRUPTED,
}

_MORE = 5
"""Times as many attempts a row are proposed as there were."""


def run_command(
    overrides: Mapping[str, Any], config: Path | None, *, resume: bool, quiet: bool, as_json: bool
) -> int:
    """Run the main job, show how it goes and what came of it; return the exit code."""
    settings, stated = load_settings(overrides, config), what_is_stated(overrides, config)
    console = make_console()
    if quiet or as_json:
        finished = run_job(settings, stated, Silent(), resume=resume)
        unwritten = report_of_finished(finished, settings)
    else:
        observer = make_progress(console)
        try:
            finished = run_job(settings, stated, observer, resume=resume)
            unwritten = report_of_finished(finished, settings)
        finally:
            observer.close()
        observer.show(lambda: _tell(console, finished))
        if observer.lost:
            silence_stdout()
    if unwritten:
        print(f"tradegen: {unwritten}", file=sys.stderr)
    if as_json:
        print(json.dumps({"folder": str(finished.folder.path), **finished.manifest}))
    return EXIT_CODES[finished.status]


def _tell(console: Console, finished: Finished) -> None:
    if finished.before:
        console.print(
            f"run {finished.folder.name} was already done at {finished.manifest['written']}: "
            "nothing was made now; another --name begins a new one"
        )
    print_summary(console, finished.folder.path, finished.manifest)
    _say_how_to_go_on(console, finished)


def _say_how_to_go_on(console: Console, finished: Finished) -> None:
    if finished.status == "done":
        return
    command = ["python", "-m", "tradegen", "run", "--resume", "--name", finished.folder.name]
    if str(finished.folder.path.parent) != "runs":
        command += ["--folder", str(finished.folder.path.parent)]
    if finished.status == "exhausted":
        missing = finished.manifest["asked"] - finished.manifest["accepted"]
        per_row = _MORE * finished.manifest["settings"]["run"]["max_attempts_per_row"]
        # Enough for every missing row, and for those that are made again as twins of them.
        budget = 2 * finished.manifest["attempts"]["attempts"] + per_row * missing + 100
        command += ["--max-attempts", str(budget), "--max-attempts-per-row", str(per_row)]
    if finished.status == "spent":
        command += _higher_limits(finished.manifest["settings"]["nim"])
    console.print(f"\ngo on with:  {shlex.join(command)}", soft_wrap=True)


def _higher_limits(nim: Mapping[str, Any]) -> list[str]:
    """Return flags that allow twice as much as the limits that stopped a run."""
    flags: list[str] = []
    if nim["max_calls"] is not None:
        flags += ["--max-calls", str(2 * nim["max_calls"])]
    if nim["max_cost"] is not None:
        flags += ["--max-cost", f"{2 * nim['max_cost']:g}"]
    return flags
