"""`tradegen export`."""

import csv
import json
import shlex
from contextlib import ExitStack
from pathlib import Path

from tradegen.cli.console import make_console
from tradegen.cli.out_file import check_out_file, where_it_leads
from tradegen.data.atomic import atomic_file, make_folder_of
from tradegen.data.dataset import read_rows, row_as_json
from tradegen.data.row import BAR_FIELDS, CORE_FIELDS
from tradegen.data.run_folder import find_run
from tradegen.data.run_rows import rows_of
from tradegen.errors import InputError

FORMATS = ("csv", "jsonl", "parquet")


def export_command(run: str, folder: Path, to: str | None, out: Path | None) -> None:
    """Write a run's rows in another format; of one that did not end, those accepted so far."""
    to = _format(to, out)
    found = find_run(folder, run)
    target = out or found.path / f"{found.name}.{to}"
    if target.suffix.lower() != f".{to}":
        target = target.with_name(f"{target.name}.{to}")
    target = where_it_leads(target)
    for file in _files_of(target, to):
        check_out_file(file)
    _refuse_bars_of_others(target, to)
    make_folder_of(target)
    writers = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}
    console = make_console()
    with rows_of(found) as rows:
        written = writers[to](rows, target)
    console.print("wrote " + " and ".join(str(path) for path in written))
    if to == "csv":
        flags = ["--gold", str(written[0]), "--bars", str(written[1])]
        console.print(f"read it back with:  {shlex.join(flags)}")
    if (status := found.read_manifest()["status"]) != "done":
        console.print(f"note: the run is incomplete ({status}); go on with tradegen run --resume")


def _files_of(target: Path, to: str) -> list[Path]:
    """Return the files an export writes: of CSV the trades and, beside them, their bars."""
    if to != "csv":
        return [target]
    return [target, target.with_suffix(f".bars{target.suffix}")]


def _refuse_bars_of_others(target: Path, to: str) -> None:
    """Raise `InputError` if a file called like the bars is there, but no trades it belongs to."""
    files = _files_of(target, to)
    if not target.exists() and any(file.exists() for file in files):
        raise InputError(
            f"{files[-1]}: is there and no part of an earlier export ({target.name} is not there); "
            "move it, or choose another file with --out"
        )


def _format(to: str | None, out: Path | None) -> str:
    """Return the format that `--to` or the ending of `--out` names."""
    ending = "" if out is None else out.suffix.lower().removeprefix(".")
    if to is None:
        if ending in FORMATS:
            return ending
        raise InputError(f"--to is missing; expected one of {', '.join(FORMATS)}")
    if ending in FORMATS and ending != to:
        raise InputError(f"--to {to} contradicts --out {out}; leave out --to or end it in .{to}")
    return to


def _parquet(rows_file: Path, target: Path) -> list[Path]:
    with atomic_file(target) as part:
        part.write_bytes(rows_file.read_bytes())
    return [target]


def _jsonl(rows_file: Path, target: Path) -> list[Path]:
    with atomic_file(target) as part, part.open("w", encoding="utf-8") as file:
        for rows in read_rows(rows_file):
            file.writelines(row_as_json(rows.row(i)) + "\n" for i in range(len(rows)))
    return [target]


def _csv(rows_file: Path, target: Path) -> list[Path]:
    """Write trades in one file and their bars, by trade_id, in another beside it."""
    _, bars_target = _files_of(target, "csv")
    with ExitStack() as stack:
        parts = [stack.enter_context(atomic_file(path)) for path in (target, bars_target)]
        files = [
            stack.enter_context(part.open("w", encoding="utf-8", newline="")) for part in parts
        ]
        trades, bars = csv.writer(files[0]), csv.writer(files[1])
        bars.writerow(["trade_id", *BAR_FIELDS])
        header: list[str] = []
        for rows in read_rows(rows_file):
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
