"""The files that `tradegen import` writes: gold, what was left out, and the bars' faults."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import pyarrow.parquet as pq
from rich.console import Console

from tradegen.cli.faults_table import fault_records, faults_file
from tradegen.cli.list_file import write_list
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
    for target in (out, _left_out(out), faults_file(out)):
        check_out_file(target)
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
    left_out: Sequence[Mapping[str, object]],
    faults: Sequence[Fault],
) -> None:
    """Write what came of a file: all of it, or, if one cannot be written, nothing.

    Where there is nothing to list, no list of an earlier import stays. Raises `GoldError` if no
    row is gold, once the reasons are written; gold of an earlier import is not touched then.
    """
    lists = {
        _left_out(out): (left_out, "what was left out, and why"),
        faults_file(out): (fault_records(faults), "every fault of the bars"),
    }
    make_folder_of(out)
    with ExitStack() as files:
        for path, (records, _) in lists.items():
            if records:
                write_list(records, files.enter_context(atomic_file(path)))
        if len(found.rows):
            rows, extras = tidy_extras(found.rows)
            part = files.enter_context(atomic_file(out))
            pq.write_table(rows.to_arrow(extras), part, compression="zstd")
    for path, (records, what) in lists.items():
        if records:
            console.print(f"wrote {path}: {what}")
        else:
            path.unlink(missing_ok=True)
    if not len(found.rows):
        none = f"{file}: none of {len(found.left_out):,} round trips can be made gold"
        raise GoldError(f"{none}; {out} is left as it was" if out.exists() else none)
    console.print(f"wrote {out}; next: python -m tradegen run --n 1000 --gold {out} --weights gold")


def _left_out(out: Path) -> Path:
    return out.with_name(f"{out.stem}.left-out.csv")
