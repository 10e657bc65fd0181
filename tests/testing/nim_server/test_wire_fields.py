import jsonpatch
import pytest

from tradegen.engines.nim.fields import editable, may_touch
from tradegen.testing.nim_server.wire_fields import named_fields, on_the_wire, patch

BEFORE = {
    "quantity": 2.0,
    "entry_bp": 3,
    "exit_bp": 4,
    "start_price": 10.0,
    "median_volume": 100.0,
    "bars": [[1, 2, 3, 4, 50], [5, 6, 7, 8, 150]],
}
AFTER = {
    "quantity": 1.0,
    "entry_bp": 9,
    "exit_bp": 4,
    "start_price": 11.0,
    "median_volume": 200.0,
    "bars": [[9, 2, 3, 4, 100], [5, 6, 7, 9, 100]],
}


@pytest.mark.parametrize(
    ("task", "critique", "expected"),
    [
        ({}, [{"fields": ["bars[3]", "entry_price"]}], {"bars", "entry_price"}),
        ({}, {"realism": {"score": 2, "fields": ["/bars/3/4", "exit_bp"]}}, {"bars", "exit_price"}),
        ({"fields": ["quantity"]}, "realism: bars: flat", {"quantity"}),
        ({}, "realism: bars.volume: unusual volume", {"bars.volume"}),
        ({}, "the entry_after_s is odd, says the trade", {"entry_time"}),
        ({}, "nothing that is known", set()),
    ],
)
def test_fields_are_found_in_either_vocabulary(
    task: object, critique: object, expected: set[str]
) -> None:
    assert named_fields(task, critique) == expected


def test_contract_names_are_put_in_the_words_of_the_wire() -> None:
    assert on_the_wire(["exit_time", "bars", "entry_price"]) == ["bars", "entry_bp", "exit_after_s"]


def test_a_patch_touches_only_what_it_may() -> None:
    ops = patch(BEFORE, AFTER, frozenset({"bars", "entry_price", "exit_price"}))
    assert {op["path"] for op in ops} == {"/bars", "/entry_bp"}
    patched = jsonpatch.apply_patch(BEFORE, ops)
    assert patched == {**BEFORE, "bars": AFTER["bars"], "entry_bp": 9}


def test_new_volumes_alone_are_written_one_by_one_in_the_old_unit() -> None:
    ops = patch(BEFORE, AFTER, frozenset({"bars.volume"}))
    assert [op["path"] for op in ops] == ["/bars/0/4", "/bars/1/4"]
    assert all(may_touch(op["path"], editable(["bars.volume"])) for op in ops)
    patched = jsonpatch.apply_patch(BEFORE, ops)
    assert patched == {**BEFORE, "bars": [[1, 2, 3, 4, 200], [5, 6, 7, 8, 200]]}


def test_where_nothing_differs_one_value_is_replaced_by_itself() -> None:
    for fields in (frozenset({"exit_price"}), frozenset({"bars.volume"}), frozenset[str]()):
        ops = patch(BEFORE, BEFORE, fields)
        assert len(ops) == 1
        assert jsonpatch.apply_patch(BEFORE, ops) == BEFORE


def test_a_patch_of_an_own_column_touches_that_column_alone() -> None:
    before = {**BEFORE, "extras": {"why/how": "stop", "note": "a"}}
    after = {**BEFORE, "extras": {"why/how": "target", "note": "b"}}
    fields = named_fields({}, {"consistency": {"fields": ["extras.why/how"]}})
    patched = jsonpatch.apply_patch(before, patch(before, after, fields))
    assert patched == {**BEFORE, "extras": {"why/how": "target", "note": "a"}}
