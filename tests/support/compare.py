"""Exact comparison of rows, which says where two of them differ."""

from tradegen.data.row import BAR_FIELDS, CORE_FIELDS, Row
from tradegen.data.rows import Rows


def assert_same_row(found: Row, expected: Row) -> None:
    """Check that two rows agree in every bit of every field."""
    for name in CORE_FIELDS:
        if name != "bars":
            assert repr(getattr(found, name)) == repr(getattr(expected, name)), name
    assert {name: repr(value) for name, value in found.extras.items()} == {
        name: repr(value) for name, value in expected.extras.items()
    }
    for name in BAR_FIELDS:
        mine, other = getattr(found.bars, name), getattr(expected.bars, name)
        assert mine.dtype == other.dtype, f"bars.{name}"
        assert mine.tobytes() == other.tobytes(), f"bars.{name}"


def assert_same_rows(found: Rows, expected: Rows) -> None:
    """Check that both hold the same rows in the same order, with the same extra columns."""
    assert len(found) == len(expected)
    assert list(found.extras) == list(expected.extras)
    for i in range(len(expected)):
        assert_same_row(found.row(i), expected.row(i))
