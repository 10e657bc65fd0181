"""Predictive matching, against bars whose law is known."""

import numpy as np
import pytest

from tests.support.engine import demo_model
from tradegen.data.row import FloatArray
from tradegen.engines.embedded.shapes import Regression, mean_ahead, sums_before


def test_a_regression_finds_the_law_that_made_its_bars() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 5000))
    keys = Regression.fit([np.ones(5000), x, y], [2 * x - y + 0.1 * rng.standard_normal(5000)])
    found = keys([np.ones(3), np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])])[0]
    assert (found[1] - found[0]) / (found[2] - found[0]) == pytest.approx(-2, abs=0.02)


def test_a_law_that_explains_little_counts_little() -> None:
    rng = np.random.default_rng(1)
    x, noise = rng.standard_normal((2, 20_000))
    clear, faint = (Regression.fit([x], [share * x + noise])([x])[0].std() for share in (3.0, 0.05))
    assert clear > 2 * faint


def test_a_key_does_not_depend_on_the_batch() -> None:
    rng = np.random.default_rng(2)
    terms = list(rng.standard_normal((20, 1001)))
    keys = Regression(rng.standard_normal((20, 3)))
    whole = keys(terms)
    for k in (0, 500, 1000):
        assert np.array_equal(keys([term[k : k + 1] for term in terms])[:, 0], whole[:, k])


def test_sums_before_a_bar_see_nothing_of_it() -> None:
    returns = np.random.default_rng(3).standard_normal((4, 40))
    cumulative = np.cumsum(returns, axis=1)
    short, long = sums_before(cumulative, 30)
    assert short == pytest.approx(returns[:, 25:30].sum(axis=1) / np.sqrt(5))
    assert long == pytest.approx(returns[:, 10:30].sum(axis=1) / np.sqrt(20))
    changed = replace_from(cumulative, 30)
    assert np.array_equal(sums_before(changed, 30)[0], short)


def replace_from(values: FloatArray, t: int) -> FloatArray:
    changed = values.copy()
    changed[:, t:] = 99.0
    return changed


def test_mean_ahead_is_of_the_five_bars_after() -> None:
    values = np.arange(10.0)[None]
    assert mean_ahead(values)[0, :5].tolist() == [3.0, 4.0, 5.0, 6.0, 7.0]
    assert mean_ahead(values)[0, -2:].tolist() == [9.0, 0.0]


def test_shapes_are_shares_of_the_range() -> None:
    parts = demo_model().donors.bars.shapes.parts
    total = np.abs(parts[:, 0]) + parts[:, 1] + parts[:, 2]
    assert np.all(parts[:, 1:] >= -1e-9)
    assert np.all(total <= 1 + 1e-9)
    assert np.median(total) == pytest.approx(1)


def test_gaps_have_a_sign_even_where_gold_has_none() -> None:
    assert set(np.unique(demo_model().donors.bars.shapes.gap_sign)) == {-1.0, 1.0}
