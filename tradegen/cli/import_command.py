"""`tradegen import`."""

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from rich.console import Console

from tradegen.cli.console import make_console
from tradegen.cli.import_telling import tell_log, tell_spelling
from tradegen.cli.out_file import check_out_file, where_it_leads
from tradegen.data.atomic import atomic_file, make_folder_of
from tradegen.data.bars_files import read_bars
from tradegen.data.gold_files import tidy_extras
from tradegen.data.row import Bars, from_microseconds
from tradegen.errors import GoldError, InputError
from tradegen.importers.fills import Matched, Trip, Unfinished, match_fifo, match_flat
from tradegen.importers.left_out import left_out_records
from tradegen.importers.log import LogOrder, read_log
from tradegen.importers.log_settings import log_settings
from tradegen.importers.names import Kind
from tradegen.importers.records import Read, read_records
from tradegen.importers.symbols import Symbols, one_spelling, pair_symbols
from tradegen.importers.to_gold import Imported, to_gold

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be imported, and how; see the command's own help, and `ImportSettings`.

    `must_trade` are symbols of flags: a file that holds none of them is another one. The settings'
    may be those of several files.
    """

    file: Path
    bars: Sequence[Path]
    out: Path
    format: str | None
    fifo: bool
    columns: Mapping[str, str]
    symbols: Mapping[str, str]
    must_trade: Collection[str]
    interval: str | None
    tz: ZoneInfo | None
    bars_tz: ZoneInfo | None
    time_format: str | None
    dust: float
    skip_bad: bool
    force: bool
    dry_run: bool
    show_map: bool


def import_command(asked: Asked) -> None:
    """Import a file as gold, say what became of its rows, and leave nothing out in silence.

    Raises `GoldError` for rows that cannot be read, unless bad ones are skipped, and if no round
    trip is left.
    """
    console = make_console(stderr=asked.show_map)  # its stdout is for settings alone
    out = where_it_leads(asked.out)
    if not asked.show_map:
        _check_out(out, asked)
    log = read_log(LogOrder(asked.file, asked.format, asked.columns, asked.time_format, asked.tz))
    columns = log.columns
    tell_log(console, log, asked.file)
    if asked.show_map:
        print(log_settings(log, asked.symbols), end="")
        return
    read = read_records(log.sheet, columns, log.tz, log.time_format)
    _refuse_bad(read, asked)
    bars = _bars(asked)
    spelling = one_spelling(read.symbols, bars, asked.symbols)
    tell_spelling(console, spelling)
    read = read.respelt(spelling)
    traded = set(read.symbols)
    if strange := sorted(set(asked.must_trade) - traded):
        raise InputError(
            f"--symbol {strange[0]}: the file holds no such symbol, but {sorted(traded)}"
        )
    stated = {symbol: name for symbol, name in asked.symbols.items() if symbol in traded}
    symbols = pair_symbols(traded, bars, stated)
    _tell_symbols(console, symbols)
    matched = Matched(read.trips, [])
    if columns.kind is Kind.FILLS:
        matched = (match_fifo if asked.fifo else match_flat)(read.fills, asked.dust)
        console.print(
            f"{len(read.fills):,} fills make {len(matched.trips):,} round trips "
            f"({'first in, first out' if asked.fifo else 'from flat to flat'}); "
            f"{len(matched.unfinished):,} positions are still open"
        )
        _tell_unfinished(console, matched.unfinished)
    found = to_gold(matched.trips, bars, symbols, asked.interval)
    _tell(console, found, matched.trips)
    if asked.dry_run:
        console.print("nothing is written (--dry-run)")
        return
    make_folder_of(out)
    records = left_out_records(
        found.left_out, matched.unfinished, read.problems, log.passed_over, asked.file
    )
    _write_left_out(console, records, _left_out(out))
    if not len(found.rows):
        raise GoldError(
            f"{asked.file}: none of {len(matched.trips):,} round trips can be made gold"
        )
    rows, extras = tidy_extras(found.rows)
    with atomic_file(out) as part:
        pq.write_table(rows.to_arrow(extras), part, compression="zstd")
    console.print(f"wrote {out}; next: python -m tradegen run --n 1000 --gold {out} --weights gold")


def _left_out(out: Path) -> Path:
    return out.with_name(f"{out.stem}.left-out.csv")


def _check_out(out: Path, asked: Asked) -> None:
    """Raise `InputError` rather than write over what the user has."""
    if out.suffix.lower() not in (".parquet", ".pq"):
        raise InputError(f"--out {asked.out}: gold is written as Parquet; expected a name.parquet")
    check_out_file(out)
    for target in (out, _left_out(out)):
        for given in (asked.file, *asked.bars):
            if target.exists() and given.exists() and target.samefile(given):
                raise InputError(f"--out {asked.out}: would write over {given}; choose another")
        if target.exists() and not (asked.force or asked.dry_run):
            raise InputError(f"{target} is there already; choose another --out, or pass --force")


def _refuse_bad(read: Read, asked: Asked) -> None:
    if not read.problems:
        return
    count = len({problem.row for problem in read.problems})
    if asked.skip_bad and (read.fills or read.trips):
        print(
            f"warning: {count:,} rows cannot be read and are skipped; the first: "
            f"{read.problems[0]}. Positions that a missing fill belongs to come out wrong",
            file=sys.stderr,
        )
        return
    raise GoldError(
        f"{count:,} rows of {asked.file} cannot be read:",
        read.problems,
        "Mend them, or go on without them with --skip-bad.",
    )


def _bars(asked: Asked) -> dict[str, list[Bars]]:
    """Return the bars of each symbol, those of each interval by themselves."""
    if not asked.bars:
        raise InputError("--bars: name a file of bars (only --show-map needs none)")
    try:
        table = read_bars(asked.bars, asked.bars_tz)
    except GoldError as error:
        raise GoldError(str(error).replace("--tz ZONE", "--bars-tz ZONE")) from error
    found: dict[str, list[Bars]] = {}
    for (symbol, _), bars in table.by_symbol.items():
        found.setdefault(symbol, []).append(bars)
    if not found:
        raise GoldError(f"{asked.bars[0]}: bars by trade_id; bars by symbol are needed here")
    return found


def _tell_symbols(console: Console, symbols: Symbols) -> None:
    for symbol, name in symbols.renamed.items():
        console.print(f"bars of {symbol} are those of {name} (--symbol changes that)")
    if symbols.without:
        console.print(f"no bars: {', '.join(symbols.without)} (--symbol {symbols.without[0]}=NAME)")


def _tell_unfinished(console: Console, unfinished: Sequence[Unfinished]) -> None:
    for one in unfinished[:_SHOWN]:
        since = from_microseconds(one.since).isoformat(timespec="seconds")
        kind = "long" if one.long else "short"
        console.print(f"  open: {one.symbol} {kind} {one.quantity:g} since {since}")
    if len(unfinished) > _SHOWN:
        console.print(f"  ... and {len(unfinished) - _SHOWN:,} more")


def _tell(console: Console, found: Imported, trips: Sequence[Trip]) -> None:
    console.print(f"{len(found.rows):,} of {len(trips):,} round trips are gold")
    for reason, count in found.reasons.most_common():
        first = next(one for one in found.left_out if one.reason == reason)
        moment = from_microseconds(first.trip.entry_time).isoformat(timespec="seconds")
        console.print(
            f"  left out: {count:,} {reason}; the first: {first.trip.symbol} of {moment}: "
            f"{first.why}"
        )


def _write_left_out(console: Console, records: list[dict[str, object]], path: Path) -> None:
    """Write what was left out; where nothing is, no report of an earlier import stays."""
    if not records:
        path.unlink(missing_ok=True)
        return
    with atomic_file(path) as part:
        pacsv.write_csv(pa.Table.from_pylist(records), part)
    console.print(f"wrote {path}: what was left out, and why")
