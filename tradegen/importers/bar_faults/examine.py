"""Examines the bars of all symbols: what is wrong with them, and what is left once it is fixed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tradegen.data.bars_files import Key, RawBars
from tradegen.data.interval import INTERVAL_US
from tradegen.data.row import BAR_FIELDS, Bars, BoolArray
from tradegen.importers.bar_faults.fault import Fault, Kind
from tradegen.importers.bar_faults.gaps import find_gaps
from tradegen.importers.bar_faults.impossible import find_impossible, impossible
from tradegen.importers.bar_faults.order import in_order
from tradegen.importers.bar_faults.outside import find_outside
from tradegen.importers.bar_faults.prices import Prices, Rescale, fits
from tradegen.importers.bar_faults.ratios import find_ratios
from tradegen.importers.bar_faults.sessions import calendar_of, exchange_of
from tradegen.importers.bar_faults.shifts import Found, Series, find_shifts
from tradegen.importers.bar_faults.splits import Split, adjusted, find_splits, split_faults
from tradegen.importers.bar_faults.stale import find_stale, stale
from tradegen.importers.intervals import spacing

_EVER = 2**62


@dataclass(frozen=True)
class Examined:
    """Bars of each symbol (one or more intervals), prices to be rescaled, and what was wrong.

    `rescale` holds, by the bars' symbol, what trades' prices and quantities are to be divided and
    multiplied by, in this order.
    """

    bars: Mapping[str, list[Bars]]
    rescale: Mapping[str, list[Rescale]]
    faults: list[Fault]


def examine(
    raw: Mapping[Key, Sequence[RawBars]],
    prices: Mapping[str, Prices],
    fixes: frozenset[Kind],
    calendar: str | None,
) -> Examined:
    """Return bars in order with the faults of `fixes` mended, and every fault found.

    `prices` are those of each of the bars' symbols, `calendar` is the name of a calendar for all
    of them (None: told from the bars). Only the order of bars, and bars repeated as they are, are
    mended unasked.

    Raises `GoldError` for bars that contradict each other, unless duplicates are to be fixed, and
    `InputError` for a calendar that is not known.
    """
    none = Prices(np.zeros(0, np.int64), np.zeros(0), [])
    faults: list[Fault] = []
    series: list[Series] = []
    for (symbol, named), parts in raw.items():
        keep_last = Kind.DUPLICATES in fixes
        bars, found = in_order(symbol, named or "", parts, keep_last=keep_last)
        interval = spacing(bars) or ""
        faults += (replace(one, interval=interval) for one in found)
        length = INTERVAL_US.get(interval, 0)
        series.append(Series(symbol, interval, length, bars, prices.get(symbol, none)))
    shifted = _shifted(series, fixes, calendar, faults)
    kept: dict[str, list[Bars]] = {}
    rescale: dict[str, list[Rescale]] = {}
    for one, is_off in shifted:
        own = one.prices
        for known in rescale.get(one.symbol, []):
            own = own.scaled(known)
        examined = _examined(replace(one, prices=own), fixes, calendar, is_off=is_off)
        kept.setdefault(one.symbol, []).append(examined.bars)
        rescale.setdefault(one.symbol, []).extend(examined.rescale)
        faults += examined.faults
    ordered = sorted(faults, key=lambda one: (list(Kind).index(one.kind), one.symbol, one.first))
    return Examined(kept, {name: found for name, found in rescale.items() if found}, ordered)


def _shifted(
    series: Sequence[Series], fixes: frozenset[Kind], calendar: str | None, faults: list[Fault]
) -> list[tuple[Series, bool]]:
    """Return series, shifted if that is asked for, and whether they need a shift as they are."""
    found: dict[tuple[str, int], Found] = {}
    for length in sorted({one.length for one in series if one.length}):
        own = [one for one in series if one.length == length and len(one.bars)]
        shifts = find_shifts(own, lambda one: exchange_of(one.bars.time, calendar), fixes=fixes)
        found |= {(symbol, length): value for symbol, value in shifts.items()}
    faults += (fault for _, fault in found.values())
    result = []
    for one in series:
        shift = found[key][0] if (key := (one.symbol, one.length)) in found else None
        if shift is not None and shift.kind in fixes:
            result.append((replace(one, bars=shift.bars(one.bars)), False))
        else:
            result.append((one, shift is not None))
    return result


@dataclass(frozen=True)
class _One:
    bars: Bars
    rescale: list[Rescale]
    faults: list[Fault]


def _examined(one: Series, fixes: frozenset[Kind], calendar: str | None, *, is_off: bool) -> _One:
    """Return one symbol's bars at one interval, mended, and their faults.

    Where bars are off in time, gaps and ratios would be found that are none, and most prices lie
    outside. Those that a ratio explains are not told one by one.
    """
    symbol, interval, bars, prices = one.symbol, one.interval, one.bars, one.prices
    faults = find_impossible(symbol, interval, bars, fixed=Kind.IMPOSSIBLE in fixes)
    if Kind.IMPOSSIBLE in fixes:
        bars = _without(bars, impossible(bars))
    faults += find_stale(symbol, interval, bars, fixed=Kind.STALE in fixes)
    if Kind.STALE in fixes:
        bars = _without(bars, stale(bars))
    splits = _splits(bars)
    faults += split_faults(symbol, interval, bars.time, splits, fixed=Kind.SPLITS in fixes)
    rescale: list[Rescale] = []
    for split in splits if Kind.SPLITS in fixes else []:
        for known in _prices_before(bars, one.length, split, prices):
            rescale.append(known)
            prices = prices.scaled(known)
        bars = adjusted(bars, split)
    if not is_off and one.length:
        for fault, known in find_ratios(
            symbol, interval, one.length, bars, prices, fixed=Kind.RATIO in fixes
        ):
            faults.append(fault)
            prices = prices.scaled(known)
            if Kind.RATIO in fixes:
                rescale.append(known)
        market = calendar_of(bars.time, one.length, calendar)
        faults += find_gaps(symbol, interval, one.length, bars, market)
        faults += find_outside(symbol, interval, one.length, bars, prices)
    return _One(bars, rescale, faults)


def _splits(bars: Bars) -> list[Split]:
    """Return splits in a row of bars, of which impossible ones are no witness."""
    sound = _without(bars, impossible(bars))
    found = find_splits(sound)
    return [replace(one, at=int(np.searchsorted(bars.time, sound.time[one.at]))) for one in found]


def _without(bars: Bars, mask: BoolArray) -> Bars:
    return Bars(*(getattr(bars, name)[~mask] for name in BAR_FIELDS))


def _prices_before(bars: Bars, length: int, split: Split, prices: Prices) -> list[Rescale]:
    """Return what prices before a split need: the same as the bars, if they fit these now."""
    if not length:
        return []
    at = int(bars.time[split.at])
    before = prices.time < at
    held = fits(bars, length, prices.time[before], prices.price[before])
    ratio = float(split.ratio)
    after = fits(bars, length, prices.time[before], prices.price[before] * ratio)
    if held.sum() <= after.sum():
        return []
    return [Rescale(-_EVER, at - 1, ratio)]
