"""Features by which the realism of a row is judged: free of price level and volatility."""

from dataclasses import dataclass

import numpy as np

from tradegen.data.row import LOOKBACK, FloatArray
from tradegen.data.rows import Rows
from tradegen.engines.embedded.correlations import correlation
from tradegen.engines.embedded.donors import entry_context

_TINY = 1e-9
_PATH = ("bars", "entry_price", "exit_price")
_EXIT = ("bars", "exit_time", "exit_price")


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature's name, the field it speaks of, and the fields that may change to mend it."""

    name: str
    field: str
    fields: tuple[str, ...]


FEATURES = (
    Feature("tail weight of returns", "bars", _PATH),
    Feature("autocorrelation of returns", "bars", _PATH),
    Feature("autocorrelation of absolute returns", "bars", _PATH),
    Feature("range against close-to-close volatility", "bars", _PATH),
    Feature("body in the range", "bars", _PATH),
    Feature("upper shadow in the range", "bars", _PATH),
    Feature("lower shadow in the range", "bars", _PATH),
    Feature("gaps between bars", "bars", _PATH),
    Feature("spread of ranges", "bars", _PATH),
    Feature("autocorrelation of ranges", "bars", _PATH),
    Feature("trendiness", "bars", _PATH),
    Feature("share of unchanged closes", "bars", _PATH),
    Feature("spread of volume", "bars.volume", ("bars.volume",)),
    Feature("autocorrelation of volume", "bars.volume", ("bars.volume",)),
    Feature("volume against absolute returns", "bars.volume", ("bars.volume",)),
    Feature("holding time", "exit_time", _EXIT),
    Feature("result against volatility", "exit_price", _EXIT),
    Feature("best moment of the trade", "exit_time", _EXIT),
    Feature("worst moment of the trade", "exit_time", _EXIT),
    Feature("entry's place in its bar", "entry_price", ("entry_price",)),
    Feature("exit's place in its bar", "exit_price", ("exit_price",)),
    Feature("move of 3 bars before entry, in its direction", "side", ("side",)),
    Feature("move of 10 bars before entry, in its direction", "side", ("side",)),
    Feature("move of 27 bars before entry, in its direction", "side", ("side",)),
    Feature("size", "quantity", ("quantity",)),
)


def features(rows: Rows) -> FloatArray:
    """Return the features of each row, shape `(n, len(FEATURES))`, all finite."""
    return np.column_stack([*_bar_features(rows), *_trade_features(rows)])


def _bar_features(rows: Rows) -> list[FloatArray]:
    bars = rows.bars
    open_, high, low, close = (
        rows.lookback(column) for column in (bars.open, bars.high, bars.low, bars.close)
    )
    returns = np.diff(np.log(close), axis=1)
    scale = np.maximum(returns.std(axis=1), _TINY)
    standard = (returns - returns.mean(axis=1, keepdims=True)) / scale[:, None]
    log_range = np.log(high / low)
    spread = np.where(high > low, high - low, 1.0)
    parkinson = np.sqrt((log_range**2).mean(axis=1) / (4 * np.log(2)))
    gaps = np.abs(np.log(open_[:, 1:] / close[:, :-1])).mean(axis=1)
    ranges = np.log(np.maximum(log_range, 1e-3 * scale[:, None]))
    volume = np.log1p(rows.lookback(bars.volume))
    return [
        np.log((standard**4).mean(axis=1) + _TINY),
        _autocorrelation(standard),
        _autocorrelation(np.abs(standard)),
        np.log((parkinson + _TINY) / scale),
        (np.abs(close - open_) / spread).mean(axis=1),
        ((high - np.maximum(open_, close)) / spread).mean(axis=1),
        ((np.minimum(open_, close) - low) / spread).mean(axis=1),
        np.log1p(gaps / scale),
        ranges.std(axis=1),
        _autocorrelation(ranges),
        np.abs(returns.sum(axis=1)) / np.maximum(np.abs(returns).sum(axis=1), _TINY),
        (returns == 0).mean(axis=1),
        volume.std(axis=1),
        _autocorrelation(volume),
        correlation(np.abs(standard), volume[:, 1:]),
    ]


def _trade_features(rows: Rows) -> list[FloatArray]:
    bars = rows.bars
    close = rows.lookback(bars.close)
    direction = np.where(rows.long, 1.0, -1.0)
    scale = np.maximum(np.diff(np.log(close), axis=1).std(axis=1), _TINY)
    holding = rows.n_bars - 1 - LOOKBACK
    unit = scale * np.sqrt(holding + 1.0)
    owner = np.repeat(np.arange(len(rows)), rows.n_bars)
    traded = np.arange(len(bars)) >= rows.entry_bar[owner]
    starts = rows.offsets[:-1]
    highest = np.maximum.reduceat(np.where(traded, bars.high, -np.inf), starts)
    lowest = np.minimum.reduceat(np.where(traded, bars.low, np.inf), starts)
    up = np.log(highest / rows.entry_price) / unit
    down = np.log(rows.entry_price / lowest) / unit
    return [
        np.log1p(holding.astype(np.float64)),
        direction * np.log(rows.exit_price / rows.entry_price) / unit,
        np.where(rows.long, up, down),
        np.where(rows.long, down, up),
        _place(rows, rows.entry_price, rows.entry_bar),
        _place(rows, rows.exit_price, rows.exit_bar),
        *(direction[:, None] * entry_context(close)).T,
        np.log(rows.quantity * rows.entry_price),
    ]


def _place(rows: Rows, price: FloatArray, bar: np.ndarray) -> FloatArray:
    high, low = rows.bars.high[bar], rows.bars.low[bar]
    return np.where(high > low, (price - low) / np.where(high > low, high - low, 1.0), 0.5)


def _autocorrelation(values: FloatArray) -> FloatArray:
    centred = values - values.mean(axis=1, keepdims=True)
    variance = np.maximum((centred**2).mean(axis=1), _TINY)
    result: FloatArray = (centred[:, 1:] * centred[:, :-1]).mean(axis=1) / variance
    return result
