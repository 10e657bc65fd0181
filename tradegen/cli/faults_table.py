"""The faults of bars as a person reads them, and as files and machines do."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from rich.console import Console

from tradegen.cli.console import counted
from tradegen.data.row import from_microseconds
from tradegen.errors import InputError
from tradegen.importers.bar_faults.fault import FIXABLE, Fault, Kind

_LINES = 20


def fixes_of(asked: Iterable[str]) -> frozenset[Kind]:
    """Return the kinds that `--fix` names, by commas or one by one. Raises `InputError`."""
    names = {name.strip() for text in asked for name in text.split(",")} - {""}
    if names == {"all"}:
        return FIXABLE
    fixable = [kind.value for kind in Kind if kind in FIXABLE]
    if strange := sorted(names - set(fixable)):
        raise InputError(f"--fix {strange[0]}: expected all, or some of {', '.join(fixable)}")
    return frozenset(Kind(name) for name in names)


def faults_file(out: Path) -> Path:
    """Return where the faults of a gold file's bars are listed."""
    return out.with_name(f"{out.stem}.bars.csv")


def tell_faults(console: Console, faults: Sequence[Fault], fixes: frozenset[Kind]) -> None:
    """Print a line for each kind of fault of each symbol, the most severe first.

    A fix that was asked for, but not needed, is told, too (unless all were).
    """
    needless = fixes - {one.kind for one in faults} if fixes != FIXABLE else frozenset()
    for kind in sorted(needless):
        console.print(f"--fix {kind}: there is nothing of the kind")
    if not faults:
        return
    lines = _by_symbol(faults)
    symbols = len({one.symbol for one in faults})
    console.print(f"bars: {counted(len(faults), 'fault')} in {counted(symbols, 'symbol')}")
    wide = max(len(_whose(one)) for one in lines[:_LINES])
    for one in lines[:_LINES]:
        since, until = _day(one.first), _day(one.last)
        span = since if since == until else f"{since} to {until}"
        console.print(
            f"  {one.kind:<10} {_whose(one):<{wide}}  {span:<24}  {one.count:>6,}  "
            f"{one.evidence} -> {one.done}"
        )
    if len(lines) > _LINES:
        console.print(f"  ... and {len(lines) - _LINES:,} lines more")


def _by_symbol(faults: Sequence[Fault]) -> list[Fault]:
    """Return the faults of one kind, symbol and interval as one, told by the worst of them."""
    order = list(Kind)
    ordered = sorted(faults, key=lambda one: (order.index(one.kind), one.symbol, one.interval))
    together = []
    for _, group in groupby(ordered, key=lambda one: (one.kind, one.symbol, one.interval)):
        own = list(group)
        worst = max(own, key=lambda one: (one.size, one.count))
        together.append(
            replace(
                worst,
                first=min(one.first for one in own),
                last=max(one.last for one in own),
                count=sum(one.count for one in own),
                evidence=worst.evidence
                if len(own) == 1
                else f"{len(own):,} times, the worst: {worst.evidence}",
            )
        )
    return sorted(together, key=lambda one: (order.index(one.kind), -one.count))


def _whose(one: Fault) -> str:
    return f"{one.symbol} {one.interval}".rstrip()


def _day(moment: int) -> str:
    return from_microseconds(moment).date().isoformat()


def fault_records(faults: Sequence[Fault]) -> list[dict[str, object]]:
    """Return every fault as a record, the most severe first."""
    return [
        {
            "symbol": one.symbol,
            "interval": one.interval,
            "kind": one.kind.value,
            "from": from_microseconds(one.first).isoformat(),
            "to": from_microseconds(one.last).isoformat(),
            "count": one.count,
            "evidence": one.evidence,
            "done": one.done,
        }
        for one in faults
    ]
