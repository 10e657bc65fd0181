"""The bars of `tradegen import`: read from files, fetched where those have none, and paired."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console

from tradegen.cli.fetched_bars import fetched_bars
from tradegen.cli.import_asked import Asked
from tradegen.cli.import_telling import tell_symbols
from tradegen.data.bars_files import Key, RawBars, read_raw_bars
from tradegen.errors import GoldError
from tradegen.importers.records import Read
from tradegen.importers.symbols import Symbols, pair_symbols

RawOfKey = Mapping[Key, Sequence[RawBars]]


def raw_bars(paths: Sequence[Path], tz: ZoneInfo | None) -> dict[Key, list[RawBars]]:
    """Return the bars of each symbol as they lie in the files."""
    try:
        return read_raw_bars(paths, tz)
    except GoldError as error:
        raise GoldError(str(error).replace("--tz ZONE", "--bars-tz ZONE")) from error


def paired_bars(
    console: Console, asked: Asked, read: Read, raw: RawOfKey, out: Path
) -> tuple[RawOfKey, Symbols]:
    """Return the bars that belong to the trades, those of a provider among them, and whose."""
    traded = set(read.symbols)
    stated = {symbol: name for symbol, name in asked.symbols.items() if symbol in traded}
    if asked.bars_from is not None:
        raw, stated = _with_fetched(console, asked, asked.bars_from, read, raw, stated, out)
    symbols = pair_symbols(traded, _names(raw), stated)
    tell_symbols(console, symbols)
    theirs = set(symbols.bars_of.values())
    return {key: parts for key, parts in raw.items() if key[0] in theirs}, symbols


def _names(raw: RawOfKey) -> set[str]:
    return {symbol for symbol, _ in raw}


def _with_fetched(
    console: Console,
    asked: Asked,
    source: str,
    read: Read,
    raw: RawOfKey,
    stated: Mapping[str, str],
    out: Path,
) -> tuple[RawOfKey, dict[str, str]]:
    """Return bars with those of a provider for symbols that have none, and names as stated."""
    held = {symbol: name for symbol, name in stated.items() if name in _names(raw)}
    without = pair_symbols(set(read.symbols), _names(raw), held).without
    if not without:
        return raw, held
    wanted = {symbol: stated.get(symbol) for symbol in without}
    fetched = fetched_bars(
        source, wanted, read, asked.interval, out, console.print, dry_run=asked.dry_run
    )
    theirs = set(fetched.names.values())  # the file may hold more, asked for by earlier imports
    kept = {
        key: parts
        for key, parts in raw_bars([fetched.path], asked.bars_tz).items()
        if key[0] in theirs
    }
    return {**raw, **kept}, {**held, **fetched.names}
