"""Bars of all files in order, each once: what was sorted or dropped is told."""

from collections.abc import Sequence

import numpy as np

from tradegen.data.bars_files import RawBars
from tradegen.data.row import BAR_FIELDS, Bars, BoolArray, IntArray, from_microseconds
from tradegen.errors import GoldError
from tradegen.importers.bar_faults.fault import Fault, Kind


def in_order(
    symbol: str, interval: str, parts: Sequence[RawBars], *, keep_last: bool
) -> tuple[Bars, list[Fault]]:
    """Return the bars of all parts in order, each once, and what was wrong with them.

    Bars that are repeated as they are count once. Of those that contradict each other the last one
    stays with `keep_last`; else raises `GoldError`, naming both.
    """
    every = Bars.concatenate([part.bars for part in parts])
    order = np.argsort(every.time, kind="stable")
    bars = _taken(every, order)
    faults = _unsorted(symbol, interval, parts)
    again = np.flatnonzero(np.diff(bars.time) == 0) + 1
    if not len(again):
        return bars, faults
    other = again[_differ(bars, again)]
    if len(other) and not keep_last:
        raise GoldError(_contradiction(symbol, parts, order[other[0] - 1 : other[0] + 1]))
    kept = _taken(bars, np.delete(np.arange(len(bars)), again - 1))
    same = np.setdiff1d(again, other)
    if len(same):
        told = f"{len(same):,} bars are there more than once, the same in every field"
        faults.append(
            _repeated(symbol, interval, bars.time[same], told, "done: dropped, each counts once")
        )
    if len(other):
        told = f"{len(other):,} bars are there again with other values"
        faults.append(_repeated(symbol, interval, bars.time[other], told, "fixed: the last stays"))
    return kept, faults


def _taken(bars: Bars, index: IntArray) -> Bars:
    return Bars(*(getattr(bars, name)[index] for name in BAR_FIELDS))


def _differ(bars: Bars, again: IntArray) -> BoolArray:
    """Return whether bars differ from the one before, which opens at the same time."""
    differ = np.zeros(len(again), dtype=np.bool_)
    for name in BAR_FIELDS[1:]:
        one, two = getattr(bars, name)[again - 1], getattr(bars, name)[again]
        differ |= (one != two) & ~(np.isnan(one) & np.isnan(two))
    return differ


def _unsorted(symbol: str, interval: str, parts: Sequence[RawBars]) -> list[Fault]:
    faults = []
    for part in parts:
        time = part.bars.time
        back = np.flatnonzero(np.diff(time) < 0) + 1
        if len(back):
            at = from_microseconds(time[back[0]]).isoformat()
            told = f"{len(back):,} bars of {part.path} lie behind a later one, first row "
            faults.append(
                Fault(
                    *(symbol, interval, Kind.ORDER, int(time[back].min()), int(time[back].max())),
                    count=len(back),
                    evidence=f"{told}{part.row[back[0]]:,} ({at})",
                    done="done: sorted",
                )
            )
    return faults


def _repeated(symbol: str, interval: str, time: IntArray, told: str, done: str) -> Fault:
    first, last = int(time.min()), int(time.max())
    return Fault(symbol, interval, Kind.DUPLICATES, first, last, len(time), told, done)


def _contradiction(symbol: str, parts: Sequence[RawBars], pair: IntArray) -> str:
    part_of = np.repeat(np.arange(len(parts)), [len(part.row) for part in parts])
    row = np.concatenate([part.row for part in parts])
    every = Bars.concatenate([part.bars for part in parts])
    field = next(
        name for name in BAR_FIELDS[1:] if len(np.unique(getattr(every, name)[pair])) == len(pair)
    )
    one, two = (f"{parts[part_of[k]].path}, row {row[k]:,}" for k in pair)
    values = " and ".join(f"{getattr(every, field)[k]:g}" for k in pair)
    moment = from_microseconds(every.time[pair[0]]).isoformat()
    return (
        f"{one} and {two}: two bars of {symbol} open at {moment} and contradict each other "
        f"({field} is {values}); drop one, or keep the last of each with --fix duplicates"
    )
