from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tradegen.errors import InputError
from tradegen.samplers.buckets import buckets_of, gold_buckets
from tradegen.samplers.columns import (
    CategoryParams,
    GaussianParams,
    ScipyParams,
    UniformParams,
    default_column,
)


def test_default_buckets_reach_five_points_to_either_side() -> None:
    buckets = buckets_of(default_column().params)
    assert [b.value for b in buckets] == [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1]
    for bucket in buckets:
        assert bucket.low == pytest.approx(bucket.value - 0.05)
        assert bucket.high == pytest.approx(bucket.value + 0.05)


def test_unevenly_spaced_values_meet_half_way() -> None:
    buckets = buckets_of(CategoryParams(values=(0.8, 0.2, 0.4)))
    assert [b.value for b in buckets] == [0.2, 0.4, 0.8]
    assert [b.low for b in buckets] == pytest.approx([0.1, 0.3, 0.6])
    assert [b.high for b in buckets] == pytest.approx([0.3, 0.6, 1.0])


def test_a_single_value_has_the_usual_width() -> None:
    (bucket,) = buckets_of(CategoryParams(values=(0.7,)))
    assert [bucket.low, bucket.high, bucket.weight] == pytest.approx([0.65, 0.75, 1])


def test_values_given_as_text_are_numbers_too() -> None:
    assert [b.value for b in buckets_of(CategoryParams(values=("0.7", "0.3")))] == [0.3, 0.7]


@pytest.mark.parametrize("values", [(-0.1, 0.3), (0.0,), ("high", "low"), (0.3, "0.30")])
def test_values_that_are_no_volatility_are_refused(values: tuple[float | str, ...]) -> None:
    with pytest.raises(InputError, match="target_volatility"):
        buckets_of(CategoryParams(values=values))


@pytest.mark.parametrize(
    ("params", "frozen"),
    [
        (UniformParams(low=0.25, high=0.65), stats.uniform(0.25, 0.4)),
        (GaussianParams(mean=0.7, stddev=0.12), stats.norm(0.7, 0.12)),
        (
            ScipyParams(dist_name="lognorm", dist_params={"s": 0.3, "scale": 0.6}),
            stats.lognorm(s=0.3, scale=0.6),
        ),
    ],
)
def test_continuous_weights_are_the_distributions_probabilities(
    params: UniformParams | GaussianParams | ScipyParams, frozen: stats.distributions.rv_frozen
) -> None:
    buckets = buckets_of(params)
    assert sum(b.weight for b in buckets) == pytest.approx(1)
    for before, after in pairwise(buckets):
        assert before.high == pytest.approx(after.low)
    for bucket in buckets:
        mass = float(frozen.cdf(bucket.high) - frozen.cdf(bucket.low))
        assert bucket.weight == pytest.approx(mass, abs=2e-4)


def test_values_rounded_to_whole_numbers_get_buckets_as_wide() -> None:
    buckets = buckets_of(UniformParams(low=0.5, high=2.5, decimal_places=0))
    assert [(b.value, b.low, b.high) for b in buckets] == [(1.0, 0.5, 1.5), (2.0, 1.5, 2.5)]


def test_a_distribution_that_reaches_below_zero_is_refused() -> None:
    with pytest.raises(InputError, match="below 0"):
        buckets_of(GaussianParams(mean=0.2, stddev=0.2))


@pytest.mark.parametrize(
    ("name", "params"), [("poisson", {"mu": 1.0}), ("nonsense", {}), ("norm", {"sd": 1.0})]
)
def test_an_unknown_scipy_distribution_is_refused(name: str, params: dict[str, float]) -> None:
    with pytest.raises(InputError, match=name):
        buckets_of(ScipyParams(dist_name=name, dist_params=params))


@given(st.lists(st.floats(0.05, 4.0), min_size=3, max_size=700))
def test_gold_buckets_hold_all_of_gold_and_weigh_as_gold_does(values: list[float]) -> None:
    volatility = np.array(values)
    buckets = gold_buckets(volatility)
    counts = [int(((volatility >= b.low) & (volatility < b.high)).sum()) for b in buckets]
    assert sum(counts) == len(volatility)
    assert [b.weight for b in buckets] == pytest.approx(np.array(counts) / len(volatility))
    assert len(buckets) <= 20
