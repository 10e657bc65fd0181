"""Stylised facts against plain formulas and planted markets."""

import numpy as np
import pytest
from scipy.stats import kurtosis

from tests.fidelity.planted import random_walks, two_halves
from tradegen.fidelity.stylised_facts import Facts, deviations, share_near, stylised_facts


def fact(facts: Facts, name: str) -> float:
    return float(facts.value[facts.names.index(name)])


def test_facts_are_those_of_plain_formulas() -> None:
    rows, *_ = two_halves()
    facts = stylised_facts(rows, np.random.default_rng(0), count=10)
    returns = np.diff(np.log(rows.lookback(rows.bars.close)), axis=1)
    plain = kurtosis(returns, axis=1, fisher=False).mean()
    assert fact(facts, "kurtosis") == pytest.approx(plain, rel=1e-6)
    size = np.sort(np.abs(returns - returns.mean(1)[:, None]) / returns.std(1)[:, None], axis=None)
    threshold = np.quantile(size, 0.95)
    hill = 1 / np.log(size[size > threshold] / threshold).mean()
    assert fact(facts, "Hill tail index") == pytest.approx(hill, rel=1e-6)
    standard = (returns - returns.mean(1)[:, None]) / returns.std(1)[:, None]
    lag_2 = (standard[:, 2:] * standard[:, :-2]).mean()
    assert fact(facts, "ACF of returns, lag 2") == pytest.approx(lag_2, rel=1e-6)


def test_gaussian_walks_have_no_fat_tails_and_no_memory() -> None:
    rows, *_ = two_halves()
    facts = stylised_facts(random_walks(rows), np.random.default_rng(0))
    assert fact(facts, "kurtosis") == pytest.approx(3 * 62 / 64, abs=0.15)
    assert abs(fact(facts, "ACF of absolute returns, lag 5")) < 0.03
    assert abs(fact(facts, "volume against volatility")) < 0.03


def test_the_error_of_a_mean_is_its_standard_error() -> None:
    rows, *_ = two_halves()
    facts = stylised_facts(rows, np.random.default_rng(0), count=2000)
    returns = np.diff(np.log(rows.lookback(rows.bars.close)), axis=1)
    of_rows = kurtosis(returns, axis=1, fisher=False)
    expected = of_rows.std() / np.sqrt(len(rows))
    assert facts.error[facts.names.index("kurtosis")] == pytest.approx(expected, rel=0.1)


def test_real_is_near_real_and_noise_is_not() -> None:
    first, second, ours, theirs = two_halves()
    rng = np.random.default_rng(0)
    real = stylised_facts(first, rng, ours)
    assert share_near(real, stylised_facts(second, rng, theirs)) >= 0.8
    noise = stylised_facts(random_walks(second), rng, theirs)
    assert share_near(real, noise) < 0.6
    assert abs(deviations(real, noise)[real.names.index("kurtosis")]) > 2
