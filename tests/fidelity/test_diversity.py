"""Diversity on planted clouds: equal, collapsed, and half left out."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from tradegen.fidelity.diversity import coverage, self_repeats, vendi_ratio, vendi_score

REAL = np.random.default_rng(0).standard_normal((400, 4))
OTHER = np.random.default_rng(1).standard_normal((400, 4))


def test_coverage_is_that_of_a_plain_search() -> None:
    radius = NearestNeighbors(n_neighbors=6).fit(REAL).kneighbors(REAL)[0][:, 5]
    nearest = NearestNeighbors(n_neighbors=1).fit(OTHER).kneighbors(REAL)[0][:, 0]
    found = coverage(REAL, OTHER)
    assert found.coverage == pytest.approx((nearest <= radius).mean())
    assert found.recall > 0.85
    assert found.density == pytest.approx(1, abs=0.1)


def test_half_a_cloud_is_half_covered_and_a_point_covers_nothing() -> None:
    right = OTHER[OTHER[:, 0] > 0]
    assert coverage(REAL, right).coverage == pytest.approx(0.55, abs=0.1)
    collapsed = OTHER[:1] + 1e-3 * OTHER
    assert coverage(REAL, collapsed).recall < 0.05


def test_the_vendi_score_counts_different_rows() -> None:
    apart = 1e3 * np.arange(12.0)[:, None]
    assert vendi_score(apart) == pytest.approx(12)
    assert vendi_score(np.repeat(apart[:4], 3, axis=0)) == pytest.approx(4)
    rng = np.random.default_rng(0)
    assert vendi_ratio(REAL, OTHER, rng) == pytest.approx(1, abs=0.05)
    assert vendi_ratio(REAL, 3 * OTHER, rng) > 1.5


def test_repeated_rows_are_found() -> None:
    assert self_repeats(OTHER, 1e-6) == 0
    assert self_repeats(np.concatenate([OTHER[:300], OTHER[:100]]), 1e-6) == 0.5
