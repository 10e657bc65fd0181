"""`tradegen import`."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from rich.console import Console

from tradegen.cli.console import make_console
from tradegen.cli.faults_table import (
    fault_records,
    faults_file,
    fixes_of,
    tell_faults,
    write_faults,
)
from tradegen.cli.fetched_bars import fetched_bars
from tradegen.cli.out_file import check_out_file, where_it_leads
from tradegen.data.atomic import atomic_file, make_folder_of
from tradegen.data.bars_files import Key, RawBars, read_raw_bars
from tradegen.data.gold_files import tidy_extras
from tradegen.data.interval import INTERVAL_US
from tradegen.data.row import from_microseconds
from tradegen.errors import GoldError, InputError
from tradegen.importers.bar_faults.examine import Examined, examine
from tradegen.importers.bar_faults.traded import prices_of, rescaled
from tradegen.importers.columns import Columns, Kind, find_columns
from tradegen.importers.fills import Matched, Trip, Unfinished, match_fifo, match_flat
from tradegen.importers.left_out import left_out_records
from tradegen.importers.records import Read, read_records
from tradegen.importers.sheet import Sheet, read_sheet
from tradegen.importers.symbols import Symbols, pair_symbols
from tradegen.importers.to_gold import Imported, to_gold

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be imported, and how; see the command's own help."""

    file: Path
    bars: Sequence[Path]
    out: Path
    fifo: bool
    columns: Mapping[str, str]
    symbols: Mapping[str, str]
    interval: str | None
    tz: ZoneInfo | None
    bars_tz: ZoneInfo | None
    time_format: str | None
    dust: float
    skip_bad: bool
    force: bool
    dry_run: bool
    bars_from: str | None = None
    fixes: Sequence[str] = ()
    calendar: str | None = None
    as_json: bool = False


def import_command(asked: Asked) -> None:
    """Import a file as gold, say what became of its rows, and leave nothing out in silence.

    Raises `GoldError` for rows that cannot be read, unless bad ones are skipped, and if no round
    trip is left.
    """
    console = Console(quiet=True) if asked.as_json else make_console()
    fixes = fixes_of(asked.fixes)
    if asked.interval is not None and asked.interval not in INTERVAL_US:
        raise InputError(f"--interval {asked.interval}: expected one of {', '.join(INTERVAL_US)}")
    if not 0 <= asked.dust < 1:
        raise InputError(f"--dust {asked.dust:g}: expected a share from 0 to below 1")
    if not asked.bars and asked.bars_from is None:
        raise InputError("no bars: name a file with --bars, or a provider with --bars-from")
    out = where_it_leads(asked.out)
    _check_out(out, asked)
    sheet = read_sheet(asked.file)
    columns = find_columns(sheet, asked.columns)
    console.print(f"{asked.file}: {len(sheet):,} rows, read as {columns.kind}")
    told = ", ".join(f"{field} = {column!r}" for field, column in columns.of.items())
    console.print(f"columns: {told} (--map changes that)")
    _tell_doubts(console, sheet, columns)
    read = read_records(sheet, columns, asked.tz, asked.time_format)
    _refuse_bad(read, asked)
    raw = _raw_bars(asked, asked.bars)
    traded = {fill.symbol for fill in read.fills} | {trip.symbol for trip in read.trips}
    if strange := sorted(set(asked.symbols) - traded):
        raise InputError(
            f"--symbol {strange[0]}: the file holds no such symbol, but {sorted(traded)}"
        )
    stated = asked.symbols
    if asked.bars_from is not None:
        raw, stated = _with_fetched(console, asked, read, traded, raw, out)
    symbols = pair_symbols(traded, _names(raw), stated)
    _tell_symbols(console, symbols)
    used = {key: parts for key, parts in raw.items() if key[0] in symbols.bars_of.values()}
    examined = examine(used, prices_of(read, symbols), fixes, asked.calendar)
    tell_faults(console, examined.faults, fixes)
    read = rescaled(read, symbols, examined.rescale)
    matched = Matched(read.trips, [])
    if columns.kind is Kind.FILLS:
        matched = (match_fifo if asked.fifo else match_flat)(read.fills, asked.dust)
        console.print(
            f"{len(read.fills):,} fills make {len(matched.trips):,} round trips "
            f"({'first in, first out' if asked.fifo else 'from flat to flat'}); "
            f"{len(matched.unfinished):,} positions are still open"
        )
        _tell_unfinished(console, matched.unfinished)
    found = to_gold(matched.trips, examined.bars, symbols, asked.interval)
    _tell(console, found, matched.trips)
    if asked.dry_run:
        console.print("nothing is written (--dry-run)")
    else:
        make_folder_of(out)
        records = left_out_records(found.left_out, matched.unfinished, read.problems, asked.file)
        _write_left_out(console, records, _left_out(out))
        write_faults(console, examined.faults, faults_file(out))
        _write_gold(console, found, out, asked.file)
    if asked.as_json:
        print(json.dumps(_summary(asked, columns, matched, found, examined)))


def _write_gold(console: Console, found: Imported, out: Path, file: Path) -> None:
    """Write gold rows. Raises `GoldError` if there are none."""
    if not len(found.rows):
        raise GoldError(f"{file}: none of {len(found.left_out):,} round trips can be made gold")
    rows, extras = tidy_extras(found.rows)
    with atomic_file(out) as part:
        pq.write_table(rows.to_arrow(extras), part, compression="zstd")
    console.print(f"wrote {out}; next: python -m tradegen run --n 1000 --gold {out} --weights gold")


def _summary(
    asked: Asked, columns: Columns, matched: Matched, found: Imported, examined: Examined
) -> dict[str, object]:
    """Return what came of the import, for machines."""
    return {
        "file": str(asked.file),
        "read_as": columns.kind.value,
        "round_trips": len(matched.trips),
        "still_open": len(matched.unfinished),
        "gold": len(found.rows),
        "left_out": dict(found.reasons),
        "out": None if asked.dry_run else str(asked.out),
        "bars": fault_records(examined.faults),
    }


def _left_out(out: Path) -> Path:
    return out.with_name(f"{out.stem}.left-out.csv")


def _check_out(out: Path, asked: Asked) -> None:
    """Raise `InputError` rather than write over what the user has."""
    if out.suffix.lower() not in (".parquet", ".pq"):
        raise InputError(f"--out {asked.out}: gold is written as Parquet; expected a name.parquet")
    check_out_file(out)
    for target in (out, _left_out(out), faults_file(out)):
        for given in (asked.file, *asked.bars):
            if target.exists() and given.exists() and target.samefile(given):
                raise InputError(f"--out {asked.out}: would write over {given}; choose another")
        if target.exists() and not (asked.force or asked.dry_run):
            raise InputError(f"{target} is there already; choose another --out, or pass --force")


def _tell_doubts(console: Console, sheet: Sheet, columns: Columns) -> None:
    """Say what was decided that might have been decided otherwise."""
    for field, others in columns.instead.items():
        console.print(f"  not taken for {field}: {', '.join(map(repr, others))}")
    own = columns.own(sheet)
    if own and columns.kind is Kind.ROUND_TRIPS:
        console.print(f"  carried over as they are: {', '.join(own)}")
    elif own:
        console.print(f"  not carried over, as a trade has many fills: {', '.join(own)}")
    if repeated := sheet.repeated:
        console.print(
            f"  {repeated:,} rows repeat another one in every column; if exports overlap, "
            "drop one of each, or they count twice"
        )


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


def _raw_bars(asked: Asked, paths: Sequence[Path]) -> dict[Key, list[RawBars]]:
    """Return the bars of each symbol as they lie in the files."""
    try:
        return read_raw_bars(paths, asked.bars_tz)
    except GoldError as error:
        raise GoldError(str(error).replace("--tz ZONE", "--bars-tz ZONE")) from error


def _names(raw: Mapping[Key, object]) -> set[str]:
    return {symbol for symbol, _ in raw}


def _with_fetched(
    console: Console,
    asked: Asked,
    read: Read,
    traded: Iterable[str],
    raw: dict[Key, list[RawBars]],
    out: Path,
) -> tuple[dict[Key, list[RawBars]], dict[str, str]]:
    """Return bars with those of a provider for symbols that have none, and names as stated."""
    stated = {one: name for one, name in asked.symbols.items() if name in _names(raw)}
    without = pair_symbols(traded, _names(raw), stated).without
    if asked.bars_from is None or not without:
        return raw, stated
    fetched = fetched_bars(
        *(asked.bars_from, {one: asked.symbols.get(one) for one in without}, read, asked.interval),
        *(out, console.print),
        dry_run=asked.dry_run,
    )
    for key, parts in _raw_bars(asked, [fetched.path]).items():
        raw.setdefault(key, []).extend(parts)
    return raw, {**stated, **fetched.names}


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
