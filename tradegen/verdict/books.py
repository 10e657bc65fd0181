"""Books: how trades fared as one equal-weight portfolio, after costs."""

from dataclasses import dataclass

import numpy as np

from tradegen.backtest.costs import Costs
from tradegen.backtest.equity import Equity, daily_equity, days_per_year, market_days
from tradegen.backtest.metrics import DailyMetrics, TradeMetrics, daily_metrics, trade_metrics
from tradegen.backtest.replay import replay
from tradegen.verdict.sides import Side

_RESAMPLES = 300


@dataclass(frozen=True, slots=True)
class Book:
    """What came of trades, day by day and trade by trade; books compare if they are as large."""

    n_trades: int
    equity: Equity
    daily: DailyMetrics
    trades: TradeMetrics


def book_of(side: Side, costs: Costs, rng: np.random.Generator) -> Book:
    """Replay the trades of one side."""
    replayed = replay(side.rows, costs)
    equity = daily_equity(replayed, market_days(side.rows))
    year = days_per_year(side.rows)
    return Book(
        len(side),
        equity,
        daily_metrics(equity, year, rng, _RESAMPLES),
        trade_metrics(replayed, side.groups, year, rng, _RESAMPLES),
    )
