"""Features of rows by which synthetic ones are compared with real ones.

They share no code with the features that any engine judges itself by.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tradegen.data.interval import DAY_US, HOUR_US, interval_lengths
from tradegen.data.row import LOOKBACK, FloatArray, IntArray
from tradegen.data.rows import Rows

_TINY = 1e-9

FRAGILE = (
    *("no upper shadow", "no lower shadow", "no gap", "unchanged closes", "no range"),
    *("whole volumes", "closes in cents", "whole quantity"),
    *("gap variance share", "gap size", "gap against body", "gap against range"),
)
"""Features of ticks, lots and gaps: where there are none, the least noise changes them wholly."""

_FIRST_MONDAY_US = 4 * DAY_US


@dataclass(frozen=True, slots=True)
class Features:
    """Named numbers of rows; `values` has shape `(n, len(names))` and is finite."""

    names: tuple[str, ...]
    values: FloatArray

    @classmethod
    def of(cls, columns: Mapping[str, FloatArray]) -> "Features":
        """Return columns of shape `(n,)` side by side."""
        values = np.column_stack([np.asarray(column, np.float64) for column in columns.values()])
        return cls(tuple(columns), values)

    def beside(self, other: "Features") -> "Features":
        """Return these features and then the other's, of the same rows."""
        return Features(self.names + other.names, np.hstack([self.values, other.values]))


def all_features(rows: Rows) -> Features:
    """Return trade features and bar features of rows."""
    return trade_features(rows).beside(bar_features(rows))


def smooth_features(rows: Rows) -> Features:
    """Return all features by which two rows may be near: those that a little noise changes little.

    With ticks and gaps among them, a copy whose prices were moved by a hair would look far off.
    """
    every = all_features(rows)
    kept = [k for k, name in enumerate(every.names) if name not in FRAGILE]
    return Features(tuple(every.names[k] for k in kept), every.values[:, kept])


@dataclass(frozen=True, slots=True)
class LogBars:
    """Log parts of the lookback's bars 1 to 63, each of shape `(n, 63)`.

    `gap` is open over the close before, `body` close over open, `upper` and `lower` the distances
    of high and low from the body, `volume` the log of 1 plus volume.
    """

    gap: FloatArray
    body: FloatArray
    upper: FloatArray
    lower: FloatArray
    volume: FloatArray

    @property
    def returns(self) -> FloatArray:
        """Close-to-close log returns, shape `(n, 63)`."""
        return self.gap + self.body

    @property
    def ranges(self) -> FloatArray:
        """Log of high over low, shape `(n, 63)`."""
        return self.upper + np.abs(self.body) + self.lower


def log_bars(rows: Rows, n_bars: int = LOOKBACK) -> LogBars:
    """Return the log parts of each row's first `n_bars` bars but the first, `(n, n_bars - 1)`."""
    at = rows.offsets[:-1, None] + np.arange(n_bars)
    open_, high, low, close = (
        np.log(column[at])
        for column in (rows.bars.open, rows.bars.high, rows.bars.low, rows.bars.close)
    )
    return LogBars(
        gap=open_[:, 1:] - close[:, :-1],
        body=(close - open_)[:, 1:],
        upper=(high - np.maximum(open_, close))[:, 1:],
        lower=(np.minimum(open_, close) - low)[:, 1:],
        volume=np.log1p(rows.bars.volume[at])[:, 1:],
    )


def bar_features(rows: Rows) -> Features:
    """Return what the lookback looks like, free of price level but for the last four columns."""
    parts = log_bars(rows)
    returns, ranges = parts.returns, parts.ranges
    scale = np.maximum(returns.std(axis=1), _TINY)
    standard = centred(returns) / scale[:, None]
    size = np.abs(standard)
    spread = np.maximum(ranges, _TINY)
    log_range = np.log(np.maximum(ranges, 1e-3 * scale[:, None]))
    total = np.abs(returns).sum(axis=1)
    parkinson = np.sqrt((ranges**2).mean(axis=1) / (4 * np.log(2)))
    price = rows.lookback(rows.bars.close)
    return Features.of(
        {
            "log volatility": np.log(scale),
            "log kurtosis": np.log((standard**4).mean(axis=1) + _TINY),
            "skewness": (standard**3).mean(axis=1),
            "largest move": size.max(axis=1),
            "ACF of returns, lag 1": autocorrelation(returns, 1),
            "ACF of returns, lag 2": autocorrelation(returns, 2),
            "ACF of absolute returns, lag 1": autocorrelation(size, 1),
            "ACF of absolute returns, lag 5": autocorrelation(size, 5),
            "leverage": correlation(standard[:, :-1], size[:, 1:]),
            "Parkinson over close-to-close": np.log((parkinson + _TINY) / scale),
            "body share": (np.abs(parts.body) / spread).mean(axis=1),
            "upper shadow share": (parts.upper / spread).mean(axis=1),
            "lower shadow share": (parts.lower / spread).mean(axis=1),
            "no upper shadow": (parts.upper <= _TINY).mean(axis=1),
            "no lower shadow": (parts.lower <= _TINY).mean(axis=1),
            "no gap": (np.abs(parts.gap) <= _TINY).mean(axis=1),
            "unchanged closes": (np.abs(returns) <= _TINY).mean(axis=1),
            "no range": (ranges <= _TINY).mean(axis=1),
            "gap variance share": parts.gap.var(axis=1) / (scale**2),
            "gap size": np.log1p(np.abs(parts.gap).mean(axis=1) / scale),
            "gap against body": correlation(parts.gap, parts.body),
            "gap against range": correlation(np.abs(parts.gap), log_range),
            "spread of ranges": log_range.std(axis=1),
            "ACF of ranges, lag 1": autocorrelation(log_range, 1),
            "ACF of ranges, lag 5": autocorrelation(log_range, 5),
            "spread of volume": parts.volume.std(axis=1),
            "ACF of volume, lag 1": autocorrelation(parts.volume, 1),
            "ACF of volume, lag 5": autocorrelation(parts.volume, 5),
            "volume against absolute returns": correlation(parts.volume, size),
            "volume against range": correlation(parts.volume, log_range),
            "trend of volume": parts.volume[:, -16:].mean(axis=1) - parts.volume.mean(axis=1),
            "trend of range": log_range[:, -16:].mean(axis=1) - log_range.mean(axis=1),
            "trendiness": np.abs(returns.sum(axis=1)) / np.maximum(total, _TINY),
            "drift": returns.sum(axis=1) / (scale * np.sqrt(returns.shape[1])),
            "log volume": parts.volume.mean(axis=1),
            "log turnover": parts.volume.mean(axis=1) + np.log(price).mean(axis=1),
            "whole volumes": _whole(rows.lookback(rows.bars.volume)).mean(axis=1),
            "closes in cents": _whole(100 * price).mean(axis=1),
        }
    )


def trade_features(rows: Rows) -> Features:
    """Return what the trade looks like: entry, holding, result, fills, size and time.

    Moves are in units of the lookback's volatility per bar; excursions and results in units of
    it times the square root of the bars held.
    """
    parts = log_bars(rows)
    scale = np.maximum(parts.returns.std(axis=1), _TINY)
    direction = np.where(rows.long, 1.0, -1.0)
    held = (rows.n_bars - 1 - LOOKBACK).astype(np.float64)
    unit = scale * np.sqrt(held + 1)
    up, down = excursions(rows)
    hour = 2 * np.pi * (rows.entry_time % DAY_US) / DAY_US
    interval = np.maximum(interval_lengths(rows.interval), 1)
    entry_range = np.log(rows.bars.high / rows.bars.low)[rows.entry_bar]
    exit_range = np.log(rows.bars.high / rows.bars.low)[rows.exit_bar]
    usual_range = np.maximum(parts.ranges.mean(axis=1), _TINY)
    entry_volume = np.log1p(rows.bars.volume[rows.entry_bar])
    return Features.of(
        {
            "long": rows.long.astype(np.float64),
            "log interval": np.log(interval / HOUR_US),
            "log bars held": np.log1p(held),
            "result": direction * np.log(rows.exit_price / rows.entry_price) / unit,
            "best excursion": np.where(rows.long, up, down) / unit,
            "worst excursion": np.where(rows.long, down, up) / unit,
            "entry's place in its bar": _place(rows, rows.entry_price, rows.entry_bar),
            "exit's place in its bar": _place(rows, rows.exit_price, rows.exit_bar),
            "entry's offset in its bar": _offset(rows.entry_time, rows, rows.entry_bar) / interval,
            "exit's offset in its bar": _offset(rows.exit_time, rows, rows.exit_bar) / interval,
            "hour, sine": np.sin(hour),
            "hour, cosine": np.cos(hour),
            "weekday": ((rows.entry_time - _FIRST_MONDAY_US) // DAY_US % 7).astype(np.float64),
            "move of 3 bars": direction * parts.returns[:, -3:].sum(axis=1) / scale / np.sqrt(3),
            "move of 10 bars": direction * parts.returns[:, -10:].sum(axis=1) / scale / np.sqrt(10),
            "move of 27 bars": direction * parts.returns[:, -27:].sum(axis=1) / scale / np.sqrt(27),
            "place in 10 bars": _place_in_range(rows, 10),
            "place in 63 bars": _place_in_range(rows, 63),
            "range of entry bar": np.log((entry_range + _TINY) / usual_range),
            "range of exit bar": np.log((exit_range + _TINY) / usual_range),
            "volume of entry bar": entry_volume - parts.volume.mean(axis=1),
            "range before entry": np.log(parts.ranges[:, -3:].mean(axis=1) / usual_range + _TINY),
            "volume before entry": parts.volume[:, -3:].mean(axis=1) - parts.volume.mean(axis=1),
            "log quantity": np.log(rows.quantity),
            "log value": np.log(rows.quantity * rows.entry_price),
            "log price": np.log(rows.entry_price),
            "whole quantity": _whole(rows.quantity),
        }
    )


def excursions(rows: Rows) -> tuple[FloatArray, FloatArray]:
    """Return the log distances of the trade's highest high and lowest low from entry, `(n,)` each.

    Both are positive when the market went beyond the entry price.
    """
    owner = np.repeat(np.arange(len(rows)), rows.n_bars)
    traded = np.arange(len(rows.bars)) >= rows.entry_bar[owner]
    starts = rows.offsets[:-1]
    highest = np.maximum.reduceat(np.where(traded, rows.bars.high, -np.inf), starts)
    lowest = np.minimum.reduceat(np.where(traded, rows.bars.low, np.inf), starts)
    return np.log(highest / rows.entry_price), np.log(rows.entry_price / lowest)


def centred(values: FloatArray) -> FloatArray:
    """Return each row of `(n, t)` less its mean."""
    result: FloatArray = values - values.mean(axis=1, keepdims=True)
    return result


def autocorrelation(values: FloatArray, lag: int) -> FloatArray:
    """Return each row's autocorrelation at a lag, shape `(n,)`; 0 for constant rows."""
    deviation = centred(values)
    variance = np.maximum((deviation**2).mean(axis=1), _TINY**2)
    result: FloatArray = (deviation[:, lag:] * deviation[:, :-lag]).mean(axis=1) / variance
    return result


def correlation(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the correlation of each row of `a` with that of `b`, shape `(n,)`; 0 if constant."""
    a, b = centred(a), centred(b)
    norm = np.sqrt((a**2).mean(axis=1) * (b**2).mean(axis=1))
    result: FloatArray = (a * b).mean(axis=1) / np.maximum(norm, _TINY**2)
    return result


def _whole(values: FloatArray) -> FloatArray:
    return (np.abs(values - np.round(values)) <= 1e-6 * np.maximum(np.abs(values), 1)).astype(float)


def _place(rows: Rows, price: FloatArray, bar: IntArray) -> FloatArray:
    """Return where in its bar a price lies: 0 at the low, 1 at the high; 0.5 without a range."""
    high, low = rows.bars.high[bar], rows.bars.low[bar]
    open_ = high > low
    return np.where(open_, (price - low) / np.where(open_, high - low, 1.0), 0.5)


def _place_in_range(rows: Rows, count: int) -> FloatArray:
    """Return where the last close lies between the extremes of the lookback's last bars."""
    high = rows.lookback(rows.bars.high)[:, -count:].max(axis=1)
    low = rows.lookback(rows.bars.low)[:, -count:].min(axis=1)
    last = rows.lookback(rows.bars.close)[:, -1]
    return np.where(high > low, (last - low) / np.where(high > low, high - low, 1.0), 0.5)


def _offset(time: IntArray, rows: Rows, bar: IntArray) -> FloatArray:
    return (time - rows.bars.time[bar]).astype(np.float64)
