from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from tests.support.rows import demo_row
from tradegen.data.changes import changed_fields, outside
from tradegen.data.row import BAR_FIELDS, CORE_FIELDS, Row


def bar_changed(name: str) -> Callable[[Row], Row]:
    def change(row: Row) -> Row:
        column = getattr(row.bars, name).copy()
        column[10] += 1
        return row.model_copy(update={"bars": replace(row.bars, **{name: column})})

    return change


def core_changed(name: str) -> Callable[[Row], Row]:
    def change(row: Row) -> Row:
        value = getattr(row, name)
        if isinstance(value, str):
            other: object = value + "x"
        elif isinstance(value, float):
            other = value * (1 + 1e-15)
        else:
            other = value + timedelta(microseconds=1)
        return row.model_copy(update={name: other})

    return change


CHANGES = {name: core_changed(name) for name in CORE_FIELDS if name != "bars"}
CHANGES |= {f"bars.{name}": bar_changed(name) for name in BAR_FIELDS}


@pytest.mark.parametrize("field", CHANGES)
def test_the_smallest_change_is_named_by_its_field_and_only_that(field: str) -> None:
    row = demo_row()
    assert changed_fields(row, CHANGES[field](row)) == {field}
    assert changed_fields(CHANGES[field](row), row) == {field}


def test_a_number_that_is_missing_twice_is_no_change() -> None:
    row = demo_row()
    bars = replace(row.bars, volume=np.full(len(row.bars), np.nan))
    extras = {**row.extras, "score": float("nan")}
    missing = {"bars": bars, "extras": extras, "quantity": float("nan")}
    before, after = (row.model_copy(update=missing, deep=True) for _ in range(2))
    assert changed_fields(before, after) == frozenset()
    assert changed_fields(row, after) == {"quantity", "bars.volume", "extras.score"}


def test_an_equal_row_has_no_change() -> None:
    row = demo_row()
    assert changed_fields(row, row.model_copy(deep=True)) == frozenset()


def test_another_number_of_bars_is_a_change_of_bars() -> None:
    row = demo_row()
    assert changed_fields(row, row.model_copy(update={"bars": row.bars[:-1]})) == {"bars"}


def test_extras_changed_added_or_lost_are_named() -> None:
    row = demo_row()
    extras = {**row.extras, "setup": "other", "desk": "A"}
    del extras["source"]
    found = changed_fields(row, row.model_copy(update={"extras": extras}))
    assert found == {"extras.setup", "extras.desk", "extras.source"}


def test_all_changes_at_once_are_all_named() -> None:
    before = after = demo_row()
    for change in CHANGES.values():
        after = change(after)
    assert changed_fields(before, after) == set(CHANGES)


def test_a_whole_allows_its_parts_but_no_part_allows_the_whole() -> None:
    changed = frozenset({"bars.high", "bars.low", "extras.setup", "quantity"})
    assert outside(changed, frozenset({"bars"})) == {"extras.setup", "quantity"}
    assert outside(changed, frozenset({"bars.high", "extras", "quantity"})) == {"bars.low"}
    assert outside(frozenset({"bars"}), frozenset({"bars.high"})) == {"bars"}
    assert outside(frozenset(), frozenset()) == frozenset()
