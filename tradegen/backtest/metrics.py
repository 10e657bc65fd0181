"""What a book of trades was worth: metrics of its days and of its trades, with intervals.

Formulas take arrays whose last axis is the days, or weights of trades, of any number of resamples,
and give NaN where they divide by nothing. All returns are after costs, as fractions.
"""

from dataclasses import dataclass, fields

import numpy as np

from tradegen.backtest.clustered import FEWEST_GROUPS, FEWEST_TRADES
from tradegen.backtest.equity import Equity, days_open
from tradegen.backtest.replay import Replay
from tradegen.backtest.resampling import RESAMPLES, UNKNOWN, Estimate, days_resampled, estimate
from tradegen.data.row import FloatArray, IntArray
from tradegen.fidelity.resampling import dense, groups_resampled

FEWEST_DAYS = 20
"""With fewer there is no estimate."""

_CHUNK = 100


@dataclass(frozen=True, slots=True)
class DailyMetrics:
    """Metrics of a book's daily returns; fractions, and ratios without a unit.

    `exposure` is the share of days on which something was open.
    """

    total_return: Estimate
    annualised_return: Estimate
    volatility: Estimate
    sharpe: Estimate
    sortino: Estimate
    calmar: Estimate
    max_drawdown: Estimate
    exposure: Estimate


@dataclass(frozen=True, slots=True)
class TradeMetrics:
    """Metrics of trades, each of the same stake.

    Fractions of the stake, but for `profit_factor` (a ratio), `median_days_held` (days between the
    fills) and `turnover` (how often a year the invested capital is traded).
    """

    win_rate: Estimate
    profit_factor: Estimate
    expectancy: Estimate
    mean_worst: Estimate
    mean_best: Estimate
    median_days_held: Estimate
    turnover: Estimate


def daily_metrics(
    equity: Equity, days_per_year: float, rng: np.random.Generator, resamples: int = RESAMPLES
) -> DailyMetrics:
    """Return the metrics of daily returns, intervals by stationary bootstrap over days.

    `days_per_year` is how many days a year the market is open: 252 or 365, say. Fewer than 20 days
    give NaN.
    """
    names = [field.name for field in fields(DailyMetrics)]
    if len(equity) < FEWEST_DAYS:
        return DailyMetrics(**dict.fromkeys(names, UNKNOWN))
    at = days_resampled(equity.returns, rng, resamples)
    open_ = (equity.n_open > 0).astype(np.float64)
    every = _of_days(equity.returns[None, :], open_[None, :], days_per_year)
    drawn = _of_days(equity.returns[at], open_[at], days_per_year)
    return DailyMetrics(**{name: estimate(every[name][0], drawn[name]) for name in names})


def trade_metrics(
    replayed: Replay,
    groups: IntArray,
    days_per_year: float,
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
) -> TradeMetrics:
    """Return the metrics of trades, intervals by bootstrap over whole groups of them.

    `groups`, shape `(n,)`, are those of `tradegen.fidelity.overlap`: trades that share moments of a
    market are drawn together. Fewer than 20 trades give NaN, fewer than 10 groups no interval.
    """
    names = [field.name for field in fields(TradeMetrics)]
    if len(replayed) < FEWEST_TRADES:
        return TradeMetrics(**dict.fromkeys(names, UNKNOWN))
    every = _of_trades(replayed, days_per_year, np.ones((1, len(replayed))))
    drawn = _of_resampled_trades(replayed, dense(groups), days_per_year, rng, resamples)
    return TradeMetrics(**{name: estimate(every[name][0], drawn[name]) for name in names})


def _of_resampled_trades(
    replayed: Replay,
    group: IntArray,
    days_per_year: float,
    rng: np.random.Generator,
    resamples: int,
) -> dict[str, FloatArray]:
    """Return each metric of each resample, shape `(resamples,)`; NaN if groups are too few."""
    taken = groups_resampled(group, rng, resamples)
    if taken.shape[1] < FEWEST_GROUPS:
        unknown = np.full(resamples, np.nan)
        return {field.name: unknown for field in fields(TradeMetrics)}
    parts = [
        _of_trades(replayed, days_per_year, taken[k : k + _CHUNK][:, group])
        for k in range(0, resamples, _CHUNK)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


# --- of days: returns of shape (..., n_days) ------------------------------------------------------


def wealth(returns: FloatArray) -> FloatArray:
    """Return what 1 became after each day, same shape; a book that lost all stays at 0."""
    result: FloatArray = np.multiply.accumulate(np.maximum(1 + returns, 0.0), axis=-1)
    return result


def total_return(returns: FloatArray) -> FloatArray:
    """Return what was earned over all days, compounded, shape `(...)`."""
    result: FloatArray = wealth(returns)[..., -1] - 1
    return result


def annualised_return(returns: FloatArray, days_per_year: float) -> FloatArray:
    """Return the geometric mean return of a year, shape `(...)`.

    Bacon, "Practical Portfolio Performance Measurement and Attribution", 2008, ch. 2.
    """
    years = returns.shape[-1] / days_per_year
    result: FloatArray = wealth(returns)[..., -1] ** (1 / years) - 1
    return result


def volatility(returns: FloatArray, days_per_year: float) -> FloatArray:
    """Return the annualised sample standard deviation, shape `(...)` (Bacon, 2008, ch. 4)."""
    result: FloatArray = returns.std(axis=-1, ddof=1) * np.sqrt(days_per_year)
    return result


def sharpe(returns: FloatArray, days_per_year: float) -> FloatArray:
    """Return the annualised Sharpe ratio over cash that earns nothing, shape `(...)`.

    Mean over sample standard deviation, times the root of the days (Sharpe, 1994, "The Sharpe
    ratio", Journal of Portfolio Management 21).
    """
    return _over(
        returns.mean(axis=-1) * days_per_year, _no_rounding(volatility(returns, days_per_year))
    )


def sortino(returns: FloatArray, days_per_year: float) -> FloatArray:
    """Return the annualised Sortino ratio over a target of 0, shape `(...)`.

    Mean over downside deviation, the root of the mean over all days of squared losses (Sortino and
    Price, 1994, "Performance measurement in a downside risk framework", Journal of Investing 3).
    """
    downside = np.sqrt((np.minimum(returns, 0.0) ** 2).mean(axis=-1))
    return _over(returns.mean(axis=-1) * np.sqrt(days_per_year), downside)


def max_drawdown(returns: FloatArray) -> FloatArray:
    """Return the largest fall from a peak, as a fraction of it: 0 to 1, shape `(...)`.

    The start counts as a peak (Magdon-Ismail and Atiya, 2004, "Maximum drawdown", Risk 17).
    """
    path = wealth(returns)
    peak = np.maximum(np.maximum.accumulate(path, axis=-1), 1.0)
    result: FloatArray = (1 - path / peak).max(axis=-1)
    return result


def calmar(returns: FloatArray, days_per_year: float) -> FloatArray:
    """Return annualised return over maximum drawdown, of all days given, shape `(...)`.

    Young, 1991, "Calmar ratio: a smoother tool", Futures 20; he takes the last three years.
    """
    return _over(annualised_return(returns, days_per_year), max_drawdown(returns))


def _of_days(returns: FloatArray, open_: FloatArray, days_per_year: float) -> dict[str, FloatArray]:
    return {
        "total_return": total_return(returns),
        "annualised_return": annualised_return(returns, days_per_year),
        "volatility": volatility(returns, days_per_year),
        "sharpe": sharpe(returns, days_per_year),
        "sortino": sortino(returns, days_per_year),
        "calmar": calmar(returns, days_per_year),
        "max_drawdown": max_drawdown(returns),
        "exposure": open_.mean(axis=-1),
    }


# --- of trades: values of shape (n,), weights of shape (..., n) -----------------------------------


def win_rate(net_return: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the share of trades that earned more than nothing, shape `(...)`."""
    return weighted_mean((net_return > 0).astype(np.float64), weights)


def profit_factor(net_return: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the sum of gains over the sum of losses, shape `(...)`.

    Schwager, "The New Market Wizards", 1992; here of returns, since each trade has the same stake.
    """
    gains, losses = np.maximum(net_return, 0.0), np.maximum(-net_return, 0.0)
    return _over(weights @ gains, weights @ losses)


def expectancy(net_return: FloatArray, weights: FloatArray) -> FloatArray:
    """Return what a trade earned on average, shape `(...)`.

    Tharp, "Trade Your Way to Financial Freedom", 1998, ch. 7; he counts in units of the risk taken.
    """
    return weighted_mean(net_return, weights)


def weighted_mean(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the mean of values each taken as often as its weight says, shape `(...)`."""
    return _over(weights @ values, weights.sum(axis=-1))


def weighted_median(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the median of values each taken as often as its weight says, shape `(...)`."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[..., order], axis=-1)
    half = reached[..., -1:] / 2
    lower = (reached < half).sum(axis=-1)
    upper = (reached <= half).sum(axis=-1)
    ordered, last = values[order], len(values) - 1
    result: FloatArray = (ordered[lower] + ordered[np.minimum(upper, last)]) / 2
    return result


def turnover(days: FloatArray, weights: FloatArray, days_per_year: float) -> FloatArray:
    """Return how often a year capital is bought or sold while it is invested, shape `(...)`.

    A book that is shared by open positions trades each share twice, at entry and exit, in the
    `days`, shape `(n,)`, that the position is open: 2 over the mean of these in years. Bought and
    sold are added up; funds report the lesser of the two (SEC, Form N-1A, item 13), about half.
    """
    return _over(2 * days_per_year * weights.sum(axis=-1), weights @ days)


def _of_trades(
    replayed: Replay, days_per_year: float, weights: FloatArray
) -> dict[str, FloatArray]:
    net = replayed.net_return
    return {
        "win_rate": win_rate(net, weights),
        "profit_factor": profit_factor(net, weights),
        "expectancy": expectancy(net, weights),
        "mean_worst": weighted_mean(replayed.worst, weights),
        "mean_best": weighted_mean(replayed.best, weights),
        "median_days_held": weighted_median(replayed.days_held, weights),
        "turnover": turnover(days_open(replayed).astype(np.float64), weights, days_per_year),
    }


def _over(top: FloatArray, bottom: FloatArray) -> FloatArray:
    """Return the quotient, NaN where the divisor is not above 0."""
    return np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1.0), np.nan)


def _no_rounding(spread: FloatArray) -> FloatArray:
    """Return 0 for what can only be the rounding of a standard deviation of equal numbers."""
    return np.where(spread > 1e-12, spread, 0.0)
