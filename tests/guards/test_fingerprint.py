import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.rows import demo_row, demo_rows
from tradegen.guards.fingerprint import (
    distance_at_correlation,
    fingerprint_bytes,
    fingerprint_of_bytes,
    fingerprints,
    standardised_returns,
)


def paths(n: int, seed: int = 0) -> np.ndarray:
    """Return closes of `n` random walks, shape `(n, 64)`."""
    rng = np.random.default_rng(seed)
    return np.exp(np.cumsum(0.02 * rng.standard_normal((n, 64)), axis=1))


@given(st.floats(0.01, 1e5), st.floats(0.1, 10.0))
def test_price_level_and_volatility_cancel(level: float, power: float) -> None:
    close = paths(3)
    assert fingerprints(level * close**power) == pytest.approx(fingerprints(close), abs=1e-6)


@pytest.mark.parametrize("correlation", [0.9, 0.95, 0.98])
def test_the_distance_of_correlated_paths_is_as_stated(correlation: float) -> None:
    rng = np.random.default_rng(1)
    own, noise = rng.standard_normal((2, 4000, 63))
    other = correlation * own + np.sqrt(1 - correlation**2) * noise
    close = [np.exp(np.cumsum(np.pad(r, ((0, 0), (1, 0))) * 0.01, axis=1)) for r in (own, other)]
    distance = np.linalg.norm(fingerprints(close[0]) - fingerprints(close[1]), axis=1)
    assert np.sqrt(np.mean(distance**2)) == pytest.approx(
        distance_at_correlation(correlation), rel=0.05
    )


def test_unrelated_real_looking_paths_are_far_apart() -> None:
    rows = demo_rows().slice(0, 200)
    prints = fingerprints(rows.lookback(rows.bars.close))
    apart = rows.symbol[:, None] != rows.symbol[None, :]
    distance = np.linalg.norm(prints[:, None] - prints[None, :], axis=2)
    assert distance[apart].min() > distance_at_correlation(0.95)


def test_a_path_that_does_not_move_has_a_fingerprint_too() -> None:
    assert np.all(np.isfinite(fingerprints(np.full((1, 64), 5.0))))
    assert np.all(np.isfinite(standardised_returns(np.full((1, 64), 5.0))))


def test_bytes_keep_a_fingerprint_exactly() -> None:
    row = demo_row(3)
    (own,) = fingerprints(row.bars.close[None, :64])
    assert np.array_equal(fingerprint_of_bytes(fingerprint_bytes(row)), own)
