"""Rows at the centre and rows beyond are told from rows that lie as real ones do."""

import numpy as np
import pytest

from tradegen.fidelity.support import alpha_precision


def normal(n: int, seed: int, spread: float = 1.0) -> np.ndarray:
    return spread * np.random.default_rng(seed).standard_normal((n, 4))


def test_rows_of_the_same_kind_are_precise_and_others_are_not() -> None:
    real = normal(2_000, 0)
    assert alpha_precision(real, normal(2_000, 1)) > 0.95
    assert alpha_precision(real, np.zeros((100, 4)) + real.mean(axis=0)) == pytest.approx(
        0, abs=0.03
    )
    assert alpha_precision(real, normal(100, 1, spread=50)) == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize("spread", [0.5, 0.8, 1.5])
def test_the_integral_is_that_of_the_definition(spread: float) -> None:
    """Counted ball by ball, at levels drawn at random."""
    real, made = normal(500, 0), normal(700, 1, spread)
    far = [np.linalg.norm(rows - real.mean(axis=0), axis=1) for rows in (real, made)]
    levels = np.random.default_rng(0).random(4_000)
    inside = [(far[1] <= np.quantile(far[0], level)).mean() for level in levels]
    expected = 1 - 2 * np.mean(np.abs(np.array(inside) - levels))
    assert alpha_precision(real, made) == pytest.approx(expected, abs=0.02)
