"""Columns of a wide CSV that hold bars: which they are, and which only look like them."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from tradegen.data.row import BAR_FIELDS
from tradegen.errors import GoldError

_FIELDS = "|".join(BAR_FIELDS)
_STYLES = (
    re.compile(rf"(?P<a>(?:bars?[_.]?)?)(?P<number>\d+)(?P<b>[_.])(?P<field>{_FIELDS})"),
    re.compile(rf"(?P<a>(?:bars?[_.]?)?)(?P<field>{_FIELDS})(?P<b>[_.]?)(?P<number>\d+)"),
)
_Found = dict[tuple[int, str], int]
_SHOWN = 6


def wide_columns(path: Path, header: Sequence[str]) -> Mapping[int, tuple[int, str]]:
    """Return the bar number and field of every column that belongs to a bar, by its position.

    Bars are columns such as `open_0` or `bars.0.open` that come as a full set: all of `BAR_FIELDS`
    for the numbers from 0 (or 1) to the last, written in one way. A lone `volume_24` beside them,
    or without them, is the user's own.

    Raises `GoldError` if one of the columns of a bar is missing, or bars are there twice.
    """
    by_style: dict[tuple[str, ...], _Found] = {}
    for position, name in enumerate(header):
        for style, pattern in enumerate(_STYLES):
            if match := pattern.fullmatch(name):
                way = (str(style), match["a"], match["b"])
                by_style.setdefault(way, {})[int(match["number"]), match["field"]] = position
    sets = [found for columns in by_style.values() if (found := _full_set(path, header, columns))]
    if len(sets) > 1:
        examples = " and ".join(header[min(found)] for found in sets)
        raise GoldError(f"{path}: bars are there twice ({examples} ...); drop one set of columns")
    return sets[0] if sets else {}


def _full_set(path: Path, header: Sequence[str], columns: _Found) -> dict[int, tuple[int, str]]:
    numbers = {number for number, _ in columns}
    full = {n for n in numbers if all((n, field) in columns for field in BAR_FIELDS)}
    if not full:
        return {}
    wanted = range(0 if 0 in numbers else 1, max(full) + 1)
    lacking = [
        f"{field} of bar {n}" for n in wanted for field in BAR_FIELDS if (n, field) not in columns
    ]
    if lacking:
        example = header[columns[max(full), BAR_FIELDS[0]]]
        raise GoldError(
            f"{path}: missing column(s) of bars written like {example}: "
            f"{', '.join(lacking[:_SHOWN])}{' ...' if len(lacking) > _SHOWN else ''}; expected "
            f"{', '.join(BAR_FIELDS)} of every bar from {wanted[0]} to {wanted[-1]}"
        )
    return {columns[n, field]: (n, field) for n in wanted for field in BAR_FIELDS}
