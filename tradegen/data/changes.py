"""The difference between two versions of a row, field by field."""

import numpy as np

from tradegen.data.row import BAR_FIELDS, CORE_FIELDS, Row


def changed_fields(before: Row, after: Row) -> frozenset[str]:
    """Return the names of the fields that differ.

    Columns of the bars are named singly (`bars.volume`) while both rows have the same number of
    bars; if the number differs, that is a change of `bars`. Extras are named `extras.<column>`.
    """
    changed = {
        name
        for name in CORE_FIELDS
        if name != "bars" and not _same(getattr(before, name), getattr(after, name))
    }
    for name in before.extras.keys() | after.extras.keys():
        if not _same(before.extras.get(name), after.extras.get(name)):
            changed.add(f"extras.{name}")
    if len(before.bars) != len(after.bars):
        changed.add("bars")
    else:
        for name in BAR_FIELDS:
            one, other = getattr(before.bars, name), getattr(after.bars, name)
            if not np.array_equal(one, other, equal_nan=True):
                changed.add(f"bars.{name}")
    return frozenset(changed)


def _same(one: object, other: object) -> bool:
    """Return whether two values are equal; NaN is the same as NaN."""
    return one == other or (one != one and other != other)


def outside(changed: frozenset[str], allowed: frozenset[str]) -> frozenset[str]:
    """Return the changed fields that are not allowed; `bars` allows every column of the bars."""
    return frozenset(
        name for name in changed if name not in allowed and name.split(".")[0] not in allowed
    )
