"""A second implementation of the default set: the formulas of the books, one row, plain loops.

Every function takes lists of the 64 lookback bars and returns the value at the last one.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean, pstdev, stdev, variance

from tradegen.data.row import Bars

Numbers = Sequence[float]


def sma(values: Numbers, length: int) -> float:
    return fmean(values[-length:])


def ema_line(values: Numbers, length: int, first: int | None = None) -> list[float]:
    """The averages from the bar number `first` (counted from 1) on, begun with a mean."""
    first = length if first is None else first
    line = [fmean(values[first - length : first])]
    for value in values[first:]:
        line.append(line[-1] + 2 / (length + 1) * (value - line[-1]))
    return line


def macd(close: Numbers) -> tuple[float, float, float]:
    fast, slow = ema_line(close, 12, first=26), ema_line(close, 26, first=26)
    line = [f - s for f, s in zip(fast, slow, strict=True)]
    signal = ema_line(line, 9)[-1]
    return line[-1], signal, line[-1] - signal


def wilder(values: Numbers, length: int) -> list[float]:
    line = [fmean(values[:length])]
    for value in values[length:]:
        line.append((line[-1] * (length - 1) + value) / length)
    return line


def changes(values: Numbers) -> list[float]:
    return [b - a for a, b in pairwise(values)]


def rsi(close: Numbers) -> float:
    moves = changes(close)
    rise = wilder([max(move, 0) for move in moves], 14)[-1]
    fall = wilder([max(-move, 0) for move in moves], 14)[-1]
    return 100 - 100 / (1 + rise / fall) if fall else 100.0


def fast_k(high: Numbers, low: Numbers, close: Numbers, end: int) -> float:
    top, bottom = max(high[end - 14 : end]), min(low[end - 14 : end])
    return 100 * (close[end - 1] - bottom) / (top - bottom)


def stochastic(high: Numbers, low: Numbers, close: Numbers) -> tuple[float, float]:
    n = len(close)
    slow = [
        fmean(fast_k(high, low, close, end) for end in range(last - 2, last + 1))
        for last in range(n - 2, n + 1)
    ]
    return slow[-1], fmean(slow)


def williams_r(high: Numbers, low: Numbers, close: Numbers) -> float:
    return fast_k(high, low, close, len(close)) - 100


def cci(typical: Numbers) -> float:
    mean = sma(typical, 20)
    return (typical[-1] - mean) / (0.015 * fmean(abs(t - mean) for t in typical[-20:]))


def mfi(typical: Numbers, volume: Numbers) -> float:
    """Typical prices are rounded here: of two that are the same, one may be a last bit larger."""
    typical = [float(f"{price:.12g}") for price in typical]
    moves = list(zip(changes(typical), typical[1:], volume[1:], strict=True))[-14:]
    up = sum(t * v for move, t, v in moves if move > 0)
    down = sum(t * v for move, t, v in moves if move < 0)
    return 100 * up / (up + down)


def true_ranges(high: Numbers, low: Numbers, close: Numbers) -> list[float]:
    bars = zip(high[1:], low[1:], close, strict=False)
    return [max(h, before) - min(low_, before) for h, low_, before in bars]


def adx(high: Numbers, low: Numbers, close: Numbers) -> float:
    """Wilder's sums leave out the first 14th move; his ADX begins with the mean of 14 DX."""
    up, down = changes(high), [-move for move in changes(low)]
    plus = [u if u > d and u > 0 else 0.0 for u, d in zip(up, down, strict=True)]
    minus = [d if d > u and d > 0 else 0.0 for u, d in zip(up, down, strict=True)]

    def smoothed(values: Numbers) -> list[float]:
        total, line = sum(values[:13]), []
        for value in values[13:]:
            total = total - total / 14 + value
            line.append(total)
        return line

    true_range = smoothed(true_ranges(high, low, close))
    plus_di = [p / t for p, t in zip(smoothed(plus), true_range, strict=True)]
    minus_di = [m / t for m, t in zip(smoothed(minus), true_range, strict=True)]
    dx = [100 * abs(p - m) / (p + m) for p, m in zip(plus_di, minus_di, strict=True)]
    return wilder(dx, 14)[-1]


def obv(close: Numbers, volume: Numbers) -> float:
    total = volume[0]
    for move, v in zip(changes(close), volume[1:], strict=True):
        total += math.copysign(v, move) if move else 0.0
    return total


def vwap(typical: Numbers, volume: Numbers) -> float:
    return math.fsum(t * v for t, v in zip(typical, volume, strict=True)) / math.fsum(volume)


def log_returns(close: Numbers) -> list[float]:
    return [math.log(b / a) for a, b in pairwise(close)]


def parkinson(high: Numbers, low: Numbers) -> float:
    squared = [math.log(h / low_) ** 2 for h, low_ in zip(high, low, strict=True)]
    return math.sqrt(fmean(squared) / (4 * math.log(2)))


def yang_zhang(open_: Numbers, high: Numbers, low: Numbers, close: Numbers) -> float:
    gaps = [math.log(o / c) for o, c in zip(open_[1:], close, strict=False)]
    bars = list(zip(open_, high, low, close, strict=True))[1:]
    bodies = [math.log(c / o) for o, _, _, c in bars]
    rogers_satchell = fmean(
        math.log(h / c) * math.log(h / o) + math.log(low_ / c) * math.log(low_ / o)
        for o, h, low_, c in bars
    )
    n = len(gaps)
    k = 0.34 / (1.34 + (n + 1) / (n - 1))
    return math.sqrt(variance(gaps) + k * variance(bodies) + (1 - k) * rogers_satchell)


def default_set(bars: Bars, bars_per_year: float) -> Mapping[str, float]:
    """Return every column of the default set for one row's 64 bars."""
    o, h, low, c, v = (getattr(bars, name).tolist() for name in _FIELDS)
    typical = [(a + b + d) / 3 for a, b, d in zip(h, low, c, strict=True)]
    year = math.sqrt(bars_per_year)
    middle, spread = sma(c, 20), 2 * pstdev(c[-20:])
    line, signal, histogram = macd(c)
    k, d = stochastic(h, low, c)
    return {
        "sma_20": middle,
        "ema_20": ema_line(c, 20)[-1],
        "macd_12_26_9": line,
        "macd_signal_12_26_9": signal,
        "macd_hist_12_26_9": histogram,
        "rsi_14": rsi(c),
        "stoch_k_14_3_3": k,
        "stoch_d_14_3_3": d,
        "willr_14": williams_r(h, low, c),
        "roc_10": 100 * (c[-1] / c[-11] - 1),
        "cci_20": cci(typical),
        "mfi_14": mfi(typical, v),
        "adx_14": adx(h, low, c),
        "bb_lower_20_2": middle - spread,
        "bb_middle_20_2": middle,
        "bb_upper_20_2": middle + spread,
        "atr_14": wilder(true_ranges(h, low, c), 14)[-1],
        "obv_64": obv(c, v),
        "volume_sma_20": sma(v, 20),
        "vwap_64": vwap(typical, v),
        "volatility_close_64": stdev(log_returns(c)) * year,
        "volatility_parkinson_64": parkinson(h, low) * year,
        "volatility_yang_zhang_64": yang_zhang(o, h, low, c) * year,
    }


_FIELDS: Sequence[str] = ("open", "high", "low", "close", "volume")
