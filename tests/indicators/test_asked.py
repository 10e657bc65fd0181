"""Indicators asked for by name: what is understood, refused and computed."""

import re

import numpy as np
import pandas as pd
import pandas_ta_classic as ta
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.rows import demo_gold
from tradegen.data.row import LOOKBACK
from tradegen.indicators.asked import _known, compute_asked, read_all, read_asked
from tradegen.indicators.windows import Windows


def windows(n: int = 3) -> Windows:
    rows = demo_gold().train.slice(0, n)
    return Windows.before_entry(rows, np.full(n, 252.0))


def still(n: int = 2) -> Windows:
    """Bars that never move and never trade."""
    time = np.tile(np.arange(LOOKBACK, dtype=np.int64) * 3_600_000_000, (n, 1))
    price = np.full((n, LOOKBACK), 5.0)
    nothing = np.zeros((n, LOOKBACK))
    return Windows(time, price, price, price, price, nothing, np.full(n, 252.0))


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("kc(length=20)", ("kcle_20_2", "kcbe_20_2", "kcue_20_2")),
        ("  kc ( length = 20 ) ", ("kcle_20_2", "kcbe_20_2", "kcue_20_2")),
        ("kc(scalar=1.5, mamode='sma')", ("kcls_20_1.5", "kcbs_20_1.5", "kcus_20_1.5")),
        ("hma", ("hma_10",)),
        ("ichimoku(as_dataframe=True)", ("isa_9", "isb_26", "its_9", "iks_26", "ics_26")),
        ("stdev(ddof=0)", ("stdev_30",)),
    ],
)
def test_a_name_and_its_parameters_give_pandas_tas_columns_in_lower_case(
    text: str, columns: tuple[str, ...]
) -> None:
    assert read_asked(text).columns == columns


def test_what_is_asked_for_is_written_in_one_way() -> None:
    assert str(read_asked("kc( scalar=2.0,length = 20)")) == "kc(length=20, scalar=2.0)"
    assert str(read_asked("hma")) == str(read_asked("hma()")) == "hma"
    assert read_asked(str(read_asked("kc(mamode='sma')"))) == read_asked('kc(mamode="sma")')


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("kx", "there is no kx: did you mean kc"),
        ("bolinger", "there is no bolinger: "),
        ("qqqqqqqqqqqqq", "there is no qqqqqqqqqqqqq: see pandas-ta-classic for all"),
        ("xsignals", "there is no xsignals"),
        ("kc(lenght=20)", "there is no lenght: did you mean length?"),
        ("kc(zzz=20)", "there is no zzz: it has length, scalar, mamode"),
        ("kc(offset=-1)", "there is no offset"),
        ("kc(close=1)", "there is no close"),
        ("kc(length=20.5)", "a valid integer for length of kc, not 20.5"),
        ("kc(length='20')", "a valid integer for length of kc, not '20'"),
        ("kc(length=True)", "a valid integer for length of kc, not True"),
        ("kc(length=0)", "a number above 0 for length of kc, not 0"),
        ("kc(length=-5)", "a number above 0 for length of kc, not -5"),
        ("kc(scalar=1e999)", "a number above 0 for scalar of kc, not inf"),
        ("kc(mamode='no')", "wma, zlma for mamode of kc, not 'no'"),
        ("kc(length=5000)", "for each of 1000 bars; kc with these has none"),
        ("vp", "for each of 1000 bars; vp with these has none"),
        ("dpo", "a value at the last of 1000 bars; dpo with these has none there"),
    ],
)
def test_what_pandas_ta_does_not_know_or_would_pass_over_is_refused_with_the_nearest_word(
    text: str, says: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        read_asked(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "kc(20)",
        "kc(length=n)",
        "kc(length=10**9)",
        "kc(length=None)",
        "kc(length=[1])",
        "kc(length=5, length=6)",
        "kc(**{})",
        "kc(length=20",
        "os.system('x')",
        "kc(length=__import__('os'))",
        "kc; hma",
        "(" * 100,
        "kc(" + "length=1," * 100 + ")",
        "x\0",
    ],
)
def test_text_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"a name and its parameters such as kc\(length=20\)"):
        read_asked(text)


@given(st.text(max_size=30))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    try:
        read_asked(text)
    except ValueError as error:
        assert str(error)  # noqa: PT017  (any other error fails the test)


def test_asking_twice_is_asking_once() -> None:
    assert len(read_all(["hma", "hma()", " hma "])) == 1


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        (["rsi(length=14)"], "gives rsi_14, and so does the default set"),
        (["ema(length=9)", "ema(length=9, talib=True)"], "gives ema_9, and so does ema(length=9)"),
    ],
)
def test_a_column_that_would_come_twice_is_refused(texts: list[str], says: str) -> None:
    with pytest.raises(ValueError, match=f"each column once: .*{re.escape(says)}"):
        read_all(texts)


def test_values_are_those_that_pandas_ta_gives_for_each_row_alone() -> None:
    seen = windows()
    found = compute_asked(read_asked("kc(length=10)"), seen)
    for i in range(3):
        high, low, close = (pd.Series(column[i]) for column in seen.range_prices)
        expected = ta.kc(high, low, close, length=10).iloc[-1]
        assert [found[c][i] for c in ("kcle_10_2", "kcbe_10_2", "kcue_10_2")] == list(expected)


def test_more_bars_than_there_are_give_null() -> None:
    assert all(
        np.isnan(v).all() for v in compute_asked(read_asked("sma(length=65)"), windows()).values()
    )
    assert not np.isnan(compute_asked(read_asked("sma(length=64)"), windows())["sma_64"]).any()


@pytest.mark.parametrize("name", ["stochrsi", "fisher", "cmf", "vortex", "squeeze", "psar", "kdj"])
def test_bars_that_never_move_nor_trade_crash_nothing(name: str) -> None:
    asked = read_asked(name)
    found = compute_asked(asked, still())
    assert tuple(found) == asked.columns
    assert all(value.shape == (2,) for value in found.values())


def test_an_indicator_that_fails_on_some_bars_has_no_value_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = read_asked("hma")

    def fails_when_still(close: "pd.Series[float]") -> "pd.Series[float]":
        if close.max() == close.min():
            raise ZeroDivisionError
        return close.rename("HMA_10")

    monkeypatch.setitem(_known(), "hma", fails_when_still)
    assert np.isnan(compute_asked(asked, still())["hma_10"]).all()
    np.testing.assert_array_equal(compute_asked(asked, windows())["hma_10"], windows().close[:, -1])
