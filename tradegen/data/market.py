"""The market behind the rows: each symbol's ticks, lots and calendar, given or learned."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tradegen.data import grid
from tradegen.data.calendars import Calendar
from tradegen.data.interval import interval_lengths
from tradegen.data.learned_calendars import learn_calendars
from tradegen.data.row import PRICE_FIELDS, BoolArray, FloatArray
from tradegen.data.rows import Rows, TextArray
from tradegen.errors import InputError

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Instrument:
    """What is fixed about a symbol. A step of 0 means that there is no grid.

    `price_tick` is the grid of all bar prices and `usual_tick` the coarser one of nearly all (new
    bars keep to it), `fill_tick` that of entry and exit prices (averages
    of two prices lie on half a tick), `lot` that of quantities and `volume_step` that of bar
    volumes. `calendar` names one of the market's calendars.
    """

    calendar: str
    price_tick: float = 0.0
    usual_tick: float = 0.0
    fill_tick: float = 0.0
    lot: float = 0.0
    volume_step: float = 0.0


@dataclass(frozen=True, slots=True)
class InstrumentOverride:
    """What the user states about a symbol; None leaves it to be learned from gold."""

    calendar: str | None = None
    price_tick: float | None = None
    fill_tick: float | None = None
    lot: float | None = None


@dataclass(frozen=True)
class Market:
    """All symbols and calendars that rows may refer to."""

    instruments: Mapping[str, Instrument]
    calendars: Mapping[str, Calendar]

    def calendar_of(self, symbol: str) -> Calendar:
        """Return the calendar of a known symbol."""
        return self.calendars[self.instruments[symbol].calendar]

    def knows(self, symbol: TextArray) -> BoolArray:
        """Return whether each symbol is known, shape `(n,)`."""
        names, inverse = np.unique(symbol, return_inverse=True)
        return np.array([str(name) in self.instruments for name in names], dtype=np.bool_)[inverse]

    def steps(self, symbol: TextArray, field: str) -> FloatArray:
        """Return one grid of each symbol, e.g. `price_tick`, shape `(n,)`; 0 if unknown."""
        names, inverse = np.unique(symbol, return_inverse=True)
        known = [self.instruments.get(str(name)) for name in names]
        values = [0.0 if one is None else float(getattr(one, field)) for one in known]
        return np.array(values)[inverse]

    def calendar_groups(self, rows: Rows) -> list[tuple[Calendar, int, npt.NDArray[np.intp]]]:
        """Return `(calendar, interval in microseconds, row indices)` of rows that share both.

        Rows of unknown symbols or intervals belong to no group.
        """
        lengths = interval_lengths(rows.interval)
        known = [self.instruments.get(str(symbol)) for symbol in rows.symbol]
        groups: dict[tuple[str, int], list[int]] = {}
        for i, instrument in enumerate(known):
            if instrument is not None and lengths[i] > 0:
                groups.setdefault((instrument.calendar, int(lengths[i])), []).append(i)
        return [
            (self.calendars[name], length, np.array(index))
            for (name, length), index in groups.items()
        ]

    def bars_per_year(self, rows: Rows) -> FloatArray:
        """Return the bars per year of each row, shape `(n,)`; NaN for unknown symbols."""
        result = np.full(len(rows), np.nan)
        for calendar, interval, index in self.calendar_groups(rows):
            result[index] = calendar.bars_per_year(interval)
        return result


def learn_market(
    rows: Rows,
    calendar: str = AUTO,
    overrides: Mapping[str, InstrumentOverride] | None = None,
) -> Market:
    """Learn ticks, lots and calendars from rows; what the user states takes precedence.

    `calendar` is the calendar of all symbols that have none of their own: a name known to
    `exchange_calendars`, `24/7`, or `auto`, which tells from each symbol's own bars, see
    `learned_calendars`.

    Raises `InputError` for an override of a symbol that no row has, or an unknown calendar.
    """
    overrides = dict(overrides or {})
    symbols = np.unique(rows.symbol)
    unknown = sorted(set(overrides) - set(symbols.tolist()))
    if unknown:
        raise InputError(
            f"settings name instruments that no gold row has: {', '.join(unknown)}; "
            f"gold has {', '.join(symbols[:10].tolist())}"
        )
    stated = {str(symbol): overrides.get(str(symbol), InstrumentOverride()) for symbol in symbols}
    usual = None if calendar == AUTO else calendar
    named = {
        symbol: name
        for symbol, override in stated.items()
        if (name := override.calendar or usual) is not None
    }
    own = _rows_by_symbol(rows)
    calendar_of = learn_calendars(own, named)
    instruments = {
        symbol: _instrument(own[symbol], calendar_of[symbol].name, override)
        for symbol, override in stated.items()
    }
    calendars = {found.name: found for found in calendar_of.values()}
    return Market(instruments, calendars)


def _rows_by_symbol(rows: Rows) -> dict[str, Rows]:
    order = np.argsort(rows.symbol, kind="stable")
    ordered = rows.select(order)
    symbols, first = np.unique(ordered.symbol, return_index=True)
    ends = [*first[1:].tolist(), len(rows)]
    return {
        str(symbol): ordered.slice(start, end)
        for symbol, start, end in zip(symbols, first.tolist(), ends, strict=True)
    }


def _instrument(own: Rows, calendar: str, stated: InstrumentOverride) -> Instrument:
    prices = np.concatenate([getattr(own.bars, name) for name in PRICE_FIELDS])
    tick = grid.price_tick(prices)
    learned = Instrument(
        calendar=calendar,
        price_tick=tick,
        usual_tick=grid.usual_tick(prices, tick),
        fill_tick=grid.fill_tick(np.concatenate([own.entry_price, own.exit_price]), tick),
        lot=grid.lot_size(own.quantity),
        volume_step=grid.volume_step(own.bars.volume),
    )
    given = {
        name: value
        for name in ("price_tick", "fill_tick", "lot")
        if (value := getattr(stated, name)) is not None
    }
    if stated.price_tick is not None:
        given["usual_tick"] = stated.price_tick
    return replace(learned, **given)
