"""`tradegen show`."""

import json
from contextlib import closing
from pathlib import Path

from rich.console import Console

from tradegen.cli.console import make_console, styled
from tradegen.cli.summary import print_summary
from tradegen.data.dataset import check_rows
from tradegen.data.ledger import Attempt, Ledger
from tradegen.data.run_folder import RunFolder, find_run, latest_run
from tradegen.errors import InputError
from tradegen.indicators.features import check_features
from tradegen.pipeline.manifest import up_to_date

_EXAMPLES = 3


def show_command(run: str | None, folder: Path, *, row: int | None, as_json: bool) -> None:
    """Show a run (without a name, the latest), or all attempts at one of its rows."""
    found = latest_run(folder) if run is None else find_run(folder, run)
    manifest = found.read_manifest()
    if row is None and manifest["status"] != "running" and found.rows.is_file():
        check_rows(found.rows, manifest["accepted"])
        if found.features.is_file():
            check_features(found.features, manifest["accepted"])
    if as_json and row is None and manifest["status"] != "running":
        print(json.dumps({"folder": str(found.path), **manifest}))
        return
    console = make_console()
    with closing(Ledger.read(found.ledger)) as ledger:
        if row is not None:
            _show_attempts(console, found, ledger, row, as_json=as_json)
            return
        manifest = up_to_date(found, manifest, ledger)
        if as_json:
            print(json.dumps({"folder": str(found.path), **manifest}))
        else:
            print_summary(console, found.path, manifest)
            _show_examples(console, ledger)


def _show_attempts(
    console: Console, run: RunFolder, ledger: Ledger, row: int, *, as_json: bool
) -> None:
    attempts = ledger.attempts_at(row)
    if not attempts:
        raise InputError(f"{run.path}: no attempt was made at row {row}")
    if as_json:
        print(json.dumps([_plain(attempt) for attempt in attempts]))
        return
    for attempt in attempts:
        console.print(
            styled(
                (f"row {attempt.row_number}, attempt {attempt.attempt}", "bold"),
                f": {attempt.outcome} after {attempt.retries} retries, {attempt.seconds:.2f} s",
            )
        )
        console.print(f"  volatility {attempt.target:g} from {', '.join(attempt.seeds)}")
        if attempt.critique:
            console.print("  " + attempt.critique.replace("\n", "\n  "))


def _plain(attempt: Attempt) -> dict[str, object]:
    skipped = ("row", "fingerprint")
    return {name: getattr(attempt, name) for name in Attempt.__slots__ if name not in skipped}


def _show_examples(console: Console, ledger: Ledger) -> None:
    examples: dict[str, list[Attempt]] = {}
    for attempt in ledger.thrown_away():
        examples.setdefault(attempt.kind, []).append(attempt)
    for kind, attempts in examples.items():
        console.print(styled("\n", (kind, "bold"), f": {len(attempts):,} thrown away, e.g."))
        for attempt in attempts[:_EXAMPLES]:
            first = attempt.critique.split("\n")[0]
            console.print(f"  row {attempt.row_number}: {first}")
