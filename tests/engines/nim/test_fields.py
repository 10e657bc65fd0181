import pytest

from tradegen.engines.nim.fields import editable, may_touch, row_fields


@pytest.mark.parametrize(
    ("named", "fields"),
    [
        (["quantity"], {"quantity"}),
        (["/quantity"], {"quantity"}),
        (["bars[3]"], {"bars", "entry_price", "exit_price", "exit_time"}),
        (["/bars/70/4"], {"bars", "entry_price", "exit_price", "exit_time"}),
        (["bars.volume"], {"bars.volume"}),
        (["exit_bp"], {"exit_price"}),
        (["entry_price"], {"entry_price"}),
        (["extras.note"], {"extras.note"}),
        (["note"], {"extras.note"}),
        (["bars.close"], set(row_fields(["bars"], []))),
        (["extras.why/how", "/extras/note"], {"extras.why/how", "extras.note"}),
        (["note", "nonsense"], {"extras.note"}),
    ],
)
def test_what_a_judge_names_is_understood(named: list[str], fields: set[str]) -> None:
    assert set(row_fields(named, ["note", "why/how"])) == fields


def test_a_judge_that_names_nothing_lets_everything_be_mended() -> None:
    assert {"bars", "quantity", "side", "extras.note"} <= set(row_fields(["?"], ["note"]))


@pytest.mark.parametrize(
    ("path", "fields", "allowed"),
    [
        ("/quantity", {"quantity"}, True),
        ("/quantity", {"side"}, False),
        ("/bars/3/1", {"bars"}, True),
        ("/bars", {"bars"}, True),
        ("/bars/3/4", {"bars.volume"}, True),
        ("/bars/3/1", {"bars.volume"}, False),
        ("/bars", {"bars.volume"}, False),
        ("/median_volume", {"bars.volume"}, True),
        ("/extras/my~1note", {"extras.my/note"}, True),
        ("/extras", {"extras.note"}, False),
        ("/symbol", {"bars", "side", "quantity"}, False),
        ("/", {"bars"}, False),
    ],
)
def test_an_editor_may_touch_what_the_critique_names_and_no_more(
    path: str, fields: set[str], allowed: bool
) -> None:
    assert may_touch(path, editable(fields)) is allowed


def test_the_entry_bar_may_be_moved_where_it_is_named() -> None:
    assert "entry_bar" in editable(row_fields(["entry_bar"], []))
    assert "entry_bar" not in editable(row_fields(["entry_after_s"], []))
