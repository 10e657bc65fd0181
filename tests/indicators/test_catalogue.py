"""The default set: right by a second implementation, blind to the future, null where undefined."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pandas_ta_classic as ta
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.indicators.oracle import default_set
from tests.support.made_rows import rows_at
from tests.support.nonsense import with_a_nonsense_future
from tests.support.rows import demo_gold
from tradegen.data.row import LOOKBACK, PRICE_FIELDS, FloatArray
from tradegen.data.rows import Rows
from tradegen.data.volatility import lookback_volatility
from tradegen.indicators.asked import read_all
from tradegen.indicators.catalogue import DEFAULT_SET
from tradegen.indicators.compute import at_entry

COLUMNS = [column for indicator in DEFAULT_SET for column in indicator.columns]
SCALE = {
    "price": [c for i in DEFAULT_SET if i.unit == "price" for c in i.columns],
    "volume": [c for i in DEFAULT_SET if i.unit == "volume" for c in i.columns],
}


def demo() -> tuple[Rows, FloatArray]:
    gold = demo_gold()
    return gold.train, gold.market.bars_per_year(gold.train)


def made(count: int = 1, length: int = LOOKBACK + 2) -> Rows:
    """Rows of a random walk."""
    day = 86_400_000_000
    return rows_at([np.arange(k, k + length, dtype=np.int64) * day for k in range(count)])


def with_columns(rows: Rows, **columns: Any) -> Rows:
    """Return rows with other values in some of the bars' columns."""
    return replace(rows, bars=replace(rows.bars, **columns))


def values_of(rows: Rows) -> Mapping[str, FloatArray]:
    return at_entry(rows, np.full(len(rows), 252.0))


# --- right ------------------------------------------------------------------------------------


def test_every_column_is_what_the_formulas_of_the_books_give() -> None:
    rows, bars_per_year = demo()
    found = at_entry(rows, bars_per_year)
    assert list(found) == COLUMNS
    for i in range(0, len(rows), 3):
        expected = default_set(rows.bars_of(i)[:LOOKBACK], float(bars_per_year[i]))
        scale = float(rows.bars_of(i).close[0])
        for column, value in expected.items():
            tiny = 1e-12 * (scale if column in SCALE["price"] else 100)
            assert found[column][i] == pytest.approx(value, rel=1e-9, abs=tiny), (column, i)


def _in_pandas_ta(o: "pd.DataFrame") -> dict[str, float]:
    """Return the columns whose beginnings pandas-ta defines as TA-Lib does."""
    lines = {
        "sma_20": ta.sma(o.close, 20),
        "ema_20": ta.ema(o.close, 20),
        "rsi_14": ta.rsi(o.close, 14),
        "willr_14": ta.willr(o.high, o.low, o.close, 14),
        "roc_10": ta.roc(o.close, 10),
        "cci_20": ta.cci(o.high, o.low, o.close, 20),
        "atr_14": ta.atr(o.high, o.low, o.close, 14),
        "obv_64": ta.obv(o.close, o.volume),
        "volume_sma_20": ta.sma(o.volume, 20),
        "bb_upper_20_2": ta.bbands(o.close, 20, 2, ddof=0).iloc[:, 2],
    }
    return {column: float(line.iloc[-1]) for column, line in lines.items()}


def test_pandas_ta_agrees_where_it_begins_as_ta_lib_does() -> None:
    rows, bars_per_year = demo()
    rows, bars_per_year = rows.slice(0, 20), bars_per_year[:20]
    found = at_entry(rows, bars_per_year)
    for i in range(len(rows)):
        bars = rows.bars_of(i)[:LOOKBACK]
        frame = pd.DataFrame({name: getattr(bars, name) for name in (*PRICE_FIELDS, "volume")})
        for column, value in _in_pandas_ta(frame).items():
            assert found[column][i] == pytest.approx(value, rel=1e-9, abs=1e-9), (column, i)


def test_the_volatility_of_closes_is_the_one_of_the_diversity_constraint() -> None:
    rows, bars_per_year = demo()
    found = at_entry(rows, bars_per_year)["volatility_close_64"]
    assert found.tobytes() == lookback_volatility(rows, bars_per_year).tobytes()


def test_a_row_has_the_same_values_alone_as_among_others() -> None:
    rows, bars_per_year = demo()
    together = at_entry(rows.slice(0, 40), bars_per_year[:40])
    for i in (0, 17, 39):
        alone = at_entry(rows.slice(i, i + 1), bars_per_year[i : i + 1])
        for column in COLUMNS:
            assert alone[column].tobytes() == together[column][i : i + 1].tobytes(), column


def test_no_row_has_no_value() -> None:
    rows, bars_per_year = demo()
    found = at_entry(rows.slice(0, 0), bars_per_year[:0])
    assert list(found) == COLUMNS
    assert all(value.shape == (0,) for value in found.values())


GROWTH = {"open": 2, "high": 3, "low": 1, "close": 2.5, "volume": 5}


def test_an_indicator_reads_no_more_bars_than_it_says_and_all_of_those() -> None:
    rows = made(5)
    before = values_of(rows)
    at = np.arange(len(rows.bars)) % (LOOKBACK + 2)
    for indicator in DEFAULT_SET:
        for bar, reads in ((LOOKBACK - indicator.n_bars, True), (None, False)):
            earlier = at < LOOKBACK - indicator.n_bars if bar is None else at == bar
            grown = {n: np.where(earlier, f, 1) * getattr(rows.bars, n) for n, f in GROWTH.items()}
            after = values_of(with_columns(rows, **grown))
            moved = any(not np.array_equal(before[c], after[c]) for c in indicator.columns)
            assert moved == reads, (indicator.columns, reads)


# --- no look-ahead ----------------------------------------------------------------------------


def test_nothing_moves_by_a_bit_when_entry_bars_and_all_after_them_become_nonsense() -> None:
    rows, bars_per_year = demo()
    rows, bars_per_year = rows.slice(0, 60), bars_per_year[:60]
    asked = read_all(["kc(length=20)", "supertrend", "ichimoku(as_dataframe=True)", "zlma"])
    expected = at_entry(rows, bars_per_year, asked)
    for seed in range(3):
        changed = with_a_nonsense_future(rows, seed)
        found = at_entry(changed, bars_per_year, asked)
        assert list(found) == list(expected)
        for column in expected:
            assert found[column].tobytes() == expected[column].tobytes(), column


def test_the_last_bar_before_entry_does_move_indicators() -> None:
    """What the test above compares does move when it may."""
    rows, bars_per_year = demo()
    close, volume = rows.bars.close.copy(), rows.bars.volume.copy()
    close[rows.entry_bar - 1] = rows.bars.high[rows.entry_bar - 1] * 1.01
    high = np.maximum(rows.bars.high, close)
    volume[rows.entry_bar - 1] *= 7
    before = at_entry(rows, bars_per_year)
    after = at_entry(with_columns(rows, close=close, high=high, volume=volume), bars_per_year)
    assert [c for c in COLUMNS if np.array_equal(before[c], after[c], equal_nan=True)] == []


# --- bounds and scale -------------------------------------------------------------------------


@st.composite
def any_row(draw: st.DrawFn) -> Rows:
    """Draw a row of sound bars on a coarse grid: many ties, bars without a range or a volume."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n = LOOKBACK + 2
    four = rng.integers(1, draw(st.sampled_from([3, 6, 1000])), (n, 4)).astype(float)
    volume = rng.integers(0, draw(st.sampled_from([1, 2, 1000])), n).astype(float)
    if draw(st.booleans()):
        first = draw(st.integers(0, n - 1))
        four[first : first + draw(st.integers(1, n))] = four[first, 0]
    return with_columns(
        made(),
        open=four[:, 0].copy(),
        close=four[:, 1].copy(),
        high=four.max(axis=1),
        low=four.min(axis=1),
        volume=volume,
    )


BOUNDS = {"0 to 100": (0, 100), "-100 to 0": (-100, 0), "annualised fraction": (0, np.inf)}


@settings(max_examples=60, deadline=None)
@given(any_row())
def test_whatever_the_bars_are_values_lie_within_their_bounds_or_are_null(rows: Rows) -> None:
    found = values_of(rows)
    for indicator in DEFAULT_SET:
        low, high = BOUNDS.get(indicator.unit, (-np.inf, np.inf))
        for column in indicator.columns:
            (value,) = found[column]
            assert np.isnan(value) or low - 1e-9 <= value <= high + 1e-9, column
    bars = rows.bars_of(0)[:LOOKBACK]
    for column in ("sma_20", "ema_20", "bb_middle_20_2", "vwap_64"):
        (value,) = found[column]
        slack = 1e-9 * bars.high.max()
        outside = not bars.low.min() - slack <= value <= bars.high.max() + slack
        assert np.isnan(value) or not outside, column
    assert found["atr_14"][0] >= 0
    assert found["bb_lower_20_2"][0] <= found["bb_upper_20_2"][0]


@settings(max_examples=60, deadline=None)
@given(any_row(), st.integers(-39, 49), st.integers(-39, 39))
def test_prices_and_volumes_in_another_unit_give_the_same_in_that_unit(
    rows: Rows, price_power: int, volume_power: int
) -> None:
    """Powers of two, so that not a bit changes; they reach to the limits of the invariants."""
    price, volume = 2.0**price_power, 2.0**volume_power
    scaled = {name: getattr(rows.bars, name) * price for name in PRICE_FIELDS}
    before = values_of(rows)
    after = values_of(with_columns(rows, **scaled, volume=rows.bars.volume * volume))
    for column in COLUMNS:
        unit = price if column in SCALE["price"] else volume if column in SCALE["volume"] else 1.0
        expected = before[column] * unit
        if column.startswith("volatility"):  # logarithms round
            np.testing.assert_allclose(after[column], expected, rtol=1e-12, atol=1e-12)
        else:
            np.testing.assert_array_equal(after[column], expected, err_msg=column)


@settings(max_examples=40, deadline=None)
@given(any_row())
def test_rsi_and_bollinger_bands_of_the_mirrored_price_are_mirrored(rows: Rows) -> None:
    top = rows.bars.high.max() + rows.bars.low.min()
    mirrored = {
        "open": top - rows.bars.open,
        "close": top - rows.bars.close,
        "high": top - rows.bars.low,
        "low": top - rows.bars.high,
    }
    before, after = values_of(rows), values_of(with_columns(rows, **mirrored))
    assume(not np.isnan(before["rsi_14"][0]))
    assert after["rsi_14"][0] == pytest.approx(100 - before["rsi_14"][0], abs=1e-6)
    assert after["bb_upper_20_2"][0] == pytest.approx(top - before["bb_lower_20_2"][0], abs=1e-3)
    assert after["atr_14"][0] == pytest.approx(before["atr_14"][0], abs=1e-9)


# --- null -------------------------------------------------------------------------------------

UNDEFINED_AT_A_CONSTANT_PRICE = {
    "rsi_14",
    "stoch_k_14_3_3",
    "stoch_d_14_3_3",
    "willr_14",
    "cci_20",
    "mfi_14",
    "adx_14",
}


@pytest.mark.parametrize("price", [5.0, 123.457, 1e-12, 1e15])
def test_a_price_that_never_moves_gives_null_where_nothing_is_defined(price: float) -> None:
    rows = made()
    constant = {name: np.full(len(rows.bars), price) for name in PRICE_FIELDS}
    found = values_of(with_columns(rows, **constant))
    assert {column for column in COLUMNS if np.isnan(found[column][0])} == (
        UNDEFINED_AT_A_CONSTANT_PRICE
    )
    for column in ("sma_20", "ema_20", "vwap_64", "bb_lower_20_2", "bb_upper_20_2"):
        assert found[column][0] == pytest.approx(price, rel=1e-6), column
    for column in ("atr_14", "macd_12_26_9", "macd_hist_12_26_9"):
        assert found[column][0] == pytest.approx(0, abs=1e-12 * price), column
    for column in ("roc_10", "volatility_close_64", "volatility_yang_zhang_64"):
        assert found[column][0] == pytest.approx(0, abs=1e-9), column


def test_no_volume_gives_null_where_it_is_divided_by() -> None:
    rows = made()
    found = values_of(with_columns(rows, volume=np.zeros(len(rows.bars))))
    assert {c for c in COLUMNS if np.isnan(found[c][0])} == {"mfi_14", "vwap_64"}
    assert found["obv_64"][0] == found["volume_sma_20"][0] == 0


@pytest.mark.parametrize(
    ("flat", "columns"),
    [
        (slice(50, 64), {"willr_14", "stoch_k_14_3_3", "stoch_d_14_3_3"}),
        (slice(46, 60), {"stoch_d_14_3_3"}),
        (slice(44, 64), {"willr_14", "stoch_k_14_3_3", "stoch_d_14_3_3", "mfi_14", "cci_20"}),
        (slice(0, 15), {"adx_14"}),
    ],
)
def test_bars_that_stand_still_for_a_while_give_null_where_just_they_count(
    flat: slice, columns: set[str]
) -> None:
    rows = made()
    still = {name: getattr(rows.bars, name).copy() for name in PRICE_FIELDS}
    for name in PRICE_FIELDS:
        still[name][flat] = 100.0
    found = values_of(with_columns(rows, **still))
    assert {column for column in COLUMNS if np.isnan(found[column][0])} == columns


def test_an_unknown_year_leaves_annualised_values_null_and_all_others_there() -> None:
    rows = made()
    found = at_entry(rows, np.array([np.nan]))
    null = {column for column in COLUMNS if np.isnan(found[column][0])}
    assert null == {c for i in DEFAULT_SET if i.unit == "annualised fraction" for c in i.columns}


# --- the catalogue ----------------------------------------------------------------------------


def test_columns_are_called_once_and_every_indicator_says_what_it_is() -> None:
    assert len(set(COLUMNS)) == len(COLUMNS) == 23
    for indicator in DEFAULT_SET:
        assert len(indicator.meaning) > 20
        assert 1 <= indicator.n_bars <= LOOKBACK
