"""`tradegen export`."""

import csv
import json
import os
import shlex
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tradegen.cli.console import make_console
from tradegen.data.atomic import atomic_file, make_folder_of
from tradegen.data.dataset import check_rows, read_rows, row_as_json, write_rows
from tradegen.data.gold_files import tidy_extras
from tradegen.data.ledger import Ledger
from tradegen.data.regular_file import why_no_file
from tradegen.data.row import BAR_FIELDS, CORE_FIELDS
from tradegen.data.row_codec import decode_rows
from tradegen.data.run_folder import RunFolder, find_run
from tradegen.errors import InputError

FORMATS = ("csv", "jsonl", "parquet")


def export_command(run: str, folder: Path, to: str | None, out: Path | None) -> None:
    """Write a run's rows in another format; of one that did not end, those accepted so far."""
    to = _format(to, out)
    found = find_run(folder, run)
    target = out or found.path / f"{found.name}.{to}"
    if target.suffix.lower() != f".{to}":
        target = target.with_name(f"{target.name}.{to}")
    if target.is_symlink():  # the file it leads to is replaced, not the link
        target = Path(os.path.realpath(target))
    for file in _files_of(target, to):
        _refuse_files_of_runs(file)
        if file.exists() and (wrong := why_no_file(file)) is not None:
            raise InputError(f"{file}: {wrong.split(';')[0]}; choose another file with --out")
    _refuse_bars_of_others(target, to)
    make_folder_of(target)
    writers = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}
    console = make_console()
    with _rows_of(found) as rows:
        written = writers[to](rows, target)
    console.print("wrote " + " and ".join(str(path) for path in written))
    if to == "csv":
        flags = ["--gold", str(written[0]), "--bars", str(written[1])]
        console.print(f"read it back with:  {shlex.join(flags)}")
    if (status := found.read_manifest()["status"]) != "done":
        console.print(f"note: the run is incomplete ({status}); go on with tradegen run --resume")


def _refuse_files_of_runs(target: Path) -> None:
    """Raise `InputError` if an export would replace what a run itself has written."""
    beside = RunFolder(target.parent)
    if beside.manifest.is_file() and beside.owns(target):
        raise InputError(
            f"{target}: one of the run's own files, which an export must not replace; choose "
            "another file with --out"
        )


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


@contextmanager
def _rows_of(run: RunFolder) -> Iterator[Path]:
    """Yield a file of the run's accepted rows; without one of its own, made from the ledger."""
    manifest = run.read_manifest()
    if run.rows.is_file() and manifest["status"] != "running":
        check_rows(run.rows, manifest["accepted"], all_of_it=True)
        yield run.rows
        return
    with closing(Ledger.read(run.ledger)) as ledger, TemporaryDirectory(prefix="tradegen-") as made:
        encoded = list(ledger.accepted())
        if not encoded:
            raise InputError(
                f"{run.path}: no row is accepted yet; go on with tradegen run --resume"
            )
        with ledger.trusted():
            _, extras = tidy_extras(decode_rows(encoded))
            write_rows(Path(made) / "rows.parquet", encoded, extras)
        yield Path(made) / "rows.parquet"


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
