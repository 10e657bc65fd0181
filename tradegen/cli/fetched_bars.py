"""Bars that a provider is asked for, where the user has none of a symbol."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tradegen.data.atomic import make_folder_of
from tradegen.data.interval import INTERVAL_US
from tradegen.data.row import to_microseconds
from tradegen.errors import InputError
from tradegen.importers.records import Read
from tradegen.providers.fetch import fetch_bars, requests_for
from tradegen.providers.registry import make_provider


@dataclass(frozen=True, slots=True)
class Fetched:
    """The file that holds fetched bars, and the provider's name of each symbol that has some."""

    path: Path
    names: Mapping[str, str]


def fetched_bars(
    source: str,
    wanted: Mapping[str, str | None],
    read: Read,
    interval: str | None,
    out: Path,
    tell: Callable[[str], None],
    *,
    dry_run: bool,
) -> Fetched:
    """Return the bars of symbols that `wanted` maps to the provider's name, if that was stated.

    They are kept beside `out`, so that a second import asks for nothing. Raises `InputError`
    without a known interval, and what `fetch_bars` raises.
    """
    if interval is None or interval not in INTERVAL_US:
        raise InputError("--bars-from: say which bars to ask for, e.g. --interval 1h")
    provider = make_provider(source)
    names = {symbol: name or provider.symbol(symbol) for symbol, name in wanted.items()}
    spans = {symbol: span for symbol, span in _spans(read).items() if symbol in wanted}
    path = out.with_name(f"{out.stem}.{provider.name}-{interval}.parquet")
    requests = requests_for(spans, names, interval, _now())
    if not dry_run:
        make_folder_of(path)
    cached = fetch_bars(provider, requests, path, _now, tell, may_ask=not dry_run)
    told = "" if cached.adjusted == "nothing" else f", adjusted for {cached.adjusted}"
    tell(f"bars of {provider.name}{told}: {path} (give it as --bars next time, or ask again)")
    return Fetched(path, {one: name for one, name in names.items() if len(cached.bars[name])})


def _spans(read: Read) -> dict[str, tuple[int, int]]:
    """Return the first and the last moment of trading of each symbol."""
    moments = [(fill.symbol, fill.time) for fill in read.fills]
    for trip in read.trips:
        moments += [(trip.symbol, trip.entry_time), (trip.symbol, trip.exit_time)]
    spans: dict[str, tuple[int, int]] = {}
    for symbol, time in moments:
        first, last = spans.get(symbol, (time, time))
        spans[symbol] = (min(first, time), max(last, time))
    return spans


def _now() -> int:
    return to_microseconds(datetime.now(UTC))
