from fractions import Fraction

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from tradegen.samplers.quotas import largest_remainder, spread

WEIGHTS = st.lists(st.integers(0, 1000), min_size=1, max_size=20).filter(lambda w: sum(w) > 0)


def hamilton(weights: list[int], n: int) -> list[int]:
    """Return the largest-remainder split in exact fractions: an independent oracle."""
    exact = [Fraction(n * weight, sum(weights)) for weight in weights]
    parts = [int(share) for share in exact]
    order = sorted(range(len(weights)), key=lambda k: (-(exact[k] - parts[k]), k))
    for k in order[: n - sum(parts)]:
        parts[k] += 1
    return parts


@given(WEIGHTS, st.integers(0, 100_000))
@example(weights=[20, 91, 657, 806, 1000], n=10368)  # remainders that tie exactly
def test_the_split_is_the_largest_remainder_split(weights: list[int], n: int) -> None:
    parts = largest_remainder(weights, n)
    assert parts.sum() == n
    assert parts.tolist() == hamilton(weights, n)


def test_the_default_weights_split_ten_thousand_exactly() -> None:
    weights = [0.05, 0.05, 0.1, 0.15, 0.2, 0.2, 0.15, 0.05, 0.05]
    assert largest_remainder(weights, 10_000).tolist() == [
        500, 500, 1000, 1500, 2000, 2000, 1500, 500, 500,
    ]  # fmt: skip


@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=9).filter(lambda q: sum(q) > 0),
    st.integers(0, 2**40),
)
def test_every_bucket_gets_its_quota_and_no_stretch_is_lopsided(
    quotas: list[int], seed: int
) -> None:
    of_row = spread(np.array(quotas), seed)
    assert np.bincount(of_row, minlength=len(quotas)).tolist() == quotas
    total = sum(quotas)
    for k, quota in enumerate(quotas):
        seen = np.cumsum(of_row == k)
        expected = quota * np.arange(1, total + 1) / total
        assert np.abs(seen - expected).max() <= len(quotas)


def test_the_assignment_depends_on_the_seed_alone() -> None:
    quotas = np.array([30, 50, 20])
    assert spread(quotas, 1).tolist() == spread(quotas, 1).tolist()
    assert spread(quotas, 1).tolist() != spread(quotas, 2).tolist()
