import re
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.made_rows import us
from tradegen.engines.embedded.own_text import learn_pattern, moved, time_of


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


ORDERS = [f"ORD-{k:06d}-ACC{k % 10}/{'ab'[k % 2]}" for k in range(200)]


def test_an_order_number_is_new_and_of_the_same_pattern() -> None:
    pattern = learn_pattern(ORDERS)
    made = [pattern.like(text, rng(k)) for k, text in enumerate(ORDERS)]
    assert not set(made) & set(ORDERS)
    assert all(re.fullmatch(r"ORD-\d{6}-ACC\d/[ab]", text) for text in made)
    assert len(set(made)) > 190


def test_the_same_draws_give_the_same_text() -> None:
    pattern = learn_pattern(ORDERS)
    assert pattern.like(ORDERS[3], rng(7)) == pattern.like(ORDERS[3], rng(7))


def test_a_pattern_that_gold_has_used_up_gets_longer() -> None:
    texts = [str(k) for k in range(10)]
    made = learn_pattern(texts).like("3", rng())
    assert re.fullmatch(r"\d{2,}", made)


@given(st.lists(st.text(max_size=8), min_size=1, unique=True), st.integers(0, 99))
def test_any_text_gets_one_that_gold_does_not_have(texts: list[str], seed: int) -> None:
    made = learn_pattern(texts).like(texts[0], rng(seed))
    assert made not in texts
    before, after = ([char.isdigit() for char in text] for text in (texts[0], made))
    assert after[: len(before)] == before


@pytest.mark.parametrize(
    ("text", "by", "expected"),
    [
        ("2024-01-31", timedelta(days=1), "2024-02-01"),
        ("2024-01-31", timedelta(hours=5), "2024-01-31"),
        ("2024-01-31 23:59", timedelta(minutes=1, seconds=5), "2024-02-01 00:00"),
        ("2024-01-31T23:59:59Z", timedelta(seconds=1), "2024-02-01T00:00:00Z"),
        ("2024-01-31T12:00:00.25+01:00", timedelta(seconds=0.01), "2024-01-31T12:00:00.26+01:00"),
        ("2024-01-31 12:00:00.000000123", timedelta(seconds=1), "2024-01-31 12:00:01.000000123"),
        ("9999-12-31", timedelta(days=1), "9999-12-31"),
        ("soon", timedelta(days=1), "soon"),
    ],
)  # fmt: skip
def test_a_time_moves_with_its_trade_and_keeps_how_it_is_written(
    text: str, by: timedelta, expected: str
) -> None:
    start = us("2024-01-31T12:00:00")
    assert moved(text, start, start + int(by.total_seconds() * 1e6)) == expected


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)),
    st.integers(-(10**15), 10**15),
    st.sampled_from(["microseconds", "milliseconds", "seconds", "minutes"]),
)
def test_a_time_that_was_the_entry_is_the_new_entry(
    entry: datetime, by: int, precision: str
) -> None:
    start = us(entry.isoformat())
    after = entry + timedelta(microseconds=by)
    text = entry.isoformat(timespec=precision)
    assert moved(text, start, start + by) == after.isoformat(timespec=precision)
    assert moved(str(entry.date()), start, start + by) == str(after.date())


def test_times_are_told_from_other_text() -> None:
    assert time_of("2024-01-31T12:00:00.5+01:00") == us("2024-01-31T11:00:00.5")
    assert time_of("2024-01-31 12:00:00.000000Z") == us("2024-01-31T12:00:00")
    assert time_of("2024-01-31") == us("2024-01-31")
    assert [time_of(text) for text in ("20240131", "2024-13-01", "12:00", "2024", "x")] == [
        None
    ] * 5
