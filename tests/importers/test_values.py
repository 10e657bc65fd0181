"""What cells mean: times, numbers and sides as they are written, or what was expected."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tradegen.data.row import to_microseconds
from tradegen.importers.values import amount, is_buy, moment, number, positive, size

AT = to_microseconds(datetime(2024, 1, 31, 14, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-31T14:30:00Z",
        "2024-01-31 15:30:00+01:00",
        "2024-01-31 14:30:00 UTC",
        "2024.01.31 14:30:00Z",
        "2024/01/31 14:30 GMT",
        "1706711400",
        "1706711400000",
        "1706711400000000",
        "1706711400000000000",
    ],
)
def test_a_moment_is_the_same_however_it_is_written(text: str) -> None:
    assert moment(text, None, None) == AT


@pytest.mark.parametrize("text", ["9999999999999", "9999999999999999999", "2200-01-01T00:00:00Z"])
def test_a_moment_beyond_the_calendars_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="before 2200"):
        moment(text, None, None)


def test_times_without_a_zone_are_in_the_one_that_is_said_and_never_guessed() -> None:
    assert moment("2024-01-31 09:30", ZoneInfo("America/New_York"), None) == AT
    assert moment("01/31/2024 14:30", ZoneInfo("UTC"), "%m/%d/%Y %H:%M") == AT
    with pytest.raises(ValueError, match="say with --tz"):
        moment("2024-01-31 14:30", None, None)
    with pytest.raises(ValueError, match="clocks in Europe/Berlin show this one twice"):
        moment("2024-10-27 02:30", ZoneInfo("Europe/Berlin"), None)


@pytest.mark.parametrize("text", ["31/01/2024 14:30", "yesterday", "", "12"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="--time-format"):
        moment(text, ZoneInfo("UTC"), None)


def test_numbers_may_have_thousands_apart_but_no_decimal_comma() -> None:
    assert number("1,234.5") == 1234.5
    assert size("-3") == 3
    assert size("0.5BTC") == 0.5
    assert amount("0.0001 BNB") == 0.0001
    assert amount("") == 0
    for text, expected in (("1,5", "decimal point"), ("nan", "finite"), ("inf", "finite")):
        with pytest.raises(ValueError, match=expected):
            number(text)
    with pytest.raises(ValueError, match="above 0"):
        positive("-1")
    with pytest.raises(ValueError, match="other than 0"):
        size("0")


@pytest.mark.parametrize("text", ["buy", "BUY", "B", "Long", "Bought", "Buy to Open", "1"])
def test_buys(text: str) -> None:
    assert is_buy(text)


@pytest.mark.parametrize("text", ["sell", "S", "SLD", "short", "Sell Short", "-1"])
def test_sells(text: str) -> None:
    assert not is_buy(text)


def test_another_side_is_refused() -> None:
    with pytest.raises(ValueError, match="buy or sell"):
        is_buy("hold")
