"""Bars that no market can have made: high below low, prices of nothing, volumes below it."""

import numpy as np

from tradegen.data.row import BAR_FIELDS, PRICE_FIELDS, Bars, BoolArray
from tradegen.importers.bar_faults.fault import Fault, Kind
from tradegen.importers.bar_faults.stretches import stretches


def impossible(bars: Bars) -> BoolArray:
    """Return which bars break `0 < low <= open, close <= high`, have NaN, or a volume below 0."""
    numbers = np.stack([getattr(bars, name) for name in BAR_FIELDS[1:]])
    with np.errstate(invalid="ignore"):
        sound: BoolArray = (
            np.isfinite(numbers).all(axis=0)
            & (bars.low > 0)
            & (bars.volume >= 0)
            & (bars.low <= np.minimum(bars.open, bars.close))
            & (bars.high >= np.maximum(bars.open, bars.close))
        )
    return ~sound


def find_impossible(symbol: str, interval: str, bars: Bars, *, fixed: bool) -> list[Fault]:
    """Return impossible bars, those that follow each other as one fault."""
    done = "fixed: dropped" if fixed else "--fix impossible drops them"
    return [
        Fault(
            *(symbol, interval, Kind.IMPOSSIBLE, int(bars.time[one]), int(bars.time[end - 1])),
            count=end - one,
            evidence=_why(bars, one),
            done=done,
        )
        for one, end in stretches(impossible(bars))
    ]


def _why(bars: Bars, at: int) -> str:
    values = {name: float(getattr(bars, name)[at]) for name in BAR_FIELDS[1:]}
    for name, value in values.items():
        if not np.isfinite(value):
            return f"{name} is missing" if np.isnan(value) else f"{name} is {value}"
        if name in PRICE_FIELDS and value <= 0:
            return f"{name} is {value:g}"
    if values["volume"] < 0:
        return f"volume is {values['volume']:g}"
    if values["high"] < values["low"]:
        return f"high {values['high']:g} is below low {values['low']:g}"
    name = next(n for n in ("open", "close") if not values["low"] <= values[n] <= values["high"])
    return f"{name} {values[name]:g} is not from low {values['low']:g} to high {values['high']:g}"
