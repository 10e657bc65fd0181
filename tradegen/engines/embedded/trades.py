"""New trades on new paths: when they are closed, how they are filled, and their size."""

from dataclasses import dataclass

import numpy as np

from tradegen.data.grid import snap
from tradegen.data.row import LOOKBACK, Bars, BoolArray, FloatArray, IntArray
from tradegen.engines.embedded.donors import Donors, Fill, entry_context
from tradegen.engines.embedded.exits import Course

_CONTEXT_WIDTH = 1.0
_EXIT_WIDTH = 0.5
_FILL_JITTER = 0.04
_OFFSET_JITTER = 0.05
_LAST_OFFSET = 0.998
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class BarArrays:
    """Prices of padded bars, each `(n, n_bars)`, on their tick grid."""

    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray

    def where(self, take: BoolArray, other: "BarArrays") -> "BarArrays":
        """Return `other`'s bars where `take` holds, else these; `take` broadcasts."""
        return BarArrays(
            np.where(take, other.open, self.open),
            np.where(take, other.high, self.high),
            np.where(take, other.low, self.low),
            np.where(take, other.close, self.close),
        )

    def flat(self, keep: BoolArray, time: IntArray, volume: FloatArray) -> Bars:
        """Return the bars that `keep` marks, row after row, with their times and volumes."""
        prices = (self.open[keep], self.high[keep], self.low[keep], self.close[keep])
        return Bars(time[keep], *prices, volume[keep])


def entry_donors(
    donors: Donors, seeds: IntArray, kin: BoolArray, close: FloatArray, draw: FloatArray
) -> IntArray:
    """Return the seed that each entry is filled like: one whose market before entry was alike.

    Only seeds marked in `kin`, shape `(n, 3)`, are followed. `close` has shape `(n, n_bars)`,
    `draw` is uniform, of shape `(n,)`, as the result.
    """
    context = entry_context(close[:, :LOOKBACK])
    distance = ((donors.trades.context[seeds] - context[:, None, :]) ** 2).sum(axis=2)
    which = _pick(np.where(kin, -distance / (2 * _CONTEXT_WIDTH**2), -np.inf), draw)
    return seeds[np.arange(len(seeds)), which]


def exit_donors(
    donors: Donors,
    seeds: IntArray,
    kin: BoolArray,
    close: FloatArray,
    long: BoolArray,
    holding: IntArray,
    draw: FloatArray,
) -> IntArray:
    """Return the seed that each exit is filled like: one whose result was alike.

    Results are in units of the volatility times the root of the bars held; see `entry_donors`.
    """
    rows = np.arange(len(seeds))
    log_close = np.log(close)
    scale = np.maximum(np.diff(log_close[:, :LOOKBACK], axis=1).std(axis=1), _TINY)
    result = log_close[rows, LOOKBACK + holding] - log_close[:, LOOKBACK - 1]
    state = np.where(long, 1.0, -1.0) * result / (scale * np.sqrt(holding + 1.0))
    distance = (state[:, None] - donors.trades.exit_state[seeds]) ** 2
    which = _pick(np.where(kin, -distance / (2 * _EXIT_WIDTH**2), -np.inf), draw)
    return seeds[rows, which]


def holdings(
    donors: Donors,
    primary: IntArray,
    bars: BarArrays,
    volume: FloatArray,
    long: BoolArray,
    draw: FloatArray,
    longest: IntArray,
) -> IntArray:
    """Return how many bars each trade is held on its path, at most `longest`, shape `(n,)`.

    Bars and volumes have shape `(n, n_bars)`, `draw` is uniform, of shape `(n,)`.
    """
    course = Course.of(
        (bars.open, bars.high, bars.low, bars.close, volume),
        long,
        donors.exits.patience[primary],
        donors.kind[primary],
    )
    return donors.exits.holding(course, draw, longest)


def pick_seed(seeds: IntArray, kin: BoolArray, draw: FloatArray) -> IntArray:
    """Return one of each row's seeds marked in `kin`, all equally likely, shape `(n,)`."""
    return seeds[np.arange(len(seeds)), _pick(np.where(kin, 0.0, -np.inf), draw)]


def place(
    fill: Fill,
    donor: IntArray,
    bars: BarArrays,
    at: IntArray,
    tick: FloatArray,
    normal: FloatArray,
) -> FloatArray:
    """Return fill prices at the donors' place in the bar, on the tick, inside the bar.

    `at` is the index of each row's bar, shape `(n,)`, and `normal` jitters the place of fills
    that are not a bar's exact middle.
    """
    rows = np.arange(len(donor))
    open_, high, low, close = (
        getattr(bars, name)[rows, at] for name in ("open", "high", "low", "close")
    )
    share = fill.share[donor]
    inside = (share > 0) & (share < 1) & ~fill.exact[donor]
    share = np.clip(share + _FILL_JITTER * normal * inside, 0.0, 1.0)
    price = np.where(
        fill.of_body[donor], open_ + share * (close - open_), low + share * (high - low)
    )
    return np.clip(snap(price, tick), low, high)


def offsets(fill: Fill, donor: IntArray, normal: FloatArray) -> FloatArray:
    """Return how far into its bar each fill happens, as a share; logs by date stay at 0."""
    offset = fill.offset[donor]
    return np.where(offset > 0, np.clip(offset + _OFFSET_JITTER * normal, 0.0, _LAST_OFFSET), 0.0)


def sizes(
    donors: Donors, donor: IntArray, price: FloatArray, lot: FloatArray, draw: FloatArray
) -> FloatArray:
    """Return quantities near the donors', as round as theirs and on the symbol's lot.

    Whether a symbol is sized by value or by units is told from gold. A new size lies between the
    donor's and the next smaller or larger one in gold, so that brackets and limits stay where they
    are; a size that many gold trades share is kept as it is. `draw` is uniform, of shape `(n,)`.
    """
    trades = donors.trades
    by_value = trades.quantity[donor] * trades.entry_price[donor] / price
    keeps_value, keeps_units = trades.value_is_usual[donor], trades.quantity_is_usual[donor]
    wanted = np.where(trades.notional_is_steady[donor], by_value, trades.quantity[donor])
    way = 2 * draw - 1
    step = np.where(way > 0, trades.size_above[donor], trades.size_below[donor])
    quantity = wanted * np.exp(way * step)
    digits = _significant_digits(trades.quantity[donor])
    magnitude = 10.0 ** (np.floor(np.log10(quantity)) + 1 - digits)
    quantity = np.round(np.maximum(np.round(quantity / magnitude), 1.0) * magnitude, 12)
    quantity = np.where(keeps_value, by_value, quantity)
    quantity = np.where(keeps_units, trades.quantity[donor], quantity)
    on_lot = np.where(lot > 0, np.maximum(snap(quantity, lot), lot), quantity)
    return np.maximum(on_lot, _TINY)


def _significant_digits(quantity: FloatArray) -> FloatArray:
    """Return how many significant digits each quantity is written with, at most 8."""
    magnitude = np.floor(np.log10(np.maximum(np.abs(quantity), _TINY)))
    mantissa = np.abs(quantity) / 10.0**magnitude
    digits = np.full(len(quantity), 8.0)
    for count in range(7, 0, -1):
        scaled = mantissa * 10.0 ** (count - 1)
        digits = np.where(np.abs(scaled - np.round(scaled)) < 1e-6, float(count), digits)
    return digits


def _pick(score: FloatArray, draw: FloatArray) -> IntArray:
    """Return a column for each row, drawn with odds `exp(score)`."""
    odds = np.exp(score - score.max(axis=1, keepdims=True))
    cumulative = np.cumsum(odds, axis=1)
    beyond = (draw[:, None] * cumulative[:, -1:] > cumulative).sum(axis=1)
    column: IntArray = np.minimum(beyond, score.shape[1] - 1)
    return column
