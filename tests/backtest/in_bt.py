"""The same trades in bt, an engine that shares no code with tradegen: pandas all the way."""

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

from tradegen.backtest.costs import Costs, fill_costs
from tradegen.data.interval import INTERVAL_US
from tradegen.data.row import LOOKBACK, FloatArray, from_microseconds
from tradegen.data.rows import Rows

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what it imports is deprecated here and there
    import bt

_CAPITAL = 1e7


def path_in_bt(rows: Rows, i: int, costs: Costs) -> FloatArray:
    """Return row i's net profit bar by bar: bt fills its quantity and marks it to market.

    Its prices are those of the row's events, each at its own moment: the entry, the closes between,
    the exit. Both fills pay what tradegen says they cost.
    """
    row = rows.row(i)
    length = pd.Timedelta(INTERVAL_US[row.interval], "us")
    traded = row.bars[LOOKBACK:]
    entry, exit_ = pd.Timestamp(row.entry_time), pd.Timestamp(row.exit_time)
    closings = [pd.Timestamp(from_microseconds(us)) + length for us in traded.time[:-1]]
    marks = {entry - length: row.entry_price, entry: row.entry_price}
    marks.update(zip(closings, traded.close[:-1].tolist(), strict=True))
    marks[exit_] = row.exit_price
    size = row.quantity if row.side == "long" else -row.quantity
    orders = {entry: size, exit_: -size}
    paid = fill_costs(rows, costs)
    fees = iter([paid.entry[i], paid.exit[i]])

    def fill(target: bt.Strategy) -> bool:
        if target.now in orders:
            target.transact(orders[target.now], child="made")
        return True

    value = _value([fill], pd.DataFrame({"made": marks}).sort_index(), lambda *_: next(fees))
    changes = value.loc[[entry - length, entry, *closings, exit_]].diff().to_numpy()[1:]
    return np.concatenate([[changes[0] + changes[1]], changes[2:]])


def equity_in_bt(rows: Rows) -> pd.Series:
    """Return the value of a book by day, from the day before the first entry, without costs.

    Trades of daily bars, in and out at closes. At each close bt sells what it has and buys for the
    next day: of every trade that will be open then as many units as its share of the book would
    have bought at its entry price.
    """
    closes: dict[str, pd.Series] = {}
    days_open: dict[str, pd.Series] = {}
    for i in range(len(rows)):
        bars = rows.bars_of(i)
        index = pd.DatetimeIndex([from_microseconds(us) for us in bars.time])
        name = str(rows.trade_id[i])
        closes[name] = pd.Series(bars.close, index)
        days_open[name] = pd.Series(np.arange(len(bars)) >= LOOKBACK, index)
    prices = pd.DataFrame(closes).sort_index()
    is_open = pd.DataFrame(days_open).reindex(prices.index).fillna(0.0).astype(float)
    side = pd.Series(np.where(rows.long, 1.0, -1.0), prices.columns)
    entry = pd.Series(rows.entry_price, prices.columns)
    entered_before = is_open.shift(1, fill_value=0.0)
    units = (is_open * entered_before * side / entry).div(is_open.sum(axis=1).clip(lower=1), axis=0)
    weights = (units.shift(-1) * prices).fillna(0.0)
    algos = [bt.algos.WeighTarget(weights), bt.algos.Rebalance()]
    value = _value(algos, prices.ffill().bfill(), lambda *_: 0.0)
    first = np.flatnonzero(is_open.sum(axis=1).to_numpy())[0]
    return value.loc[prices.index[first - 1] :]


def _value(
    algos: list[Callable[[bt.Strategy], bool]],
    prices: pd.DataFrame,
    commissions: Callable[[float, float], float],
) -> pd.Series:
    """Return the value of a book at each moment that prices are given for."""
    strategy = bt.Strategy("book", algos, [bt.Security(name) for name in prices.columns])
    test = bt.Backtest(
        strategy,
        prices,
        initial_capital=_CAPITAL,
        commissions=commissions,
        integer_positions=False,
        progress_bar=False,
    )
    test.run()
    value: pd.Series = test.strategy.values  # noqa: PD011
    return value
