from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegen.engines.nim.transport.backoff import full_jitter_s, retry_after_s

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@given(st.integers(1, 200), st.floats(0.001, 10), st.floats(0.001, 100), st.integers(0, 99))
def test_the_wait_is_between_nothing_and_the_doubled_base_or_the_cap(
    failures: int, base_s: float, cap_s: float, seed: int
) -> None:
    wait = full_jitter_s(failures, base_s, cap_s, np.random.default_rng(seed))
    assert 0 <= wait <= cap_s
    assert wait <= base_s * 2 ** (failures - 1)


def test_the_wait_is_uniform_over_its_whole_range() -> None:
    rng = np.random.default_rng(1)
    waits = [full_jitter_s(3, 0.5, 30, rng) for _ in range(4000)]
    assert np.quantile(waits, [0.01, 0.5, 0.99]) == pytest.approx([0.02, 1.0, 1.98], abs=0.08)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "-3"}, 0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Sun, 01 Mar 2026 12:00:20 GMT"}, 20),
        ({"Retry-After": "Sun, 01 Mar 2026 11:00:00 GMT"}, 0),
        (
            {
                "Retry-After": "Sun, 01 Mar 2026 15:00:05 GMT",
                "Date": "Sun, 01 Mar 2026 15:00:00 GMT",
            },
            5,
        ),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(
    headers: dict[str, str], expected: float | None
) -> None:
    assert retry_after_s(headers, NOW) == expected
