"""Names of nights: told from each other, and from the names of all other runs."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegen.nightly.night import Night, date_in, night_of


@given(st.dates(), st.integers(1, 999_999), st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,9}\Z"))
def test_a_night_is_known_by_its_name(day: date, number: int, prefix: str) -> None:
    night = Night(day, number)
    assert night_of(night.name(prefix), prefix) == night


@pytest.mark.parametrize(
    "name",
    [
        "nightly",
        "nightly-",
        "nightly-2026-02-31",
        "nightly-2026-11-21-0",
        "nightly-2026-11-21-1",  # is called nightly-2026-11-21
        "nightly-2026-11-21-02",
        "nightly-2026-11-21-copy",
        "nightly-2026-11-21 (1)",
        "other-2026-11-21",
        "my-nightly-2026-11-21",
        ".nightly-2026-11-21.deleted",
        "nightly-٢٠٢٦-11-21",
    ],
)
def test_no_other_name_is_taken_for_a_night(name: str) -> None:
    assert night_of(name, "nightly") is None


def test_a_prefix_is_taken_as_it_is_written() -> None:
    assert night_of("a.b-2026-11-21", "a.b") is not None
    assert night_of("axb-2026-11-21", "a.b") is None


def test_the_date_is_that_of_the_zone() -> None:
    late = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    assert date_in("UTC", late) == date(2026, 11, 21)
    assert date_in("Asia/Tokyo", late) == date(2026, 11, 22)
    assert date_in("America/New_York", datetime(2026, 11, 21, 4, 0, tzinfo=UTC)).day == 20
