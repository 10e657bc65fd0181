"""What is learned once from gold train: how its bars come about, and the facts of each trade."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tradegen.data.gold import Gold
from tradegen.data.grid import snap, usual_tick
from tradegen.data.interval import interval_lengths
from tradegen.data.market import Market
from tradegen.data.row import LOOKBACK, BoolArray, FloatArray, IntArray
from tradegen.data.rows import Rows
from tradegen.engines.embedded.activity import learn_activity
from tradegen.engines.embedded.exits import ExitModel, learn_exits
from tradegen.engines.embedded.neighbours import find_neighbours
from tradegen.engines.embedded.own_columns import OwnColumns, learn_own_columns
from tradegen.engines.embedded.paths import BarModel
from tradegen.engines.embedded.shapes import learn_shapes
from tradegen.engines.embedded.windows import (
    Clock,
    clocks,
    intervals_of,
    learn_windows,
)

_ALIKE = 9
_MIDDLE = 1e-4
_NEARLY_ALL = 0.95
_SAME_SIZE = 1e-4
_FEWEST_SHARING = 3
_LONGEST_STEP = 0.3
_TINY = 1e-9


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
    value_is_usual: BoolArray
    quantity_is_usual: BoolArray
    size_below: FloatArray
    size_above: FloatArray
    tick: FloatArray
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
    clocks: tuple[Clock, ...]
    bars: BarModel
    trades: TradeDonors
    exits: ExitModel
    two_sided: BoolArray
    own: OwnColumns
    index: Mapping[str, int]

    @cached_property
    def longest(self) -> IntArray:
        """Bars from entry to exit of the longest train trade of each kind, shape `(n_kinds,)`."""
        kinds = range(len(self.slots))
        return np.array([self.trades.holding[self.kind == kind].max() for kind in kinds])


def learn_donors(gold: Gold) -> Donors:
    """Learn from gold's train rows; of the holdout, only when it begins is looked at."""
    rows, market = gold.train, gold.market
    bars_per_year = market.bars_per_year(rows)
    kind, slots = _kinds(rows, market, gold.begins)
    by = clocks(slots, intervals_of(rows, kind, len(slots)))
    windows = learn_windows(rows, market, kind, by)
    activity = learn_activity(windows, sum(clock.n_places for clock in by))
    neighbours = find_neighbours(windows, rows, kind)
    return Donors(
        rows=rows,
        market=market,
        volatility=gold.volatility,
        bars_per_year=bars_per_year,
        interval=interval_lengths(rows.interval),
        kind=kind,
        slots=slots,
        clocks=by,
        bars=BarModel(activity, learn_shapes(windows, activity), neighbours),
        trades=_trade_facts(rows, market, gold.volatility / np.sqrt(bars_per_year)),
        exits=learn_exits(
            rows,
            kind,
            len(slots),
            windows.row[neighbours[np.arange(len(rows)), rows.long.astype(np.int64), :_ALIKE]],
        ),
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


def _trade_facts(rows: Rows, market: Market, bar_volatility: FloatArray) -> TradeDonors:
    holding = rows.n_bars - 1 - LOOKBACK
    direction = np.where(rows.long, 1.0, -1.0)
    result = direction * np.log(rows.exit_price / rows.entry_price)
    notional = rows.quantity * rows.entry_price
    steady = _steadier(rows.symbol, np.log(notional), np.log(rows.quantity))
    below, above = _steps(np.where(steady, notional, rows.quantity), steady)
    return TradeDonors(
        long=rows.long,
        holding=holding,
        context=entry_context(rows.lookback(rows.bars.close)),
        exit_state=result / (bar_volatility * np.sqrt(holding + 1.0) + _TINY),
        entry=_fill(rows, rows.entry_price, rows.entry_time, rows.entry_bar),
        exit=_fill(rows, rows.exit_price, rows.exit_time, rows.exit_bar),
        quantity=rows.quantity,
        notional_is_steady=steady,
        value_is_usual=_shared(notional),
        size_below=below,
        size_above=above,
        quantity_is_usual=_shared(rows.quantity),
        tick=_ticks(rows, market),
        log_volume=np.log1p(rows.lookback(rows.bars.volume)).mean(axis=1),
        entry_price=rows.entry_price,
    )


def _ticks(rows: Rows, market: Market) -> FloatArray:
    """Return each row's own tick: the symbol's usual one, or a finer one if its bars are off it.

    Prices adjusted for a split or dividend lie on another grid than later ones of the symbol.
    """
    usual, exact = (market.steps(rows.symbol, name) for name in ("usual_tick", "price_tick"))
    close = rows.lookback(rows.bars.close)
    on = np.isclose(snap(close, usual[:, None]), close, rtol=1e-9, atol=0).mean(axis=1)
    tick = usual.copy()
    for k in np.flatnonzero(on < _NEARLY_ALL):
        tick[k] = usual_tick(close[k], float(exact[k]))
    return tick


def _steps(sizes: FloatArray, steady: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return the log steps from each size down and up to the next of its measure, limited."""
    below, above = np.zeros(len(sizes)), np.zeros(len(sizes))
    for measure in (True, False):
        own = np.flatnonzero(steady == measure)
        if len(own) == 0:
            continue
        known = np.unique(np.log(sizes[own]))
        at = np.searchsorted(known, np.log(sizes[own]))
        below[own] = known[at] - known[np.maximum(at - 1, 0)]
        above[own] = known[np.minimum(at + 1, len(known) - 1)] - known[at]
    return np.minimum(below, _LONGEST_STEP), np.minimum(above, _LONGEST_STEP)


def _shared(sizes: FloatArray) -> BoolArray:
    """Return which sizes at least 3 trades have, a ten-thousandth more or less."""
    ordered = np.sort(sizes)
    upper = np.searchsorted(ordered, sizes * (1 + _SAME_SIZE), side="right")
    lower = np.searchsorted(ordered, sizes * (1 - _SAME_SIZE), side="left")
    result: BoolArray = upper - lower >= _FEWEST_SHARING
    return result


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
