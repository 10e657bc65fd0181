"""What trades say about bars, and trades brought to the bars' side of a split."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from tradegen.importers.bar_faults.prices import Prices, Rescale
from tradegen.importers.fills import Fill, Trip
from tradegen.importers.records import Read
from tradegen.importers.symbols import Symbols

_Point = tuple[int, float, str]


def prices_of(read: Read, symbols: Symbols) -> dict[str, Prices]:
    """Return the prices of fills and round trips by the bars' symbols; averages are left out."""
    points: dict[str, list[_Point]] = {}
    for symbol, point in _points(read):
        if (name := symbols.bars_of.get(symbol)) is not None:
            points.setdefault(name, []).append(point)
    return {name: _prices(own) for name, own in points.items()}


def _points(read: Read) -> Iterator[tuple[str, _Point]]:
    for fill in read.fills:
        yield fill.symbol, (fill.time, fill.price, f"row {fill.row}")
    for trip in read.trips:
        if not trip.averaged:
            yield trip.symbol, (trip.entry_time, trip.entry_price, f"row {trip.rows[0]}, entry")
            yield trip.symbol, (trip.exit_time, trip.exit_price, f"row {trip.rows[0]}, exit")


def _prices(points: Sequence[_Point]) -> Prices:
    time, price, name = zip(*sorted(points), strict=True)
    return Prices(np.array(time, np.int64), np.array(price, np.float64), list(name))


def rescaled(read: Read, symbols: Symbols, by_bars: Mapping[str, Sequence[Rescale]]) -> Read:
    """Return fills and round trips with prices divided and quantities multiplied as bars need."""
    if not by_bars:
        return read

    def ratio(symbol: str, time: int) -> float:
        known = by_bars.get(symbols.bars_of.get(symbol, ""), ())
        return float(np.prod([one.ratio for one in known if one.first <= time <= one.last]))

    fills = [_fill(fill, ratio(fill.symbol, fill.time)) for fill in read.fills]
    trips = [
        _trip(trip, ratio(trip.symbol, trip.entry_time), ratio(trip.symbol, trip.exit_time))
        for trip in read.trips
    ]
    return replace(read, fills=fills, trips=trips)


def _fill(fill: Fill, ratio: float) -> Fill:
    return replace(fill, price=fill.price / ratio, quantity=fill.quantity * ratio)


def _trip(trip: Trip, at_entry: float, at_exit: float) -> Trip:
    return replace(
        trip,
        entry_price=trip.entry_price / at_entry,
        exit_price=trip.exit_price / at_exit,
        quantity=trip.quantity * at_entry,
    )
