"""What arithmetic settles: a volatility that is a little off, without asking a model again."""

import numpy as np

from tradegen.data.grid import snap
from tradegen.data.market import Market
from tradegen.data.row import LOOKBACK, Bars, FloatArray, Row
from tradegen.data.volatility import realised_volatility
from tradegen.samplers.constraint import VolatilityConstraint

MOST_STRETCH = 0.2
"""Largest relative change of a row's volatility that still counts as arithmetic."""

_EDGE = 0.05


def settle_volatility(
    row: Row, constraint: VolatilityConstraint, market: Market, bars_per_year: float
) -> tuple[Row, str | None]:
    """Return the row with its volatility inside the constraint's range, and what was done to it.

    All log price moves are stretched by one factor, which keeps the order of prices in each bar
    and the place of the fills. A row that is further off than `MOST_STRETCH`, or cannot be brought
    into the range on its ticks, is returned as it is, with None.
    """
    volatility = _volatility(row.bars, bars_per_year)
    low, high = constraint.low, constraint.high
    if low <= volatility < high or not volatility > 0:
        return row, None
    edge = _EDGE * (high - low)
    factor = float(np.clip(volatility, low + edge, high - edge)) / volatility
    if abs(factor - 1) > MOST_STRETCH:
        return row, None
    stretched = _stretch(row, factor, market)
    if not low <= _volatility(stretched.bars, bars_per_year) < high:
        return row, None
    return stretched, f"volatility: {volatility:.3f} to {volatility * factor:.3f}"


def _volatility(bars: Bars, bars_per_year: float) -> float:
    close = bars.close[None, :LOOKBACK]
    return float(realised_volatility(close, np.array([bars_per_year]))[0])


def _stretch(row: Row, factor: float, market: Market) -> Row:
    instrument = market.instruments[row.symbol]
    anchor = float(row.bars.open[0])

    def moved(price: FloatArray, tick: float) -> FloatArray:
        return np.maximum(snap(anchor * (price / anchor) ** factor, tick), tick)

    tick = instrument.usual_tick
    bars = row.bars
    new = Bars(
        bars.time,
        moved(bars.open, tick),
        moved(bars.high, tick),
        moved(bars.low, tick),
        moved(bars.close, tick),
        bars.volume,
    )
    fills = {}
    for name, at in (("entry_price", LOOKBACK), ("exit_price", len(bars) - 1)):
        before = getattr(row, name)
        price = float(moved(np.array([before]), instrument.fill_tick)[0])
        was_inside = bars.low[at] <= before <= bars.high[at]
        fills[name] = float(np.clip(price, new.low[at], new.high[at])) if was_inside else price
    return row.model_copy(update={"bars": new, **fills})
