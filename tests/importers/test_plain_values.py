"""What vendors write for numbers, units, times and zones; what is none of these stays as it is."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegen.importers.plain_values import (
    is_zero,
    iso_time,
    negated,
    plain_number,
    product,
    split_unit,
    stated_zone,
    total,
)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("1,234.50", "1234.50"),
        ("$1,234", "1234"),
        ("-$0.50", "-0.50"),
        ("- 2.50", "-2.50"),
        ("3\u00a0250.00", "3250.00"),
        ("1e-7", "1e-7"),
        ("", ""),
        ("n/a", "n/a"),
        ("1,00,000.5", "100000.5"),
        ("0,05", "0,05"),
        ("1.234,50", "1.234,50"),
        ("12,34", "12,34"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
    ],
)
def test_numbers_lose_what_is_no_part_of_them(text: str, plain: str) -> None:
    assert plain_number(text) == plain


@pytest.mark.parametrize(
    ("text", "pair", "number", "unit"),
    [
        ("0.5BTC", "BTCUSDT", "0.5", "BTC"),
        ("26000 USDT", "BTCUSDT", "26000", "USDT"),
        ("10.51INCH", "1INCHUSDT", "10.5", "1INCH"),
        ("0.000000011000SATS", "1000SATSUSDT", "0.00000001", "1000SATS"),
        ("0.00002BNB", "BTCUSDT", "0.00002", "BNB"),
        ("1,000.5USDT", "BTCUSDT", "1000.5", "USDT"),
        ("0,5BTC", "BTCUSDT", "0,5BTC", ""),
        ("0.5", "BTCUSDT", "0.5", ""),
        ("?", "BTCUSDT", "?", ""),
        ("", "BTCUSDT", "", ""),
    ],
)
def test_numbers_are_told_from_the_units_behind_them(
    text: str, pair: str, number: str, unit: str
) -> None:
    assert split_unit(text, pair) == (number, unit)


CENTS = st.decimals("-9999", "9999", places=8)


@given(CENTS, CENTS)
def test_sums_and_products_are_exact(one: Decimal, other: Decimal) -> None:
    assert Decimal(total([str(one), str(other), ""])) == one + other
    assert Decimal(product(str(one), str(other))) == one * other
    assert Decimal(negated(str(one))) == -one


def test_what_is_no_number_is_handed_on_to_be_told() -> None:
    assert total(["1", "x"]) == "x"
    assert product("1", "x") == "x"
    assert negated("") == ""
    assert not is_zero("x")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Date(UTC)", "UTC"),
        ("Timestamp (UTC+0)", "UTC"),
        ("Binance-Spot-Trade-History-202604201027(UTC+7).csv", "Etc/GMT-7"),
        ("Binance-Futures-Trade-History-202603230520(UTC--6)_a.csv", "Etc/GMT+6"),
        ("export(UTC-5).csv", "Etc/GMT+5"),
    ],
)
def test_a_zone_that_is_stated_is_understood(text: str, key: str) -> None:
    found = stated_zone(text)
    assert found is not None
    assert found.key == key


@pytest.mark.parametrize("text", ["Time", "(UTC+15)", "(UTC+5:30)", "UTC"])
def test_a_zone_that_is_not_stated_is_not_guessed(text: str) -> None:
    assert stated_zone(text) is None


def test_a_time_in_none_of_the_forms_stays() -> None:
    forms = ("%Y-%m-%d %H:%M:%S", "%y-%m-%d %H:%M:%S")
    assert iso_time("25-10-11 01:01:13", forms) == "2025-10-11T01:01:13"
    assert iso_time("2025-10-11 01:01:13", forms) == "2025-10-11T01:01:13"
    assert iso_time("11/10/2025", forms) == "11/10/2025"
