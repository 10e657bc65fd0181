"""Replays each round trip on its own bars: what it earned, bar by bar, after costs."""

from dataclasses import dataclass

import numpy as np

from tradegen.backtest.costs import Costs, fill_costs
from tradegen.data.interval import DAY_US
from tradegen.data.row import FloatArray, IntArray
from tradegen.data.rows import Rows


@dataclass(frozen=True, slots=True)
class Replay:
    """`n` replayed round trips; row `i` owns `path_pnl[offsets[i]:offsets[i + 1]]`.

    Columns of rows have shape `(n,)`. `stake` is the position's value at entry, the most it is
    exposed with, in currency, as are `gross_pnl`, `costs` and `net_pnl`. `bars_held` counts the
    bars after the entry bar through the exit bar: 0 for a trade within one bar. `days_held` is time
    between the fills. `worst` and `best` are the adverse and the favourable excursion, fractions of
    the entry price, 0 or more (see `excursions`).

    The path has one value for each bar from the entry bar through the exit bar: `path_pnl` is the
    net profit made in it, in currency, and `path_time` its opening time in microseconds since 1970.
    """

    stake: FloatArray
    gross_pnl: FloatArray
    costs: FloatArray
    bars_held: IntArray
    days_held: FloatArray
    worst: FloatArray
    best: FloatArray
    path_pnl: FloatArray
    path_time: IntArray
    offsets: IntArray

    def __len__(self) -> int:
        return len(self.stake)

    @property
    def net_pnl(self) -> FloatArray:
        """Profit after costs, in currency, shape `(n,)`; what the path adds up to."""
        return self.gross_pnl - self.costs

    @property
    def gross_return(self) -> FloatArray:
        """Profit before costs as a fraction of the stake, shape `(n,)`."""
        return self.gross_pnl / self.stake

    @property
    def net_return(self) -> FloatArray:
        """Profit after costs as a fraction of the stake, shape `(n,)`."""
        return self.net_pnl / self.stake

    @property
    def owner(self) -> IntArray:
        """Number of the row that each bar of the path belongs to, shape `(n_path,)`."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))


def replay(rows: Rows, costs: Costs) -> Replay:
    """Return what each row earned, marked to market at every bar's close.

    A bar's profit is the change from the mark before it to its own: the first mark is the entry
    price, the last the exit price, those between are closes. Entry costs are paid in the entry bar,
    exit costs in the exit bar.
    """
    path, offsets = _traded_bars(rows)
    direction = np.where(rows.long, 1.0, -1.0)
    filled = fill_costs(rows, costs)
    worst, best = excursions(rows)
    signed = (direction * rows.quantity)[np.repeat(np.arange(len(rows)), np.diff(offsets))]
    pnl = signed * _moves(rows, path, offsets)
    pnl[offsets[:-1]] -= filled.entry
    pnl[offsets[1:] - 1] -= filled.exit
    return Replay(
        stake=rows.quantity * rows.entry_price,
        gross_pnl=direction * rows.quantity * (rows.exit_price - rows.entry_price),
        costs=filled.total,
        bars_held=rows.exit_bar - rows.entry_bar,
        days_held=(rows.exit_time - rows.entry_time) / DAY_US,
        worst=worst,
        best=best,
        path_pnl=pnl,
        path_time=rows.bars.time[path],
        offsets=offsets,
    )


def excursions(rows: Rows) -> tuple[FloatArray, FloatArray]:
    """Return the maximum adverse and favourable excursions, fractions of the entry price, `(n,)`.

    How far the price went against the position and with it (Sweeney, "Maximum Adverse Excursion",
    1996), as far as is certain: bars between entry bar and exit bar count with their high and low;
    of these two only a part was lived through, and nobody knows which, so the entry bar counts with
    its close and the exit bar with its open and the exit price. Both are therefore lower bounds.
    """
    path, offsets = _traded_bars(rows)
    one_bar = rows.entry_bar == rows.exit_bar
    high, low = rows.bars.high[path], rows.bars.low[path]
    for price in (high, low):
        price[offsets[:-1]] = rows.bars.close[rows.entry_bar]
        price[offsets[1:] - 1] = np.where(one_bar, rows.entry_price, rows.bars.open[rows.exit_bar])
    fills = np.stack([rows.entry_price, rows.exit_price])
    highest = np.maximum(fills.max(axis=0), _each(np.maximum, high, offsets))
    lowest = np.minimum(fills.min(axis=0), _each(np.minimum, low, offsets))
    up, down = highest / rows.entry_price - 1, 1 - lowest / rows.entry_price
    return np.where(rows.long, down, up), np.where(rows.long, up, down)


def _traded_bars(rows: Rows) -> tuple[IntArray, IntArray]:
    """Return the flat indices of bars from entry bar through exit bar, and each row's offsets."""
    counts = rows.exit_bar - rows.entry_bar + 1
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    start = np.repeat(rows.entry_bar - offsets[:-1], counts)
    return start + np.arange(offsets[-1]), offsets


def _moves(rows: Rows, path: IntArray, offsets: IntArray) -> FloatArray:
    """Return the change of each traded bar's mark from the mark before, shape `(n_path,)`."""
    mark = rows.bars.close[path]
    mark[offsets[1:] - 1] = rows.exit_price
    before = np.concatenate([[0.0], mark[:-1]])[: len(mark)]
    before[offsets[:-1]] = rows.entry_price
    result: FloatArray = mark - before
    return result


def _each(function: np.ufunc, values: FloatArray, offsets: IntArray) -> FloatArray:
    """Return a function's reduction of each row's values, shape `(n,)`."""
    if len(offsets) == 1:
        return np.zeros(0)
    result: FloatArray = function.reduceat(values, offsets[:-1])
    return result
