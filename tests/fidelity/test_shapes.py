"""Shapes against scipy, pandas and hand-counted tables, after SDMetrics' definitions."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp, pearsonr

from tests.fidelity.planted import two_halves
from tradegen.data.rows import Rows, object_array
from tradegen.fidelity.shapes import (
    Column,
    compare,
    contingency_similarity,
    correlation_similarity,
    ks_complement,
    pool_rare,
    shapes,
    tv_complement,
)


def test_ks_complement_is_one_less_the_statistic_of_scipy() -> None:
    rng = np.random.default_rng(0)
    real, other = rng.normal(size=300).round(1), rng.normal(0.4, 1.3, 200).round(1)
    expected = 1 - ks_2samp(real, other).statistic
    assert ks_complement(real, other) == pytest.approx(expected, abs=1e-12)


def test_tv_complement_of_a_table_counted_by_hand() -> None:
    real, other = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 2])
    assert tv_complement(real, other) == pytest.approx(1 - (0.25 + 0 + 0.25) / 2)


def test_pair_scores_are_those_of_pandas_and_scipy() -> None:
    rng = np.random.default_rng(1)
    a, b, c, d = rng.integers(0, 4, (4, 500))
    tables = [pd.crosstab(x, y).to_numpy() / 500 for x, y in ((a, b), (c, d))]
    expected = 1 - np.abs(tables[0] - tables[1]).sum() / 2
    assert contingency_similarity(a, b, c, d) == pytest.approx(expected)
    x, y, z = rng.normal(size=(3, 400))
    expected = 1 - abs(pearsonr(x, x + y).statistic - pearsonr(x, z).statistic) / 2
    assert correlation_similarity(x, x + y, x, z) == pytest.approx(expected)


def test_numbers_meet_categories_in_ten_bins_of_the_real_range() -> None:
    number = np.arange(100.0)
    half = np.where(number < 50, "low", "high")
    real: dict[str, Column] = {"number": number, "half": half}
    swapped: dict[str, Column] = {"number": number, "half": half[::-1]}
    assert compare(real, real).quality == 1
    assert compare(real, swapped).pairs["number", "half"] == pytest.approx(0)
    assert compare(real, swapped).columns["half"] == 1


def test_rare_categories_are_one() -> None:
    real: dict[str, Column] = {"symbol": np.array(["A"] * 50 + [f"S{k}" for k in range(50)])}
    other: dict[str, Column] = {"symbol": np.array(["A"] * 50 + [f"T{k}" for k in range(50)])}
    assert compare(*pool_rare(real, other)).columns["symbol"] == 1


def test_own_columns_that_one_side_lacks_or_has_no_value_of_are_not_compared() -> None:
    gold, unseen, *_ = two_halves()
    bare = [replace(rows, extras={}) for rows in (gold, unseen)]
    texts = object_array(["a", "b"] * (len(gold) // 2) + ["a"] * (len(gold) % 2))
    nothing = object_array([None] * len(unseen))
    expected = shapes(*bare).columns.keys()
    one = replace(gold, extras={"setup": texts})
    for other in (bare[1], replace(unseen, extras={"setup": nothing})):
        assert shapes(one, other).columns.keys() == expected
        assert shapes(other, one).columns.keys() == expected


def test_half_of_gold_resembles_the_other_more_than_gold_with_shuffled_columns() -> None:
    first, second, *_ = two_halves()
    rng = np.random.default_rng(0)
    shuffled = Rows(
        **{
            name: getattr(second, name)
            for name in Rows.__dataclass_fields__
            if name not in ("entry_price", "exit_price", "quantity")
        },
        entry_price=rng.permutation(second.entry_price),
        exit_price=rng.permutation(second.exit_price),
        quantity=rng.permutation(second.quantity),
    )
    assert shapes(first, first).quality == pytest.approx(1)
    assert shapes(first, second).quality > 0.85
    assert shapes(first, shuffled).quality < shapes(first, second).quality - 0.03
