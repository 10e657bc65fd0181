"""What a fault is: where bars are wrong, how that is known, and what is done about it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """Kinds of faults, the most severe first; their names are those that `--fix` takes."""

    ZONE = "zone"
    CLOSING = "closing"
    RATIO = "ratio"
    SPLITS = "splits"
    IMPOSSIBLE = "impossible"
    OUTSIDE = "outside"
    DUPLICATES = "duplicates"
    GAPS = "gaps"
    STALE = "stale"
    ORDER = "order"


FIXABLE: Final = frozenset(Kind) - {Kind.OUTSIDE, Kind.GAPS, Kind.ORDER}
"""Kinds that can be fixed if that is asked for. Bars out of order are sorted unasked."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the bars of a symbol.

    `first` and `last` are microseconds since 1970, `count` the bars (or prices) it is about,
    `evidence` how it is known, `done` what was done about it, or how that is asked for. `size`
    orders faults of one kind: how far, or how much.
    """

    symbol: str
    interval: str
    kind: Kind
    first: int
    last: int
    count: int
    evidence: str
    done: str
    size: float = 0.0
