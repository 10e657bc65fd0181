"""What `tradegen import` says: how it reads a log, and what came of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from tradegen.data.row import from_microseconds
from tradegen.errors import list_names
from tradegen.importers.fills import Matched, Trip
from tradegen.importers.formats import PLAIN_TABLE
from tradegen.importers.log import Log
from tradegen.importers.names import Kind
from tradegen.importers.symbols import Symbols
from tradegen.importers.to_gold import MADE_ANEW, Imported

_SHOWN = 5


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


def tell_symbols(console: Console, symbols: Symbols) -> None:
    """Say whose bars are taken for which symbol, and which symbols have none."""
    for symbol, name in symbols.renamed.items():
        console.print(f"bars of {symbol} are those of {name} (--symbol changes that)")
    if symbols.without:
        names = list_names(symbols.without)
        console.print(f"no bars: {names} (--symbol {symbols.without[0]}=NAME)")


def tell_matched(console: Console, fills: int, matched: Matched, *, fifo: bool) -> None:
    """Say what fills make, and which positions are still open."""
    console.print(
        f"{fills:,} fills make {len(matched.trips):,} round trips "
        f"({'first in, first out' if fifo else 'from flat to flat'}); "
        f"{len(matched.unfinished):,} positions are still open"
    )
    for one in matched.unfinished[:_SHOWN]:
        since = from_microseconds(one.since).isoformat(timespec="seconds")
        kind = "long" if one.long else "short"
        console.print(f"  open: {one.symbol} {kind} {one.quantity:g} since {since}")
    if len(matched.unfinished) > _SHOWN:
        console.print(f"  ... and {len(matched.unfinished) - _SHOWN:,} more")


def tell_gold(console: Console, found: Imported, trips: Sequence[Trip]) -> None:
    """Say how many round trips are gold, and why others are not."""
    console.print(f"{len(found.rows):,} of {len(trips):,} round trips are gold")
    for reason, count in found.reasons.most_common():
        first = next(one for one in found.left_out if one.reason == reason)
        moment = from_microseconds(first.trip.entry_time).isoformat(timespec="seconds")
        console.print(
            f"  left out: {count:,} {reason}; the first: {first.trip.symbol} of {moment}: "
            f"{first.why}"
        )


def _tell_doubts(console: Console, log: Log) -> None:
    """Say what was decided that might have been decided otherwise."""
    sheet, columns = log.sheet, log.columns
    for field, others in columns.instead.items():
        console.print(f"  not taken for {field}: {list_names(map(repr, others))}")
    own = columns.own(sheet)
    kept = [name for name in own if name not in MADE_ANEW]
    anew = [name for name in own if name in MADE_ANEW]
    if kept and columns.kind is Kind.ROUND_TRIPS:
        console.print(f"  carried over as they are: {list_names(kept)}")
    if anew and columns.kind is Kind.ROUND_TRIPS:
        console.print(f"  made anew, not carried over: {list_names(anew)}")
    if own and columns.kind is Kind.FILLS and log.format == PLAIN_TABLE:
        console.print(f"  not carried over, as a trade has many fills: {list_names(own)}")
    if repeated := sheet.repeated:
        console.print(
            f"  {repeated:,} rows repeat another one in every column; if exports overlap, "
            "drop one of each, or they count twice"
        )
