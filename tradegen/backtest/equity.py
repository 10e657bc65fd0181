"""The equity curve of all trades together, day by day."""

from dataclasses import dataclass

import numpy as np

from tradegen.backtest.replay import Replay
from tradegen.data.interval import DAY_US
from tradegen.data.row import BoolArray, FloatArray, IntArray
from tradegen.data.rows import Rows

_DAYS_OF_A_YEAR = 365.0


@dataclass(frozen=True, slots=True)
class Equity:
    """Returns of a book by UTC day, `(n_days,)` each.

    `day` counts days since 1970, `returns` are fractions after costs, 0 while nothing is open;
    `n_open` is the number of positions open at some time of the day.
    """

    day: IntArray
    returns: FloatArray
    n_open: IntArray

    def __len__(self) -> int:
        return len(self.day)


def daily_equity(replayed: Replay, days: IntArray) -> Equity:
    """Return the daily returns of a fully invested book in which all open positions weigh alike.

    Every trade has the same stake, whatever its size in the log, so that trades of different
    traders, and few and many of them, compare. A position's return of a day is the net profit made
    in the day's bars as a fraction of its stake at entry (over all days they add up to the trade's
    net return); the book's is the mean over the positions open on that day, and 0 while none is. A
    bar belongs to the UTC day in which it opens.

    `days` are the market's days, as `market_days` finds them; those before the first and after the
    last trade are left out. Raises ValueError if a day of the replay is not among them.

    The more trades are open together, the less of each one's risk is left: compare volatility and
    drawdown only between books of about as many trades over about as many days.
    """
    traded = replayed.path_time // DAY_US
    if len(traded) == 0:
        return Equity(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64))
    if not np.isin(traded, days).all():
        raise ValueError("a bar opens on a day that is not among the market's days")
    axis = days[(days >= traded.min()) & (days <= traded.max())]
    owner = replayed.owner
    at = np.searchsorted(axis, traded)
    earned = np.bincount(at, replayed.path_pnl / replayed.stake[owner], len(axis))
    n_open = np.bincount(at[_new_days(traded, owner)], minlength=len(axis))
    return Equity(axis, earned / np.maximum(n_open, 1), n_open)


def days_open(replayed: Replay) -> IntArray:
    """Return on how many UTC days each position was open, shape `(n,)`."""
    traded, owner = replayed.path_time // DAY_US, replayed.owner
    return np.bincount(owner[_new_days(traded, owner)], minlength=len(replayed))


def market_days(rows: Rows) -> IntArray:
    """Return the UTC days, since 1970, in which some bar of some row opens: increasing, unique.

    Bars before the entries count too: they show on which days the market was open.
    """
    result: IntArray = np.unique(rows.bars.time // DAY_US)
    return result


def days_per_year(rows: Rows) -> float:
    """Return how many days a year the rows' market is open: about 252 or 365; NaN without rows.

    The share of days on which a row has bars, from its first bar's day to its last bar's, all rows
    together. A market calendar, where one is known, is exact.
    """
    day = rows.bars.time // DAY_US
    owner = np.repeat(np.arange(len(rows)), rows.n_bars)
    later = int(((np.diff(day) != 0) & (np.diff(owner) == 0)).sum())
    span = int((day[rows.exit_bar] - day[rows.offsets[:-1]]).sum())
    return _DAYS_OF_A_YEAR * later / span if span else float("nan")


def _new_days(day: IntArray, owner: IntArray) -> BoolArray:
    """Return which bars are the first that their row has on their day, shape `(n_path,)`."""
    new = np.ones(len(day), dtype=np.bool_)
    new[1:] = (np.diff(day) != 0) | (np.diff(owner) != 0)
    return new
