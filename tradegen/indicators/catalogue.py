"""The default set: each indicator's columns, unit, bars it reads, and function.

Every function takes `Windows` of `n` rows and returns one array of shape `(n,)` a column: the
value at the last bar before entry. NaN stands where the formula divides by nothing, e.g. the RSI of
a price that never moved. What runs on from bar to bar (EMA, Wilder's averages, OBV) begins at the
first bar of the lookback, so that a row's values follow from its own bars alone.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import talib

from tradegen.data.row import LOOKBACK, BoolArray, FloatArray
from tradegen.data.volatility import realised_volatility
from tradegen.indicators.range_volatility import parkinson_volatility, yang_zhang_volatility
from tradegen.indicators.windows import Windows

Unit = Literal["price", "volume", "0 to 100", "-100 to 0", "%", "index", "annualised fraction"]
Library = Literal["TA-Lib", "tradegen"]
Lines = tuple[FloatArray, ...]

_ROUNDING = 1e-14
"""Typical prices that differ relatively by no more are the same, to TA-Lib's MFI as well."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator of the default set.

    `n_bars` are read, the last before entry. A price is in the symbol's quote currency, a volume in
    its bars' unit, and `index` stands for a number without a unit or bounds.
    """

    columns: tuple[str, ...]
    unit: Unit
    n_bars: int
    library: Library
    compute: Callable[[Windows], Lines]

    @property
    def meaning(self) -> str:
        """What it is and where its formula comes from, on one line."""
        return " ".join(inspect.cleandoc(self.compute.__doc__ or "").split())


def _lines(
    function: Callable[..., FloatArray | Lines],
    *columns: FloatArray,
    n_bars: int,
    n_lines: int = 1,
    **parameters: float,
) -> Lines:
    """Return the last value of each line that a TA-Lib function draws, row by row.

    It is called on each row alone, so that nothing passes from one row to another, and on no more
    bars than it needs: sums that run over earlier bars would leave their rounding behind.
    """
    values = np.empty((n_lines, len(columns[0])))
    for i in range(values.shape[1]):
        drawn = function(*(column[i, -n_bars:] for column in columns), **parameters)
        lines = drawn if isinstance(drawn, tuple) else (drawn,)
        values[:, i] = [line[-1] for line in lines]
    return tuple(values)


def _where(defined: BoolArray, values: FloatArray) -> FloatArray:
    return np.where(defined, values, np.nan)


def _ranges(windows: Windows, length: int, count: int) -> FloatArray:
    """Return highest high less lowest low of `length` bars at the last `count`, `(n, count)`."""
    high, low = (
        np.lib.stride_tricks.sliding_window_view(column[:, -(length + count - 1) :], length, axis=1)
        for column in (windows.high, windows.low)
    )
    result: FloatArray = high.max(axis=2) - low.min(axis=2)
    return result


def _sma(windows: Windows) -> Lines:
    """Simple moving average: the mean of the last 20 closes."""
    return _lines(talib.SMA, windows.close, n_bars=20, timeperiod=20)


def _ema(windows: Windows) -> Lines:
    """Exponential moving average, 20 bars.

    Each close weighs 2 / 21, the average before it the rest; it begins with the mean of the first
    20 closes.
    """
    return _lines(talib.EMA, windows.close, n_bars=LOOKBACK, timeperiod=20)


def _macd(windows: Windows) -> Lines:
    """Moving average convergence divergence, its signal, and their difference.

    EMA(12) less EMA(26) of the close, both begun with their means at bar 26; the signal is an
    EMA(9) of that (Appel, "Technical Analysis: Power Tools for Active Investors", 2005).
    """
    return _lines(
        talib.MACD,
        windows.close,
        n_bars=LOOKBACK,
        n_lines=3,
        fastperiod=12,
        slowperiod=26,
        signalperiod=9,
    )


def _rsi(windows: Windows) -> Lines:
    """Relative strength index, 14 bars.

    100 times Wilder's average rise over his averages of rise and fall together (Wilder, "New
    Concepts in Technical Trading Systems", 1978). Null if all closes are the same.
    """
    moved = windows.close.max(axis=1) > windows.close.min(axis=1)
    (rsi,) = _lines(talib.RSI, windows.close, n_bars=LOOKBACK, timeperiod=14)
    return (_where(moved, rsi),)


def _stochastic(windows: Windows) -> Lines:
    """Slow stochastic, %K and %D.

    Where the close lies in the range of 14 bars, averaged over 3 bars (%K), and over 3 more (%D)
    (Lane, "Lane's Stochastics", 1984). Null if one of these ranges is zero.
    """
    k, d = _lines(
        talib.STOCH,
        *windows.range_prices,
        n_bars=18,
        n_lines=2,
        fastk_period=14,
        slowk_period=3,
        slowd_period=3,
    )
    ranges = _ranges(windows, 14, 5)
    return _where(ranges[:, -3:].min(axis=1) > 0, k), _where(ranges.min(axis=1) > 0, d)


def _williams_r(windows: Windows) -> Lines:
    """Williams %R, 14 bars.

    How far the close lies below the highest high, in percent of the range (Williams, "How I Made
    One Million Dollars Last Year Trading Commodities", 1973). Null if the range is zero.
    """
    (r,) = _lines(talib.WILLR, *windows.range_prices, n_bars=14, timeperiod=14)
    return (_where(_ranges(windows, 14, 1)[:, 0] > 0, r),)


def _roc(windows: Windows) -> Lines:
    """Rate of change: percent from the close 10 bars before to the last."""
    return _lines(talib.ROC, windows.close, n_bars=11, timeperiod=10)


def _cci(windows: Windows) -> Lines:
    """Commodity channel index, 20 bars.

    The typical price less its mean, over 0.015 mean absolute deviations (Lambert, "Commodity
    Channel Index", 1980). Null if the typical price never changes.
    """
    typical = windows.typical[:, -20:]
    (cci,) = _lines(talib.CCI, *windows.range_prices, n_bars=20, timeperiod=20)
    return (_where(typical.max(axis=1) > typical.min(axis=1) * (1 + _ROUNDING), cci),)


def _mfi(windows: Windows) -> Lines:
    """Money flow index, 14 bars.

    100 times the flow (typical price times volume) of bars whose typical price rose over that of
    all whose typical price moved (Quong and Soudack, "Volume-Weighted RSI: Money Flow", 1989).
    Null if there was no such flow.
    """
    columns = (*windows.range_prices, windows.volume)
    (mfi,) = _lines(talib.MFI, *columns, n_bars=15, timeperiod=14)
    typical = windows.typical[:, -15:]
    moved = np.abs(np.diff(typical, axis=1)) > _ROUNDING * typical[:, 1:]
    largest = np.where(moved, windows.volume[:, -14:], 0.0).max(axis=1)
    return (_where(largest > 0, mfi),)


def _adx(windows: Windows) -> Lines:
    """Average directional index, 14 bars.

    Wilder's average of how one-sided the directional movement is (Wilder, "New Concepts in
    Technical Trading Systems", 1978). Null if the lookback begins with 14 moves that have no
    direction: the average has no beginning then.
    """
    up, down = np.diff(windows.high[:, :15], axis=1), -np.diff(windows.low[:, :15], axis=1)
    directed = np.where(up == down, 0.0, np.maximum(up, down)).max(axis=1) > 0
    (adx,) = _lines(talib.ADX, *windows.range_prices, n_bars=LOOKBACK, timeperiod=14)
    return (_where(directed, adx),)


def _bollinger(windows: Windows) -> Lines:
    """Bollinger bands: lower, middle and upper.

    The mean of the last 20 closes, and 2 of their population standard deviations below and above
    it (Bollinger, "Bollinger on Bollinger Bands", 2001).
    """
    upper, middle, lower = _lines(
        talib.BBANDS, windows.close, n_bars=20, n_lines=3, timeperiod=20, nbdevup=2.0, nbdevdn=2.0
    )
    return lower, middle, upper


def _atr(windows: Windows) -> Lines:
    """Average true range, 14 bars.

    Wilder's average of the bar's range, stretched to the close before it (Wilder, "New Concepts in
    Technical Trading Systems", 1978).
    """
    return _lines(talib.ATR, *windows.range_prices, n_bars=LOOKBACK, timeperiod=14)


def _obv(windows: Windows) -> Lines:
    """On-balance volume of the lookback.

    Volumes of bars that closed higher less those of bars that closed lower, counted from the first
    bar, whose volume is added (Granville, "New Key to Stock Market Profits", 1963).
    """
    return _lines(talib.OBV, windows.close, windows.volume, n_bars=LOOKBACK)


def _volume_sma(windows: Windows) -> Lines:
    """Simple moving average of volume: the mean of the last 20 volumes."""
    return _lines(talib.SMA, windows.volume, n_bars=20, timeperiod=20)


def _vwap(windows: Windows) -> Lines:
    """Volume-weighted average price of the lookback.

    The mean of the typical price, (high + low + close) / 3, weighted by volume (Berkowitz, Logue
    and Noser, "The Total Cost of Transactions on the NYSE", 1988). Null if nothing was traded.
    """
    traded = windows.volume.sum(axis=1)
    flow = (windows.typical * windows.volume).sum(axis=1)
    return (np.divide(flow, traded, out=np.full(len(windows), np.nan), where=traded > 0),)


def _close_volatility(windows: Windows) -> Lines:
    """Realised volatility of closes, annualised.

    Sample standard deviation of the 63 log returns; the volatility that the diversity constraint
    speaks of (Hull, "Options, Futures, and Other Derivatives", ch. 15).
    """
    return (realised_volatility(windows.close, windows.bars_per_year),)


def _parkinson(windows: Windows) -> Lines:
    """Realised volatility of ranges, annualised.

    Root of the mean squared log range over 4 ln 2 (Parkinson, "The Extreme Value Method for
    Estimating the Variance of the Rate of Return", 1980).
    """
    return (parkinson_volatility(windows.high, windows.low, windows.bars_per_year),)


def _yang_zhang(windows: Windows) -> Lines:
    """Realised volatility of gaps, bodies and ranges, annualised.

    See Yang and Zhang, "Drift-Independent Volatility Estimation Based on High, Low, Open, and Close
    Prices", 2000.
    """
    prices = (windows.open, windows.high, windows.low, windows.close)
    return (yang_zhang_volatility(*prices, windows.bars_per_year),)


_MACD = ("macd_12_26_9", "macd_signal_12_26_9", "macd_hist_12_26_9")
_BANDS = ("bb_lower_20_2", "bb_middle_20_2", "bb_upper_20_2")

DEFAULT_SET = (
    Indicator(("sma_20",), "price", 20, "TA-Lib", _sma),
    Indicator(("ema_20",), "price", LOOKBACK, "TA-Lib", _ema),
    Indicator(_MACD, "price", LOOKBACK, "TA-Lib", _macd),
    Indicator(("rsi_14",), "0 to 100", LOOKBACK, "TA-Lib", _rsi),
    Indicator(("stoch_k_14_3_3", "stoch_d_14_3_3"), "0 to 100", 18, "TA-Lib", _stochastic),
    Indicator(("willr_14",), "-100 to 0", 14, "TA-Lib", _williams_r),
    Indicator(("roc_10",), "%", 11, "TA-Lib", _roc),
    Indicator(("cci_20",), "index", 20, "TA-Lib", _cci),
    Indicator(("mfi_14",), "0 to 100", 15, "TA-Lib", _mfi),
    Indicator(("adx_14",), "0 to 100", LOOKBACK, "TA-Lib", _adx),
    Indicator(_BANDS, "price", 20, "TA-Lib", _bollinger),
    Indicator(("atr_14",), "price", LOOKBACK, "TA-Lib", _atr),
    Indicator(("obv_64",), "volume", LOOKBACK, "TA-Lib", _obv),
    Indicator(("volume_sma_20",), "volume", 20, "TA-Lib", _volume_sma),
    Indicator(("vwap_64",), "price", LOOKBACK, "tradegen", _vwap),
    Indicator(
        ("volatility_close_64",), "annualised fraction", LOOKBACK, "tradegen", _close_volatility
    ),
    Indicator(
        ("volatility_parkinson_64",), "annualised fraction", LOOKBACK, "tradegen", _parkinson
    ),
    Indicator(
        ("volatility_yang_zhang_64",), "annualised fraction", LOOKBACK, "tradegen", _yang_zhang
    ),
)
"""In the order of their columns in a file."""
