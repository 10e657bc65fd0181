"""Prices that the bar of their time does not hold, each with its distance."""

import numpy as np

from tradegen.data.row import Bars
from tradegen.importers.bar_faults.fault import Fault, Kind
from tradegen.importers.bar_faults.prices import Prices, bar_of, fits


def find_outside(
    symbol: str, interval: str, length: int, bars: Bars, prices: Prices
) -> list[Fault]:
    """Return one fault for each price that lies outside its bar."""
    at, known = bar_of(bars, length, prices.time)
    out = np.flatnonzero(known & ~fits(bars, length, prices.time, prices.price))
    faults = []
    for k in out.tolist():
        price, low, high = float(prices.price[k]), bars.low[at[k]], bars.high[at[k]]
        side, edge = ("above the high", high) if price > high else ("below the low", low)
        if not edge > 0:
            continue
        away = abs(price / edge - 1)
        faults.append(
            Fault(
                *(symbol, interval, Kind.OUTSIDE, int(prices.time[k]), int(prices.time[k])),
                count=1,
                evidence=f"{prices.name[k]}: {price:g} is {away:.2%} {side} {edge:g}",
                done="nothing: take bars of the market that was traded on",
                size=away,
            )
        )
    return faults
