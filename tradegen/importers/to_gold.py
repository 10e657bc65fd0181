"""Round trips to gold: each with the bars around it, or with the reason why it is left out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tradegen.data.bars_files import BarsTable
from tradegen.data.invariants import Violation, find_violations
from tradegen.data.market import learn_market
from tradegen.data.row import (
    CORE_FIELDS,
    LOOKBACK,
    Bars,
    ExtraValue,
    FloatArray,
    IntArray,
    from_microseconds,
)
from tradegen.data.rows import Rows, TextArray, object_array
from tradegen.data.text_files import Cell
from tradegen.errors import InputError
from tradegen.importers.fills import Trip
from tradegen.importers.intervals import MOST_BARS, Series
from tradegen.importers.left_out import LeftOut
from tradegen.importers.symbols import Symbols

_SEVERAL, _ONE = "fills_vwap", "fill"
MADE_ANEW = frozenset({*CORE_FIELDS, "price_source", "account", "fees"})
"""Columns of gold that importing makes: of a log's own column of such a name nothing is kept."""


@dataclass(frozen=True)
class Imported:
    """Gold rows, and the round trips that are none."""

    rows: Rows
    left_out: list[LeftOut]

    @property
    def reasons(self) -> Counter[str]:
        """How many round trips were left out for each reason."""
        return Counter(one.reason for one in self.left_out)


def to_gold(
    trips: Sequence[Trip],
    bars: Mapping[str, Sequence[Bars]],
    symbols: Symbols,
    interval: str | None,
) -> Imported:
    """Return round trips with their bars, in the order of their entry.

    `bars` are those of each of the bars' own symbols, at one or more intervals. Without an
    `interval` each row has the finest one in which it takes at most 60 bars. A row that the log's
    own bars or the market's sessions contradict is left out. Raises `InputError` for bars at an
    interval that is not known, and for one that they cannot be made into.
    """
    left_out: list[LeftOut] = []
    kept: list[tuple[Trip, str, Bars]] = []
    every: dict[str, Series | None] = {}
    for trip in sorted(trips, key=lambda one: (one.entry_time, one.symbol)):
        name = symbols.bars_of.get(trip.symbol)
        if name is None:
            left_out.append(LeftOut(trip, "no bars", f"the bars hold no {trip.symbol}"))
            continue
        if name not in every:
            every[name] = _series(name, bars[name])
        try:
            kept.append((trip, *_window(every[name], name, interval, trip)))
        except _NoWindowError as error:
            left_out.append(LeftOut(trip, *error.args))
    if not kept:
        return Imported(Rows.from_models([]), left_out)
    rows = _rows(kept)
    broken = _broken(rows)
    for row, one in sorted(broken.items()):
        why = f"{one.field} is {one.value}; expected {one.expected}"
        left_out.append(LeftOut(kept[row][0], "does not fit its bars", why))
    return Imported(rows.select(np.setdiff1d(np.arange(len(rows)), sorted(broken))), left_out)


class _NoWindowError(Exception):
    """Raised for a trip whose bars are not there, with the reason and what is wrong."""


def _series(name: str, several: Sequence[Bars]) -> Series | None:
    """Return the bars of a symbol, None where there are too few to have an interval."""
    enough = [bars for bars in several if len(bars) > 1]
    if not enough:
        return None
    try:
        return Series(enough)
    except ValueError as error:
        raise InputError(f"{name}: {error}") from error


def _window(series: Series | None, name: str, interval: str | None, trip: Trip) -> tuple[str, Bars]:
    """Return a trip's interval and the bars around it. Raises `_NoWindowError`."""
    if series is None:
        raise _NoWindowError("bars missing", f"expected {LOOKBACK} bars of {name} before the entry")
    chosen = _interval(series, name, interval, trip)
    if chosen is None:
        why = f"more than {MOST_BARS} of the widest bars from entry to exit"
        raise _NoWindowError("held too long", why)
    try:
        return chosen, _around(series, name, chosen, trip)
    except LookupError as error:
        raise _NoWindowError("bars missing", f"expected {error.args[0]}") from error


def _broken(rows: Rows) -> dict[int, Violation]:
    """Return what is wrong with rows, by their number: by themselves, or against their market."""
    broken = {one.row: one for one in reversed(find_violations(rows, None, averages_allowed=True))}
    sound = np.setdiff1d(np.arange(len(rows)), sorted(broken))
    if len(sound):
        part = rows.select(sound)
        found = find_violations(part, learn_market(part), averages_allowed=True)
        broken |= {int(sound[one.row]): one for one in reversed(found)}
    return broken


def _interval(series: Series, name: str, stated: str | None, trip: Trip) -> str | None:
    if stated is None:
        return series.finest(trip.entry_time, trip.exit_time)
    if stated not in series.intervals:
        raise InputError(
            f"bars of {name} can be made into {', '.join(series.intervals)}, not {stated}"
        )
    return stated


def _around(series: Series, name: str, interval: str, trip: Trip) -> Bars:
    table = BarsTable({}, {(name, interval): series.bars(interval)})
    return table.around({"symbol": name, "interval": interval}, trip.entry_time, trip.exit_time)


def _rows(kept: Sequence[tuple[Trip, str, Bars]]) -> Rows:
    trips = [trip for trip, _, _ in kept]

    def times(name: str) -> IntArray:
        return np.array([getattr(trip, name) for trip in trips], dtype=np.int64)

    def numbers(name: str) -> FloatArray:
        return np.array([getattr(trip, name) for trip in trips], dtype=np.float64)

    with_fees = any(trip.fees for trip in trips)
    sizes = [len(bars) for _, _, bars in kept]
    extras: dict[str, list[ExtraValue]] = {
        "price_source": [_SEVERAL if trip.averaged else _ONE for trip in trips],
        "account": [trip.account or None for trip in trips],
        "fees": [trip.fees if with_fees else None for trip in trips],
    }
    for name in dict.fromkeys(name for trip in trips for name in trip.own):
        if name not in MADE_ANEW:
            cells = [trip.own.get(name, "") for trip in trips]
            extras[name] = [Cell(cell) if cell else None for cell in cells]
    return Rows(
        trade_id=_ids(trips),
        symbol=np.array([trip.symbol for trip in trips], dtype=np.str_),
        side=np.array(["long" if trip.long else "short" for trip in trips], dtype=np.str_),
        interval=np.array([interval for _, interval, _ in kept], dtype=np.str_),
        entry_time=times("entry_time"),
        entry_price=numbers("entry_price"),
        exit_time=times("exit_time"),
        exit_price=numbers("exit_price"),
        quantity=numbers("quantity"),
        bars=Bars.concatenate([bars for _, _, bars in kept]),
        offsets=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        extras={name: object_array(values) for name, values in extras.items()},
    )


def _ids(trips: Sequence[Trip]) -> TextArray:
    """Return the journal's ids if every trip has one of its own, else symbols with entry times.

    These are the same whichever other trips there are, so that several imports go together.
    """
    own = [trip.trade_id for trip in trips]
    if "" in own or len(set(own)) < len(own):
        count: Counter[str] = Counter()
        own = []
        for trip in trips:
            moment = from_microseconds(trip.entry_time).strftime("%Y%m%dT%H%M%S")
            name = "-".join(filter(None, (trip.symbol, moment, trip.account)))
            count[name] += 1
            own.append(name if count[name] == 1 else f"{name}-{count[name]}")
    return np.array(own, dtype=np.str_)
