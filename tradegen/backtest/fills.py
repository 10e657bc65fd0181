"""Carries out signals bar by bar: enters at the next open, leaves by stop, target or time."""

from dataclasses import dataclass, fields

import numpy as np

from tradegen.backtest.histories import Histories
from tradegen.backtest.signals import SignalArray
from tradegen.data.row import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Exits:
    """When a position is left: distances in average true ranges at the signal, and bars held."""

    stop: float
    target: float
    bars: int


@dataclass(frozen=True, slots=True)
class Positions:
    """`k` closed positions, all columns of shape `(k,)`.

    `row` is the number of the row whose bars they were traded on, `side` +1 or -1, `entry_at` and
    `exit_at` are numbers of bars in it (0 is the first of the lookback); prices are in currency,
    and so is `unit`, the average true range at the signal.
    """

    row: IntArray
    side: IntArray
    entry_at: IntArray
    exit_at: IntArray
    entry_price: FloatArray
    exit_price: FloatArray
    unit: FloatArray

    def __len__(self) -> int:
        return len(self.row)


class _Book:
    """What each row holds while bars pass: one position at the most."""

    def __init__(self, n: int) -> None:
        self.side = np.zeros(n, dtype=np.int64)
        self.entry_at = np.zeros(n, dtype=np.int64)
        self.entry_price, self.unit = np.zeros(n), np.zeros(n)

    def enter(self, t: int, signal: SignalArray, price: FloatArray, unit: FloatArray) -> None:
        """Open positions at bar `t` in rows that hold nothing and have a signal and a unit."""
        new = np.flatnonzero((self.side == 0) & (signal != 0) & (unit > 0) & ~np.isnan(price))
        self.side[new], self.entry_at[new] = signal[new], t
        self.entry_price[new], self.unit[new] = price[new], unit[new]

    def leave(self, t: int, rows: IntArray, price: FloatArray) -> Positions:
        """Close the positions of these rows at bar `t`."""
        closed = Positions(
            row=rows,
            side=self.side[rows],
            entry_at=self.entry_at[rows],
            exit_at=np.full(len(rows), t),
            entry_price=self.entry_price[rows],
            exit_price=price,
            unit=self.unit[rows],
        )
        self.side[rows] = 0
        return closed


def carry_out(bars: Histories, signal: SignalArray, unit: FloatArray, exits: Exits) -> Positions:
    """Return the positions that signals `(n, t)` lead to, by row and then by time.

    A signal at one bar's close is filled at the next bar's open, unless the row already holds a
    position, or `unit`, shape `(n, t)`, is 0 or not known. Within a bar the worst is taken: an open
    beyond stop or target fills at the open; else the stop, if the bar reaches it; else the target.
    After `exits.bars` bars, or at the row's last bar, what is still open is left at the close.
    """
    book = _Book(len(bars))
    by_bar = [
        np.ascontiguousarray(column.T)
        for column in (bars.open, bars.high, bars.low, bars.close, unit)
    ]
    signals = np.ascontiguousarray(signal.T)
    closed = []
    for t in range(1, bars.n_bars):
        open_, high, low, close = (column[t] for column in by_bar[:4])
        book.enter(t, signals[t - 1], open_, by_bar[4][t - 1])
        held = np.flatnonzero(book.side)
        due = (t - book.entry_at[held] + 1 >= exits.bars) | (t == bars.last[held])
        price = _exit_price(book, held, exits, open_[held], high[held], low[held])
        price = np.where(np.isnan(price) & due, close[held], price)
        gone = ~np.isnan(price)
        closed.append(book.leave(t, held[gone], price[gone]))
    return _in_order(closed)


def _exit_price(
    book: _Book,
    held: IntArray,
    exits: Exits,
    open_: FloatArray,
    high: FloatArray,
    low: FloatArray,
) -> FloatArray:
    """Return at which price stop or target are filled in a bar; NaN where neither is."""
    side, entry, unit = book.side[held], book.entry_price[held], book.unit[held]
    stop, target = entry - side * exits.stop * unit, entry + side * exits.target * unit
    worst, best = np.where(side > 0, low, high), np.where(side > 0, high, low)
    gapped = (side * (open_ - stop) <= 0) | (side * (open_ - target) >= 0)
    stopped, reached = side * (worst - stop) <= 0, side * (best - target) >= 0
    return np.select([gapped, stopped, reached], [open_, stop, target], default=np.nan)


def _in_order(parts: list[Positions]) -> Positions:
    names = [field.name for field in fields(Positions)]
    if not parts:
        return Positions(*(np.zeros(0, np.int64),) * 4, *(np.zeros(0),) * 3)
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    order = np.lexsort((columns["entry_at"], columns["row"]))
    return Positions(**{name: column[order] for name, column in columns.items()})
