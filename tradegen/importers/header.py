"""The header: which line of a table names its columns, and what sets its cells apart."""

import csv
import io
from collections.abc import Collection, Sequence

from tradegen.importers.names import count_fields

DELIMITERS = ",;\t|"
SEARCHED = 40
"""Lines at the beginning of a file among which the header is looked for."""
_ENOUGH = 3
"""Fields that a line must name before it is taken for the header in place of the first one."""


def split_cells(line: str, delimiter: str) -> list[str]:
    """Return the cells of one line; a quote that is not closed ends with it."""
    return next(csv.reader(io.StringIO(line), delimiter=delimiter), [])


def find_delimiter(lines: Sequence[str], stated: Collection[str] = ()) -> str:
    """Return what sets apart the cells of the line that is most like a header.

    `stated` are names that columns are known to have.
    """
    first = lines[0] if lines else ""
    usual = max(DELIMITERS, key=first.count)
    if _likeness(split_cells(first, usual), stated) >= _ENOUGH:
        return usual
    tried = [(line, mark) for line in lines[:SEARCHED] for mark in DELIMITERS]
    found = max(tried, key=lambda one: _likeness(split_cells(*one), stated), default=("", usual))
    return found[1] if _likeness(split_cells(*found), stated) >= _ENOUGH else usual


def find_header(rows: Sequence[Sequence[str]], stated: Collection[str] = ()) -> int:
    """Return the index of the row that names the columns; titles and remarks may precede it.

    It is the first one, unless that names fewer than three fields and a later one more.
    """
    likeness = [_likeness(row, stated) for row in rows[:SEARCHED]]
    if not likeness or likeness[0] >= _ENOUGH or max(likeness) < _ENOUGH:
        return 0
    return likeness.index(max(likeness))


def _likeness(cells: Sequence[str], stated: Collection[str]) -> int:
    return count_fields(cells) + len({cell.strip() for cell in cells} & set(stated))
