"""Metrics against ffn and quantstats, intervals against known ones, and where there are none."""

import math
import subprocess
import sys
import warnings
from dataclasses import fields, replace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from tests.backtest.planted import DEAR, made_trades
from tradegen.backtest import metrics
from tradegen.backtest.equity import Equity
from tradegen.backtest.metrics import daily_metrics, trade_metrics
from tradegen.backtest.replay import replay
from tradegen.backtest.resampling import Estimate
from tradegen.data.row import FloatArray

mpl.use("Agg")  # ffn and quantstats import pyplot
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what they import is deprecated here and there
    import ffn
    import quantstats.stats as qs


def some_returns(n: int = 500, seed: int = 0, mean: float = 0.001) -> FloatArray:
    return mean + 0.01 * np.random.default_rng(seed).standard_t(5, n)


def series(returns: FloatArray) -> pd.Series:
    return pd.Series(returns, pd.date_range("2021-01-04", periods=len(returns), freq="D"))


def book(returns: FloatArray) -> Equity:
    n = len(returns)
    return Equity(np.arange(n), returns, np.where(np.arange(n) % 4 > 0, 2, 0))


def values(found: object) -> dict[str, Estimate]:
    return {field.name: getattr(found, field.name) for field in fields(found)}  # type: ignore[arg-type]


@pytest.mark.parametrize("days", [252, 365])
@pytest.mark.parametrize("seed", range(3))
def test_daily_metrics_are_those_of_quantstats(seed: int, days: int) -> None:
    returns = some_returns(seed=seed)
    of = values(daily_metrics(book(returns), days, np.random.default_rng(0), resamples=2))
    theirs = {
        "total_return": qs.comp(series(returns)),
        "annualised_return": qs.cagr(series(returns), periods=days),
        "volatility": qs.volatility(series(returns), periods=days),
        "sharpe": qs.sharpe(series(returns), periods=days),
        "sortino": qs.sortino(series(returns), periods=days),
        "calmar": qs.calmar(series(returns), periods=days),
        "max_drawdown": -qs.max_drawdown(series(returns)),
    }
    assert {name: of[name].value for name in theirs} == pytest.approx(theirs, rel=1e-9)
    assert of["exposure"].value == 0.75


@pytest.mark.parametrize("seed", range(3))
def test_daily_metrics_are_those_of_ffn(seed: int) -> None:
    """Its annualised return counts the calendar's days, ours the market's: here the same."""
    returns = some_returns(seed=seed)
    prices = pd.Series(
        np.concatenate([[1.0], metrics.wealth(returns)]),
        pd.date_range("2021-01-04", periods=len(returns) + 1, freq="D"),
    )
    of = values(daily_metrics(book(returns), 365.25, np.random.default_rng(0), resamples=2))
    theirs = {
        "total_return": ffn.calc_total_return(prices),
        "annualised_return": ffn.calc_cagr(prices),
        "sharpe": ffn.calc_sharpe(prices.pct_change().dropna(), nperiods=365.25),
        "sortino": ffn.calc_sortino_ratio(prices.pct_change().dropna(), nperiods=365.25),
        "calmar": ffn.calc_calmar_ratio(prices),
        "max_drawdown": -ffn.calc_max_drawdown(prices),
    }
    assert {name: of[name].value for name in theirs} == pytest.approx(theirs, rel=1e-9)


def test_trade_metrics_are_those_of_quantstats_and_numpy() -> None:
    replayed = replay(made_trades(101), DEAR)
    groups = np.arange(101)
    of = values(trade_metrics(replayed, groups, 365, np.random.default_rng(0), resamples=2))
    net = series(replayed.net_return)
    theirs = {
        "win_rate": qs.win_rate(net, prepare_returns=False),
        "profit_factor": qs.profit_factor(net, prepare_returns=False),  # type: ignore[no-untyped-call]
        "expectancy": net.mean(),
        "mean_worst": replayed.worst.mean(),
        "mean_best": replayed.best.mean(),
        "median_days_held": np.median(replayed.days_held),
    }
    assert {name: of[name].value for name in theirs} == pytest.approx(theirs)


def test_turnover_counts_both_fills_of_what_is_held() -> None:
    rows = made_trades(40, step=20)
    rows = rows.select(np.flatnonzero(rows.n_bars == rows.n_bars[0]).repeat(20))
    replayed = replay(rows, DEAR)
    days = rows.n_bars[0] - 64
    found = trade_metrics(replayed, np.arange(len(rows)), 365, np.random.default_rng(0), 2)
    assert found.turnover.value == pytest.approx(2 * 365 / days)


def test_a_book_that_lost_all_stays_lost() -> None:
    returns = np.array([0.1, -1.5, 0.5])
    assert metrics.total_return(returns) == -1.0
    assert metrics.annualised_return(returns, 252) == -1.0
    assert metrics.max_drawdown(returns) == 1.0


def test_the_start_is_a_peak() -> None:
    assert metrics.max_drawdown(np.array([-0.1, 0.05])) == pytest.approx(0.1)


def test_formulas_take_any_number_of_resamples_at_once() -> None:
    returns = np.stack([some_returns(seed=k) for k in range(4)])
    for formula in (metrics.sharpe, metrics.sortino, metrics.calmar, metrics.annualised_return):
        one_by_one = [float(formula(one, 252)) for one in returns]
        assert formula(returns, 252).tolist() == pytest.approx(one_by_one, rel=1e-12)


def test_a_weighted_median_is_that_of_repeated_values() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        found, weights = rng.integers(0, 9, 12).astype(float), rng.integers(0, 4, 12)
        if weights.sum():
            median = metrics.weighted_median(found, weights.astype(float))
            assert median == np.median(np.repeat(found, weights))


@pytest.mark.parametrize(
    "formula", [metrics.sharpe, metrics.sortino, metrics.calmar], ids=lambda f: f.__name__
)
def test_what_divides_by_nothing_is_unknown(formula: object) -> None:
    assert math.isnan(formula(np.full(30, 0.001), 252))  # type: ignore[operator]


def test_without_losses_there_is_no_profit_factor() -> None:
    assert math.isnan(metrics.profit_factor(np.full(30, 0.01), np.ones(30)))


def test_too_few_days_trades_or_groups_are_not_guessed_from() -> None:
    rng = np.random.default_rng(0)
    for one in values(daily_metrics(book(some_returns(19)), 252, rng)).values():
        assert np.isnan([one.value, one.low, one.high]).all()
    few = replay(made_trades(19), DEAR)
    for one in values(trade_metrics(few, np.arange(19), 365, rng)).values():
        assert np.isnan([one.value, one.low, one.high]).all()
    enough = replay(made_trades(60), DEAR)
    for one in values(trade_metrics(enough, np.arange(60) % 9, 365, rng)).values():
        assert np.isfinite(one.value)
        assert np.isnan([one.low, one.high]).all()


def test_a_book_that_is_never_open_has_no_ratios() -> None:
    found = values(daily_metrics(book(np.zeros(60)), 252, np.random.default_rng(0)))
    assert found["total_return"] == Estimate(0.0, 0.0, 0.0)
    assert math.isnan(found["sharpe"].value)


def test_the_interval_of_a_sharpe_ratio_is_as_wide_as_theory_says() -> None:
    """Lo (2002): a variance of 1 + half the square of the ratio over the days, both per day."""
    returns = 0.0005 + 0.01 * np.random.default_rng(1).standard_normal(1500)
    found = daily_metrics(book(returns), 252, np.random.default_rng(0)).sharpe
    width = 2 * 1.96 * math.sqrt(252 * (1 + 0.5 * (found.value**2 / 252)) / 1500)
    assert found.low < found.value < found.high
    assert found.high - found.low == pytest.approx(width, rel=0.15)


def test_days_that_follow_each_other_widen_the_interval() -> None:
    rng = np.random.default_rng(2)
    alone = 0.01 * rng.standard_normal(1000)
    trending = np.convolve(alone, np.ones(10) / math.sqrt(10), mode="same")

    def width(returns: FloatArray) -> float:
        found = daily_metrics(book(returns), 252, np.random.default_rng(0)).sharpe
        return found.high - found.low

    assert width(trending) > 2 * width(alone)


def test_trades_of_one_group_count_as_little_more_than_one() -> None:
    replayed = replay(made_trades(30), DEAR)
    rows = np.arange(30).repeat(9)
    copies = replay(made_trades(30).select(rows), DEAR)
    rng = np.random.default_rng(0)
    alone = trade_metrics(replayed, np.arange(30), 365, rng).expectancy
    grouped = trade_metrics(copies, rows, 365, rng).expectancy
    apart = trade_metrics(copies, np.arange(270), 365, rng).expectancy
    assert grouped.high - grouped.low == pytest.approx(alone.high - alone.low, rel=0.15)
    assert apart.high - apart.low < 0.5 * (grouped.high - grouped.low)


def test_the_same_seed_gives_the_same_intervals() -> None:
    returns, replayed = some_returns(), replay(made_trades(40), DEAR)
    one, same, other = (
        (
            daily_metrics(book(returns), 252, np.random.default_rng(seed), 50),
            trade_metrics(replayed, np.arange(40), 252, np.random.default_rng(seed), 50),
        )
        for seed in (0, 0, 1)
    )
    assert one == same
    assert one != other


def test_intervals_hold_for_every_metric_of_a_plain_book() -> None:
    replayed = replay(made_trades(60), DEAR)
    found = {
        **values(daily_metrics(book(some_returns()), 252, np.random.default_rng(0), 200)),
        **values(trade_metrics(replayed, np.arange(60), 365, np.random.default_rng(0), 200)),
    }
    for name, one in found.items():
        assert one.low <= one.value <= one.high, name
        assert one.low < one.high, name


def test_losses_alone_are_a_drawdown_and_a_worse_ratio() -> None:
    returns = some_returns()
    worse = replace(book(returns), returns=returns - 0.002)
    rng = np.random.default_rng(0)
    one, other = daily_metrics(book(returns), 252, rng, 2), daily_metrics(worse, 252, rng, 2)
    assert other.max_drawdown.value > one.max_drawdown.value
    assert other.sharpe.value < one.sharpe.value


def test_importing_metrics_loads_neither_pandas_nor_arch_nor_scipy() -> None:
    code = (
        "import sys, tradegen.backtest.metrics, tradegen.backtest.agreement\n"
        "print(sorted({'pandas', 'arch', 'scipy', 'statsmodels'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
