import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.support.rows import demo_rows
from tradegen.data.gold import DEMO_GOLD
from tradegen.data.row import LOOKBACK
from tradegen.data.rows import Rows
from tradegen.data.volatility import lookback_volatility, realised_volatility

closes = hnp.arrays(
    np.float64, st.tuples(st.integers(1, 4), st.integers(3, 70)), elements=st.floats(0.01, 1e5)
)


@given(closes, st.sampled_from([252.0, 365.0, 8760.0, 2190.0]))
def test_it_is_the_sample_deviation_of_log_returns_annualised_as_pandas_computes_it(
    close: np.ndarray, per_year: float
) -> None:
    found = realised_volatility(close, np.full(len(close), per_year))
    assert found.shape == (len(close),)
    for value, prices in zip(found, close, strict=True):
        series = pd.Series(prices)
        oracle = np.log(series / series.shift(1)).std(ddof=1) * per_year**0.5
        np.testing.assert_allclose(value, oracle, rtol=1e-9, atol=1e-9)


def test_a_hand_computed_value() -> None:
    """Returns of +1 % and -1 % (logs): mean 0, sample variance 2e-4 / 1, so sigma = sqrt(2e-4)."""
    close = np.exp(np.array([[0.0, 0.01, 0.0]]))
    np.testing.assert_allclose(
        realised_volatility(close, np.array([365.0])), (2e-4 * 365) ** 0.5, rtol=1e-12
    )


@given(closes, st.floats(0.01, 100))
def test_it_depends_on_returns_only_not_on_the_price_level(
    close: np.ndarray, factor: float
) -> None:
    per_year = np.full(len(close), 252.0)
    np.testing.assert_allclose(
        realised_volatility(close * factor, per_year),
        realised_volatility(close, per_year),
        rtol=1e-7,
        atol=1e-7,
    )


def test_the_lookback_of_every_demo_row_by_a_plain_pandas_formula() -> None:
    rows = demo_rows()
    per_year = np.where(rows.interval == "1d", 365.0, 8760.0)
    oracle = []
    for _, row in pd.read_parquet(DEMO_GOLD).iterrows():
        close = pd.Series([bar["close"] for bar in row["bars"][:64]])
        periods = 365 if row["interval"] == "1d" else 365 * 24
        oracle.append(np.log(close / close.shift(1)).std(ddof=1) * periods**0.5)
    np.testing.assert_allclose(lookback_volatility(rows, per_year), oracle, rtol=1e-12)


def test_bars_from_the_entry_on_do_not_count() -> None:
    rows = demo_rows().slice(0, 20)
    changed = Rows.from_models([rows.row(i) for i in range(20)])
    own = np.arange(len(rows.bars)) - np.repeat(rows.offsets[:-1], rows.n_bars)
    changed.bars.close[own >= LOOKBACK] *= 3
    per_year = np.full(20, 365.0)
    assert np.array_equal(
        lookback_volatility(changed, per_year), lookback_volatility(rows, per_year)
    )
