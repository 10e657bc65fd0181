"""The files that `tradegen import` writes: gold, what was left out, and the bars' faults."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from rich.console import Console

from tradegen.cli.faults_table import faults_file, write_faults
from tradegen.cli.out_file import check_out_file
from tradegen.data.atomic import atomic_file, make_folder_of
from tradegen.data.gold_files import tidy_extras
from tradegen.errors import GoldError, InputError
from tradegen.importers.bar_faults.fault import Fault
from tradegen.importers.to_gold import Imported


def check_out(out: Path, asked: Path, inputs: Iterable[Path], *, replace: bool) -> None:
    """Raise `InputError` rather than write over what the user has.

    `out` is where the path that was `asked` for leads.
    """
    if out.suffix.lower() not in (".parquet", ".pq"):
        raise InputError(f"--out {asked}: gold is written as Parquet; expected a name.parquet")
    check_out_file(out)
    for target in (out, _left_out(out), faults_file(out)):
        for given in inputs:
            if target.exists() and given.exists() and target.samefile(given):
                raise InputError(f"--out {asked}: would write over {given}; choose another")
        if target.exists() and not replace:
            raise InputError(f"{target} is there already; choose another --out, or pass --force")


def write_import(
    console: Console,
    out: Path,
    file: Path,
    found: Imported,
    left_out: list[dict[str, object]],
    faults: Sequence[Fault],
) -> None:
    """Write what came of a file. Raises `GoldError` if none of it is gold."""
    make_folder_of(out)
    _write_left_out(console, left_out, _left_out(out))
    write_faults(console, faults, faults_file(out))
    if not len(found.rows):
        raise GoldError(f"{file}: none of {len(found.left_out):,} round trips can be made gold")
    rows, extras = tidy_extras(found.rows)
    with atomic_file(out) as part:
        pq.write_table(rows.to_arrow(extras), part, compression="zstd")
    console.print(f"wrote {out}; next: python -m tradegen run --n 1000 --gold {out} --weights gold")


def _left_out(out: Path) -> Path:
    return out.with_name(f"{out.stem}.left-out.csv")


def _write_left_out(console: Console, records: list[dict[str, object]], path: Path) -> None:
    """Write what was left out; where nothing is, no report of an earlier import stays."""
    if not records:
        path.unlink(missing_ok=True)
        return
    with atomic_file(path) as part:
        pacsv.write_csv(pa.Table.from_pylist(records), part)
    console.print(f"wrote {path}: what was left out, and why")
