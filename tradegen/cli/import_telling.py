"""What `tradegen import` says of how it reads a log."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from tradegen.importers.formats import PLAIN_TABLE
from tradegen.importers.log import Log
from tradegen.importers.names import Kind
from tradegen.importers.to_gold import MADE_ANEW


def tell_log(console: Console, log: Log, path: Path) -> None:
    """Say as what a file is read, what is passed over, and what might have been decided else."""
    rows = f"{path}: {len(log.sheet):,} rows, read as"
    if log.format == PLAIN_TABLE:
        console.print(f"{rows} {log.columns.kind}")
    else:
        console.print(
            f"{rows} {log.title} (--format {PLAIN_TABLE} reads a plain table, "
            f"--format {log.format} states this)"
        )
    told = ", ".join(f"{field} = {column!r}" for field, column in log.columns.of.items())
    change = " (--map changes that, --show-map keeps it)" if log.format == PLAIN_TABLE else ""
    console.print(f"columns: {told}{change}")
    for note in log.notes:
        console.print(f"  {note}")
    for why, count in Counter(one.why for one in log.passed_over).most_common():
        console.print(f"  not imported: {count:,} rows; {why}")
    _tell_doubts(console, log)


def tell_spelling(console: Console, spelling: Mapping[str, str]) -> None:
    """Say which symbols are taken for others."""
    for one, other in spelling.items():
        console.print(f"{one} is taken for {other}, as they differ only in case")


def _tell_doubts(console: Console, log: Log) -> None:
    """Say what was decided that might have been decided otherwise."""
    sheet, columns = log.sheet, log.columns
    for field, others in columns.instead.items():
        console.print(f"  not taken for {field}: {', '.join(map(repr, others))}")
    own = columns.own(sheet)
    kept = [name for name in own if name not in MADE_ANEW]
    anew = [name for name in own if name in MADE_ANEW]
    if kept and columns.kind is Kind.ROUND_TRIPS:
        console.print(f"  carried over as they are: {', '.join(kept)}")
    if anew and columns.kind is Kind.ROUND_TRIPS:
        console.print(f"  made anew, not carried over: {', '.join(anew)}")
    if own and columns.kind is Kind.FILLS and log.format == PLAIN_TABLE:
        console.print(f"  not carried over, as a trade has many fills: {', '.join(own)}")
    if repeated := sheet.repeated:
        console.print(
            f"  {repeated:,} rows repeat another one in every column; if exports overlap, "
            "drop one of each, or they count twice"
        )
