import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.engine import SEED, brief, complaint, demo_model
from tests.support.rows import demo_gold
from tradegen.data.changes import changed_fields, outside
from tradegen.data.invariants import find_violations
from tradegen.data.row import Row
from tradegen.data.rows import Rows
from tradegen.engines.critique import Critique, Finding
from tradegen.engines.embedded.features import FEATURES
from tradegen.engines.embedded.generator import EmbeddedGenerator
from tradegen.engines.embedded.refiner import EmbeddedRefiner
from tradegen.engines.rules import PATH_FIELDS

GROUPS = sorted({feature.fields for feature in FEATURES} | {PATH_FIELDS, ("entry_time",)})


def refiner() -> EmbeddedRefiner:
    return EmbeddedRefiner(demo_model().donors, SEED)


def written(i: int) -> Row:
    return EmbeddedGenerator(demo_model().donors, SEED).write([brief(i)])[0]


@settings(max_examples=60)
@given(
    st.integers(0, 300),
    st.lists(st.sampled_from(GROUPS), min_size=1, max_size=2, unique=True),
    st.integers(1, 2),
)
def test_only_criticised_fields_change_and_the_row_stays_valid(
    i: int, groups: list[tuple[str, ...]], retry: int
) -> None:
    before, task = written(i), brief(i)
    findings = tuple(Finding("realism", g[0], "odd", "by order of the test", g) for g in groups)
    critique = Critique(findings)
    (after,) = refiner().edit([(before, critique, task, retry)])
    assert not outside(changed_fields(before, after), critique.fields)
    broken = find_violations(Rows.from_models([after]), demo_gold().market)
    assert broken == []


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group[0] + f"+{len(group) - 1}")
def test_what_is_criticised_does_change(group: tuple[str, ...]) -> None:
    items = [(written(i), complaint(*group), brief(i), 1) for i in range(20)]
    changed = [
        changed_fields(before, after)
        for (before, *_), after in zip(items, refiner().edit(items), strict=True)
    ]
    assert sum(bool(fields) for fields in changed) >= 10  # a new draw may give the same price


def test_a_row_depends_on_its_own_critique_and_not_on_the_batch() -> None:
    items = [
        (written(i), complaint(*GROUPS[i % len(GROUPS)]), brief(i), 1 + i % 2) for i in range(24)
    ]
    together = refiner().edit(items)
    assert [refiner().edit([item])[0] for item in items] == together


def test_the_second_retry_tries_something_else() -> None:
    row, task = written(3), brief(3)
    one, two = refiner().edit([(row, complaint(*PATH_FIELDS), task, r) for r in (1, 2)])
    assert one.bars != two.bars


def test_a_new_exit_keeps_the_bars_before_the_old_one() -> None:
    fields = ("bars", "exit_time", "exit_price")
    for i in range(40):
        row = written(i)
        (after,) = refiner().edit([(row, complaint(*fields), brief(i), 1)])
        shared = min(len(row.bars), len(after.bars))
        assert after.bars[:shared] == row.bars[:shared]


def test_a_flat_volume_is_mended_by_volume_alone() -> None:
    row, task = written(8), brief(8)
    (after,) = refiner().edit([(row, complaint("bars.volume"), task, 1)])
    assert changed_fields(row, after) == {"bars.volume"}
    assert np.all(after.bars.volume >= 0)
