import pytest

from tradegen.errors import InputError
from tradegen.samplers.conditions import Value, condition_columns, holds

ROW: dict[str, Value] = {
    "interval": "1h", "side": "long", "rating": 3, "live": True, "edge": -0.5, "tip": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("interval == '1h'", True),
        ("interval != '1h'", False),
        ("side in ['short', 'long']", True),
        ("side not in ('short',)", True),
        ("interval == '1h' and side == 'short'", False),
        ("interval == '1d' or side == 'long'", True),
        ("not (side == 'long')", False),
        ("rating > 2 and rating <= 3", True),
        ("live", True),
        ("live == True", True),
        ("edge > -1", True),
        ("edge in [-0.5, 1]", True),
        ("edge > -0.25", False),
        ("tip > 3 or tip <= 3", False),
        ("tip == None", True),
    ],
)
def test_conditions_are_evaluated(condition: str, expected: bool) -> None:
    assert holds(condition, ROW) is expected


def test_the_columns_of_a_condition_are_found() -> None:
    assert condition_columns("interval == '1h' and (side == 'long' or not live)") == {
        "interval",
        "side",
        "live",
    }


@pytest.mark.parametrize(
    "condition",
    [
        "__import__('os').system('true')",
        "interval.upper() == '1H'",
        "lambda: 1",
        "rating + 1",
        "-rating",
    ],
)
def test_nothing_but_comparisons_is_run(condition: str) -> None:
    with pytest.raises(InputError, match="comparisons"):
        holds(condition, ROW)


@pytest.mark.parametrize(
    ("condition", "says"),
    [("intervall == '1h'", "intervall"), ("interval ==", "expression"), ("side > 3", "unlike")],
)
def test_what_is_wrong_with_a_condition_is_said(condition: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        holds(condition, ROW)
