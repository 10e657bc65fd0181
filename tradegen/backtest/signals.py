"""Signals: at each bar's close, whether to be long (+1), short (-1) or nothing (0) from the next.

Every function takes the bars of `n` rows and returns `(n, t)`. A bar's signal follows from that bar
and those before it alone, and from prices only relative to each other. Where there are too few
bars, there is no signal.
"""

import numpy as np
import numpy.typing as npt

from tradegen.backtest.histories import (
    Histories,
    highest,
    lowest,
    rolling_deviation,
    rolling_mean,
    shifted,
)
from tradegen.data.row import BoolArray, FloatArray

SignalArray = npt.NDArray[np.int8]

ATR_BARS = 14


def average_true_range(bars: Histories) -> FloatArray:
    """Return the mean true range of 14 bars up to each, in price, shape `(n, t)`."""
    return rolling_mean(bars.true_range, ATR_BARS)


def always_long(bars: Histories) -> SignalArray:
    """Long whenever nothing is open: what the market's drift gives."""
    up = ~np.isnan(bars.close)
    return _signal(up, np.zeros_like(up))


def momentum(bars: Histories) -> SignalArray:
    """With a move of 20 bars of more than 3 average true ranges.

    Jegadeesh and Titman, 1993, "Returns to buying winners and selling losers", Journal of Finance.
    """
    return _beyond(bars.close - shifted(bars.close, 20), 3 * average_true_range(bars))


def reversal(bars: Histories) -> SignalArray:
    """Against a move of 5 bars of more than 2 average true ranges.

    Lehmann, 1990, "Fads, martingales, and market efficiency", Quarterly Journal of Economics.
    """
    return -_beyond(bars.close - shifted(bars.close, 5), 2 * average_true_range(bars))


def breakout(bars: Histories) -> SignalArray:
    """With a close beyond the extremes of the 20 bars before (Donchian's channel; Faith, 2003)."""
    ceiling, floor = shifted(highest(bars.high, 20), 1), shifted(lowest(bars.low, 20), 1)
    return _signal(bars.close > ceiling, bars.close < floor)


def failed_breakout(bars: Histories) -> SignalArray:
    """Against a bar that went beyond the extremes of the 20 bars before and closed within.

    Connors and Raschke, "Street Smarts", 1995 ("turtle soup").
    """
    ceiling, floor = shifted(highest(bars.high, 20), 1), shifted(lowest(bars.low, 20), 1)
    fell_back = (bars.high > ceiling) & (bars.close < ceiling)
    came_back = (bars.low < floor) & (bars.close > floor)
    return _signal(came_back & ~fell_back, fell_back & ~came_back)


def average_cross(bars: Histories) -> SignalArray:
    """With the mean of 5 closes when it crosses that of 20.

    Brock, Lakonishok and LeBaron, 1992, "Simple technical trading rules", Journal of Finance.
    """
    ahead = rolling_mean(bars.close, 5) - rolling_mean(bars.close, 20)
    before = shifted(ahead, 1)
    return _signal((ahead > 0) & (before <= 0), (ahead < 0) & (before >= 0))


def rsi_reversal(bars: Histories) -> SignalArray:
    """Against an RSI of 14 bars below 30 or above 70.

    Rises over rises and falls, in plain means (Cutler's variant of Wilder, 1978).
    """
    change = bars.close - shifted(bars.close, 1)
    rise, fall = (rolling_mean(np.maximum(one, 0.0), 14) for one in (change, -change))
    moved = rise + fall
    return _signal(rise < 0.3 * moved, rise > 0.7 * moved)


def bollinger_reversal(bars: Histories) -> SignalArray:
    """Against a close more than 2 standard deviations from the mean of 20 closes.

    Bollinger, "Bollinger on Bollinger Bands", 2001.
    """
    distance = bars.close - rolling_mean(bars.close, 20)
    return -_beyond(distance, 2 * rolling_deviation(bars.close, 20))


def squeeze(bars: Histories) -> SignalArray:
    """With a close beyond the 5 bars before when 5 bars ranged less than any 5 of the last 20 did.

    Crabel, "Day Trading with Short Term Price Patterns and Opening Range Breakout", 1990.
    """
    ceiling, floor = shifted(highest(bars.high, 5), 1), shifted(lowest(bars.low, 5), 1)
    width = ceiling - floor
    narrow = width <= lowest(width, 16)
    return _signal(narrow & (bars.close > ceiling), narrow & (bars.close < floor))


def wide_range(bars: Histories) -> SignalArray:
    """With the body of a bar whose true range is above twice the average of the 14 bars before."""
    wide = bars.true_range > 2 * shifted(average_true_range(bars), 1)
    return _signal(wide & (bars.body > 0), wide & (bars.body < 0))


def heavy_volume(bars: Histories) -> SignalArray:
    """With the close-to-close move of a bar of more than twice the mean volume of 20 before.

    Gervais, Kaniel and Mingelgrin, 2001, "The high-volume return premium", Journal of Finance.
    """
    heavy = bars.volume > 2 * shifted(rolling_mean(bars.volume, 20), 1)
    before = shifted(bars.close, 1)
    return _signal(heavy & (bars.close > before), heavy & (bars.close < before))


def quiet_pullback(bars: Histories) -> SignalArray:
    """With a trend of 20 bars, when the last bar went against it on less than half the volume."""
    trend = bars.close - shifted(bars.close, 20)
    quiet = bars.volume < 0.5 * rolling_mean(bars.volume, 20)
    move = bars.close - shifted(bars.close, 1)
    return _signal(quiet & (trend > 0) & (move < 0), quiet & (trend < 0) & (move > 0))


def gap_fade(bars: Histories) -> SignalArray:
    """Against a gap of more than half an average true range that its bar did not close.

    Where bars follow each other without a rest there are hardly any gaps, and hardly any trades.
    """
    before = shifted(bars.close, 1)
    size = 0.5 * shifted(average_true_range(bars), 1)
    gap = bars.open - before
    opened_up = (gap > size) & (bars.close > before)
    opened_down = (gap < -size) & (bars.close < before)
    return _signal(opened_down, opened_up)


def inside_bar(bars: Histories) -> SignalArray:
    """With the move of 10 bars after a bar that lies within the one before."""
    inside = (bars.high < shifted(bars.high, 1)) & (bars.low > shifted(bars.low, 1))
    move = bars.close - shifted(bars.close, 10)
    return _signal(inside & (move > 0), inside & (move < 0))


def engulfing(bars: Histories) -> SignalArray:
    """With a bar whose body covers the opposite body of the one before (Nison, 1991)."""
    body, before = bars.body, shifted(bars.body, 1)
    first_open, first_close = shifted(bars.open, 1), shifted(bars.close, 1)
    rose = (body > 0) & (before < 0) & (bars.open <= first_close) & (bars.close >= first_open)
    fell = (body < 0) & (before > 0) & (bars.open >= first_close) & (bars.close <= first_open)
    return _signal(rose, fell)


def three_in_a_row(bars: Histories) -> SignalArray:
    """Against three closes in a row that each went the same way."""
    change = bars.close - shifted(bars.close, 1)
    rises, falls = -highest(-change, 3) > 0, highest(change, 3) < 0
    return _signal(falls, rises)


def _signal(up: BoolArray, down: BoolArray) -> SignalArray:
    return up.astype(np.int8) - down.astype(np.int8)


def _beyond(values: FloatArray, limit: FloatArray) -> SignalArray:
    return _signal(values > limit, values < -limit)
