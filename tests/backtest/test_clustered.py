"""Standard errors of trades in groups, against statsmodels and by drawing again and again."""

import math

import numpy as np
import pytest
import statsmodels.api as sm

from tradegen.backtest.clustered import Measured, mean, sharpe_per_trade, z_of_difference


def in_groups(rng: np.random.Generator, groups: int = 80) -> tuple[np.ndarray, np.ndarray]:
    """Return returns that share half their variance with their group, and the groups."""
    group = np.repeat(np.arange(groups), 1 + np.arange(groups) % 7)
    shared = rng.standard_normal(groups)[group]
    return 0.2 + shared + rng.standard_normal(len(group)), group


def test_the_error_of_a_mean_is_that_of_statsmodels_for_clusters() -> None:
    values, group = in_groups(np.random.default_rng(0))
    fit = sm.OLS(values, np.ones(len(values))).fit(cov_type="cluster", cov_kwds={"groups": group})
    found = mean(values, group)
    assert (found.value, found.error) == pytest.approx((fit.params[0], fit.bse[0]))


def test_without_groups_the_error_is_the_standard_error() -> None:
    values, _ = in_groups(np.random.default_rng(0))
    found = mean(values, np.arange(len(values)))
    assert found.error == pytest.approx(values.std(ddof=1) / math.sqrt(len(values)))


def test_errors_are_the_spread_over_many_samples() -> None:
    rng = np.random.default_rng(0)
    samples = [in_groups(rng) for _ in range(400)]
    for statistic in (mean, sharpe_per_trade):
        found = [statistic(values, group) for values, group in samples]
        spread = np.std([one.value for one in found])
        assert np.mean([one.error for one in found]) == pytest.approx(spread, rel=0.12)


def test_a_sharpe_ratio_is_the_mean_over_the_deviation() -> None:
    values, group = in_groups(np.random.default_rng(0))
    assert sharpe_per_trade(values, group).value == pytest.approx(values.mean() / values.std())


@pytest.mark.parametrize(("n", "groups"), [(19, 19), (100, 9), (0, 0)])
def test_few_trades_or_groups_tell_nothing(n: int, groups: int) -> None:
    group = np.arange(n) % max(groups, 1)
    for statistic in (mean, sharpe_per_trade):
        found = statistic(np.random.default_rng(0).standard_normal(n), group)
        assert math.isnan(found.value)
        assert math.isnan(found.error)


def test_returns_that_are_all_the_same_have_no_sharpe_ratio() -> None:
    assert math.isnan(sharpe_per_trade(np.full(30, 0.5), np.arange(30)).value)


def test_a_difference_is_counted_in_its_own_standard_errors() -> None:
    assert z_of_difference(Measured(3.0, 0.3), Measured(1.0, 0.4)) == pytest.approx(4.0)
    unknown = Measured(math.nan, math.nan)
    assert math.isnan(z_of_difference(unknown, Measured(1.0, 0.4)))
