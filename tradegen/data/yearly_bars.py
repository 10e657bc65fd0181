"""How many bars make a year, symbol by symbol, as `run.json` keeps it after gold has gone."""

from collections.abc import Mapping

import numpy as np

from tradegen.data.interval import INTERVAL_US
from tradegen.data.market import Market
from tradegen.data.row import FloatArray
from tradegen.data.rows import Rows

YearlyBars = Mapping[str, Mapping[str, float]]
"""Bars per year by symbol and interval."""


def yearly_bars(market: Market, rows: Rows) -> dict[str, dict[str, float]]:
    """Return the bars per year of every symbol of the market, at every interval that rows have."""
    intervals = np.unique(rows.interval).tolist()
    of_calendar = {
        (name, interval): calendar.bars_per_year(INTERVAL_US[interval])
        for name, calendar in market.calendars.items()
        for interval in intervals
    }
    return {
        symbol: {
            interval: bars
            for interval in intervals
            if (bars := of_calendar[instrument.calendar, interval]) > 0
        }
        for symbol, instrument in market.instruments.items()
    }


def bars_per_year(known: YearlyBars, rows: Rows) -> FloatArray:
    """Return the bars per year of each row, shape `(n,)`; NaN where they are not known."""
    pairs = zip(rows.symbol.tolist(), rows.interval.tolist(), strict=True)
    return np.array([known.get(s, {}).get(i, np.nan) for s, i in pairs], dtype=np.float64)
