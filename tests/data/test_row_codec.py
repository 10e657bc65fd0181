from hypothesis import given

from tests.support.compare import assert_same_row, assert_same_rows
from tests.support.made_rows import any_rows
from tests.support.rows import demo_rows
from tradegen.data.row import Row
from tradegen.data.row_codec import decode_row, decode_rows, encode_row
from tradegen.data.rows import Rows


@given(any_rows(max_size=1))
def test_a_row_survives_bytes_exactly(rows: list[Row]) -> None:
    assert_same_row(decode_row(encode_row(rows[0])), rows[0])


@given(any_rows())
def test_many_rows_from_bytes_are_the_rows_one_by_one(rows: list[Row]) -> None:
    assert_same_rows(decode_rows([encode_row(row) for row in rows]), Rows.from_models(rows))


@given(any_rows(max_size=1))
def test_the_same_row_is_always_the_same_bytes(rows: list[Row]) -> None:
    """The ledger compares and the dataset repeats bytes, so they must not depend on the way."""
    encoded = encode_row(rows[0])
    assert encode_row(decode_row(encoded)) == encoded
    assert encode_row(Rows.from_models(rows).row(0)) == encoded


def test_the_demo_gold_survives_bytes_exactly() -> None:
    rows = demo_rows()
    assert_same_rows(decode_rows([encode_row(rows.row(i)) for i in range(len(rows))]), rows)
