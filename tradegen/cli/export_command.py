"""`tradegen export`."""

import csv
import json
import shlex
from contextlib import ExitStack
from pathlib import Path

from tradegen.cli.console import make_console
from tradegen.data.atomic import atomic_file
from tradegen.data.dataset import read_rows, row_as_json
from tradegen.data.row import BAR_FIELDS, CORE_FIELDS
from tradegen.data.run_folder import RunFolder, find_run
from tradegen.errors import InputError


def export_command(run: str, folder: Path, to: str, out: Path | None) -> None:
    """Write a run's rows in another format."""
    found = find_run(folder, run)
    if not found.rows.is_file():
        raise InputError(
            f"{found.path}: no rows.parquet; finish the run first: tradegen run --resume "
            f"--name {found.name}"
        )
    target = out or found.path / f"{found.name}.{to}"
    if target.suffix.lower() != f".{to}":
        target = target.with_name(f"{target.name}.{to}")
    _refuse_files_of_runs(target)
    writers = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}
    written = writers[to](found, target)
    console = make_console()
    console.print("wrote " + " and ".join(str(path) for path in written))
    if to == "csv":
        flags = ["--gold", str(written[0]), "--bars", str(written[1])]
        console.print(f"read it back with:  {shlex.join(flags)}")


def _refuse_files_of_runs(target: Path) -> None:
    """Raise `InputError` if an export would replace what a run itself has written."""
    beside = RunFolder(target.parent)
    if beside.manifest.is_file() and beside.owns(target):
        raise InputError(
            f"{target}: one of the run's own files, which an export must not replace; choose "
            "another file with --out"
        )


def _parquet(run: RunFolder, target: Path) -> list[Path]:
    with atomic_file(target) as part:
        part.write_bytes(run.rows.read_bytes())
    return [target]


def _jsonl(run: RunFolder, target: Path) -> list[Path]:
    with atomic_file(target) as part, part.open("w", encoding="utf-8") as file:
        for rows in read_rows(run.rows):
            file.writelines(row_as_json(rows.row(i)) + "\n" for i in range(len(rows)))
    return [target]


def _csv(run: RunFolder, target: Path) -> list[Path]:
    """Write trades in one file and their bars, by trade_id, in another beside it."""
    bars_target = target.with_suffix(f".bars{target.suffix}")
    with ExitStack() as stack:
        parts = [stack.enter_context(atomic_file(path)) for path in (target, bars_target)]
        files = [
            stack.enter_context(part.open("w", encoding="utf-8", newline="")) for part in parts
        ]
        trades, bars = csv.writer(files[0]), csv.writer(files[1])
        bars.writerow(["trade_id", *BAR_FIELDS])
        header: list[str] = []
        for rows in read_rows(run.rows):
            for i in range(len(rows)):
                record = json.loads(row_as_json(rows.row(i)))
                own = record.pop("bars")
                if not header:
                    core = [name for name in CORE_FIELDS if name != "bars"]
                    header = [*core, *(name for name in record if name not in core)]
                    trades.writerow(header)
                trades.writerow([record[name] for name in header])
                bars.writerows(
                    [record["trade_id"], *(bar[name] for name in BAR_FIELDS)] for bar in own
                )
    return [target, bars_target]
