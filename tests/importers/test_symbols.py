"""Bars of a market that goes by another name are found, and never where two would fit."""

import pytest

from tradegen.errors import InputError
from tradegen.importers.symbols import one_spelling, pair_symbols

BARS = ["BTCUSDT", "ETH-USD", "ETHUSDC", "LUNAUSDT", "AAPL", "BRK.B"]


def test_names_that_differ_in_marks_or_in_the_kind_of_dollar_are_one_market() -> None:
    traded = ["LUNAUSD", "XBT/USD", "BTC-USDT-PERP", "aapl", "BRK-B", "XRPUSDT"]
    found = pair_symbols(traded, BARS, {})
    assert found.bars_of == {
        "LUNAUSD": "LUNAUSDT",
        "XBT/USD": "BTCUSDT",
        "BTC-USDT-PERP": "BTCUSDT",
        "aapl": "AAPL",
        "BRK-B": "BRK.B",
    }
    assert found.without == ("XRPUSDT",)
    assert "AAPL" not in found.renamed


def test_the_same_name_comes_first_and_two_that_fit_are_not_guessed_between() -> None:
    assert pair_symbols(["ETHUSDC"], BARS, {}).bars_of == {"ETHUSDC": "ETHUSDC"}
    assert pair_symbols(["ETHUSDT"], BARS, {}).without == ("ETHUSDT",)
    assert pair_symbols(["ETHUSDT"], BARS, {"ETHUSDT": "ETH-USD"}).without == ()


def test_a_stated_name_without_bars_is_refused() -> None:
    with pytest.raises(InputError, match="--symbol X=Y: no bars of Y"):
        pair_symbols(["X"], BARS, {"X": "Y"})


def test_symbols_that_differ_only_in_case_are_written_as_most_of_them_are() -> None:
    log = ["abc", "ABC", "ABC", "Xyz"]
    assert one_spelling(log, ["Abc", "XYZ"], []) == {"abc": "ABC"}


def test_symbols_stay_apart_of_which_the_bars_hold_both_or_one_is_stated() -> None:
    assert one_spelling(["abc", "ABC"], ["abc", "ABC"], []) == {}
    assert one_spelling(["abc", "ABC"], ["ABC"], ["abc"]) == {}
