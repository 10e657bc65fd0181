"""`tradegen import`."""

import json
import tomllib
from pathlib import Path

from rich.console import Console

from tradegen.cli.console import make_console
from tradegen.cli.faults_table import fixes_of, tell_faults
from tradegen.cli.import_asked import Asked
from tradegen.cli.import_bars import paired_bars, raw_bars
from tradegen.cli.import_files import check_out, write_import
from tradegen.cli.import_outcome import Outcome
from tradegen.cli.import_telling import tell_gold, tell_log, tell_matched, tell_spelling
from tradegen.cli.out_file import where_it_leads
from tradegen.errors import GoldError, InputError, list_names
from tradegen.importers.bar_faults.examine import examine
from tradegen.importers.bar_faults.traded import prices_of, rescaled
from tradegen.importers.fills import Matched, match_fifo, match_flat
from tradegen.importers.log import Log, LogOrder, read_log
from tradegen.importers.log_settings import log_settings
from tradegen.importers.names import Kind
from tradegen.importers.records import Read, read_records
from tradegen.importers.symbols import one_spelling
from tradegen.importers.to_gold import to_gold


def import_command(asked: Asked) -> None:
    """Import a file as gold, say what became of its rows, and leave nothing out in silence.

    Raises `GoldError` for rows that cannot be read, unless bad ones are skipped, and if no round
    trip is left.
    """
    # with --show-map stdout is for the settings alone, with --json for the object
    console = Console(quiet=True) if asked.as_json else make_console(stderr=asked.show_map)
    out = where_it_leads(asked.out)
    if not asked.show_map:
        _refuse_no_bars(asked)
        check_out(out, asked.out, (asked.file, *asked.bars), replace=asked.force or asked.dry_run)
    log = read_log(LogOrder(asked.file, asked.format, asked.columns, asked.time_format, asked.tz))
    tell_log(console, log, asked.file)
    if asked.show_map:
        _print_map(log_settings(log, asked.stated), as_json=asked.as_json)
        return
    outcome = _outcome(console, asked, log, out)
    if asked.dry_run:
        console.print("nothing is written (--dry-run)")
    else:
        faults = outcome.examined.faults
        write_import(console, out, asked.file, outcome.gold, outcome.left_out(asked), faults)
    if asked.as_json:
        print(json.dumps(outcome.summary(asked)))


def _outcome(console: Console, asked: Asked, log: Log, out: Path) -> Outcome:
    """Return what a log comes to with its bars, and tell each step."""
    fixes = fixes_of(asked.fixes)
    read = read_records(log.sheet, log.columns, log.tz, log.time_format)
    _refuse_bad(read, asked)
    raw = raw_bars(asked.bars, asked.bars_tz)
    spelling = one_spelling(read.symbols, {name for name, _ in raw}, asked.symbols)
    tell_spelling(console, spelling)
    read = read.respelt(spelling)
    _refuse_strange(read, asked)
    used, symbols = paired_bars(console, asked, read, raw, out)
    examined = examine(used, prices_of(read, symbols), fixes, asked.calendar)
    tell_faults(console, examined.faults, fixes)
    matched = _matched(console, log, rescaled(read, symbols, examined.rescale), asked)
    gold = to_gold(matched.trips, examined.bars, symbols, asked.interval)
    tell_gold(console, gold, matched.trips)
    return Outcome(log, read, spelling, symbols, examined, matched, gold)


def _print_map(toml: str, *, as_json: bool) -> None:
    print(json.dumps(tomllib.loads(toml)) if as_json else toml.rstrip())


def _refuse_no_bars(asked: Asked) -> None:
    if not asked.bars and asked.bars_from is None:
        raise InputError(
            "no bars: name a file with --bars, or a provider with --bars-from "
            "(only --show-map needs none)"
        )


def _refuse_bad(read: Read, asked: Asked) -> None:
    if not read.problems:
        return
    count = len({problem.row for problem in read.problems})
    if asked.skip_bad and (read.fills or read.trips):
        make_console(stderr=True).print(
            f"warning: {count:,} rows cannot be read and are skipped; the first: "
            f"{read.problems[0]}. Positions that a missing fill belongs to come out wrong"
        )
        return
    raise GoldError(
        f"{count:,} rows of {asked.file} cannot be read:",
        read.problems,
        "Mend them, or go on without them with --skip-bad.",
    )


def _refuse_strange(read: Read, asked: Asked) -> None:
    """Raise `InputError` for a symbol of a flag that the file does not hold."""
    if strange := sorted(set(asked.must_trade) - set(read.symbols)):
        held = list_names(sorted(set(read.symbols)))
        raise InputError(f"--symbol {strange[0]}: the file holds no such symbol, but {held}")


def _matched(console: Console, log: Log, read: Read, asked: Asked) -> Matched:
    """Return round trips: a journal's own, or what fills make."""
    if log.columns.kind is not Kind.FILLS:
        return Matched(read.trips, [])
    matched = (match_fifo if asked.fifo else match_flat)(read.fills, asked.dust)
    tell_matched(console, len(read.fills), matched, fifo=asked.fifo)
    return matched
