"""What is learned once from gold train: standardised bars and the facts of each trade."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tradegen.data.gold import Gold
from tradegen.data.interval import interval_lengths
from tradegen.data.market import Market
from tradegen.data.row import LOOKBACK, BoolArray, FloatArray, IntArray
from tradegen.data.rows import Rows
from tradegen.engines.embedded.own_columns import OwnColumns, learn_own_columns

DECAY = 0.94
"""Decay of the exponentially weighted variance that standardises bars (RiskMetrics, 1996)."""

VOLUME_DECAY = 0.9

_MIDDLE = 1e-4
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class BarDonors:
    """Standardised bars of all donors, flat, and where each gold row's donors are.

    Per bar, divided by the volatility known before it: `gap` (log open over the close before),
    `body` (log close over open), `upper` and `lower` (log distances of high and low from the
    body), and `volume` (log volume less its moving average). Row `i` owns the bars from
    `start[i]` to `end[i]`; a row's first bar has no gap and is no donor.
    """

    gap: FloatArray
    body: FloatArray
    upper: FloatArray
    lower: FloatArray
    volume: FloatArray
    start: IntArray
    end: IntArray


@dataclass(frozen=True, slots=True)
class Fill:
    """Where in its bar a fill lies: a share of the body or of the range; shapes `(n_train,)`.

    `exact` marks prices that are a bar's exact middle, as estimated prices are.
    """

    of_body: BoolArray
    share: FloatArray
    exact: BoolArray
    offset: FloatArray


@dataclass(frozen=True, slots=True)
class TradeDonors:
    """The facts of each gold trade, shape `(n_train,)` or `(n_train, k)`.

    `context` describes the market at entry, `exit_state` the trade's result at exit in units of
    its volatility, `holding` the bars from entry to exit.
    """

    long: BoolArray
    holding: IntArray
    context: FloatArray
    exit_state: FloatArray
    entry: Fill
    exit: Fill
    quantity: FloatArray
    notional_is_steady: BoolArray
    log_volume: FloatArray
    entry_price: FloatArray


@dataclass(frozen=True)
class Donors:
    """Everything the embedded engine knows of gold train.

    `kind` numbers the combinations of interval and calendar; only bars of the same kind mix.
    `slots` holds the bar times of each kind between the first train bar and the holdout.
    `two_sided` says for each kind whether it was traded long and short, shape `(n_kinds,)`.
    `own` knows the user's own columns. `index` finds a gold row by trade_id.
    """

    rows: Rows
    market: Market
    volatility: FloatArray
    bars_per_year: FloatArray
    interval: IntArray
    kind: IntArray
    slots: tuple[IntArray, ...]
    bars: BarDonors
    trades: TradeDonors
    two_sided: BoolArray
    own: OwnColumns
    index: Mapping[str, int]

    @cached_property
    def longest(self) -> IntArray:
        """Bars from entry to exit of the longest train trade of each kind, shape `(n_kinds,)`."""
        kinds = range(len(self.slots))
        return np.array([self.trades.holding[self.kind == kind].max() for kind in kinds])


def learn_donors(gold: Gold) -> Donors:
    """Learn from gold's train rows; nothing else of gold is looked at."""
    rows, market = gold.train, gold.market
    bars_per_year = market.bars_per_year(rows)
    kind, slots = _kinds(rows, market, gold.begins)
    return Donors(
        rows=rows,
        market=market,
        volatility=gold.volatility,
        bars_per_year=bars_per_year,
        interval=interval_lengths(rows.interval),
        kind=kind,
        slots=slots,
        bars=_standardise(rows),
        trades=_trade_facts(rows, gold.volatility / np.sqrt(bars_per_year)),
        two_sided=np.array([_two_sided(rows.long[kind == k]) for k in range(len(slots))]),
        own=learn_own_columns(rows, gold.extras, kind),
        index={trade_id: k for k, trade_id in enumerate(rows.trade_id.tolist())},
    )


def _two_sided(long: BoolArray) -> bool:
    return bool(long.any() and not long.all())


def _kinds(rows: Rows, market: Market, begins: int | None) -> tuple[IntArray, tuple[IntArray, ...]]:
    kind = np.zeros(len(rows), dtype=np.int64)
    slots = []
    end = begins if begins is not None else int(rows.bars.time.max()) + 1
    for number, (calendar, interval, index) in enumerate(market.calendar_groups(rows)):
        kind[index] = number
        start = int(rows.window_start[index].min())
        slots.append(calendar.slots(interval, start, end))
    return kind, tuple(slots)


def _standardise(rows: Rows) -> BarDonors:
    bars, n = rows.bars, len(rows.bars)
    first = np.zeros(n, dtype=np.bool_)
    first[rows.offsets[:-1]] = True
    previous = np.where(first, bars.open, np.roll(bars.close, 1))
    gap, body = np.log(bars.open / previous), np.log(bars.close / bars.open)
    scale = _volatility_before(rows, gap + body)
    log_volume = np.log1p(bars.volume)
    return BarDonors(
        gap=gap / scale,
        body=body / scale,
        upper=np.log(bars.high / np.maximum(bars.open, bars.close)) / scale,
        lower=np.log(np.minimum(bars.open, bars.close) / bars.low) / scale,
        volume=log_volume - _average_before(rows, log_volume),
        start=rows.offsets[:-1] + 1,
        end=rows.offsets[1:],
    )


def _padded(rows: Rows, values: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Return flat per-bar values as `(n, longest)` with a mask of the real ones."""
    lengths = rows.n_bars
    mask = np.arange(int(lengths.max())) < lengths[:, None]
    padded = np.zeros(mask.shape)
    padded[mask] = values
    return padded, mask


def _volatility_before(rows: Rows, returns: FloatArray) -> FloatArray:
    """Return the volatility known before each bar (exponentially weighted), flat."""
    padded, mask = _padded(rows, returns)
    counts = np.maximum(mask[:, 1:].sum(axis=1), 1)
    mean_square = (padded[:, 1:] ** 2).sum(axis=1) / counts
    variance = np.empty_like(padded)
    state = mean_square.copy()
    for t in range(padded.shape[1]):
        variance[:, t] = state
        if t:
            state = DECAY * state + (1 - DECAY) * padded[:, t] ** 2
    floor = 0.05 * mean_square[:, None] + _TINY**2
    result: FloatArray = np.sqrt(np.maximum(variance, floor))[mask]
    return result


def _average_before(rows: Rows, values: FloatArray) -> FloatArray:
    padded, mask = _padded(rows, values)
    average = np.empty_like(padded)
    state = padded[:, :LOOKBACK].mean(axis=1)
    for t in range(padded.shape[1]):
        average[:, t] = state
        state = VOLUME_DECAY * state + (1 - VOLUME_DECAY) * padded[:, t]
    return average[mask]


def _trade_facts(rows: Rows, bar_volatility: FloatArray) -> TradeDonors:
    holding = rows.n_bars - 1 - LOOKBACK
    direction = np.where(rows.long, 1.0, -1.0)
    result = direction * np.log(rows.exit_price / rows.entry_price)
    notional = rows.quantity * rows.entry_price
    return TradeDonors(
        long=rows.long,
        holding=holding,
        context=entry_context(rows.lookback(rows.bars.close)),
        exit_state=result / (bar_volatility * np.sqrt(holding + 1.0) + _TINY),
        entry=_fill(rows, rows.entry_price, rows.entry_time, rows.entry_bar),
        exit=_fill(rows, rows.exit_price, rows.exit_time, rows.exit_bar),
        quantity=rows.quantity,
        notional_is_steady=_steadier(rows.symbol, np.log(notional), np.log(rows.quantity)),
        log_volume=np.log1p(rows.lookback(rows.bars.volume)).mean(axis=1),
        entry_price=rows.entry_price,
    )


def entry_context(close: FloatArray) -> FloatArray:
    """Return the standardised moves over 3, 10 and 27 bars before entry, shape `(n, 3)`.

    `close` holds the lookback's closes, shape `(n, 64)`.
    """
    log_close = np.log(close)
    scale = np.maximum(np.diff(log_close, axis=1).std(axis=1), _TINY)
    moves = [(log_close[:, -1] - log_close[:, -1 - k]) / (scale * np.sqrt(k)) for k in (3, 10, 27)]
    return np.stack(moves, axis=1)


def _fill(rows: Rows, price: FloatArray, time: IntArray, bar: npt.NDArray[np.int64]) -> Fill:
    bars = rows.bars
    open_, high, low, close = bars.open[bar], bars.high[bar], bars.low[bar], bars.close[bar]
    body = close - open_
    share_of_body = (price - open_) / np.where(body == 0, 1.0, body)
    of_body = (body != 0) & (share_of_body >= 0) & (share_of_body <= 1)
    range_ = np.where(high > low, high - low, 1.0)
    share_of_range = np.clip((price - low) / range_, 0.0, 1.0)
    return Fill(
        of_body=of_body,
        share=np.where(of_body, share_of_body, share_of_range),
        exact=of_body & (np.abs(share_of_body - 0.5) < _MIDDLE),
        offset=(time - bars.time[bar]) / interval_lengths(rows.interval),
    )


def _steadier(
    symbol: npt.NDArray[np.str_], log_notional: FloatArray, log_quantity: FloatArray
) -> BoolArray:
    """Return for each row whether its symbol is sized by value rather than by number of units."""
    names, inverse, counts = np.unique(symbol, return_inverse=True, return_counts=True)
    overall = bool(log_notional.std() < log_quantity.std())
    steady = np.full(len(names), overall)
    for k in np.flatnonzero(counts >= 20):
        own = inverse == k
        steady[k] = log_notional[own].std() < log_quantity[own].std()
    return steady[inverse]
