import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tradegen.streams import Purpose, stream, uniforms

KEYS = st.tuples(
    st.integers(0, 2**63 - 1),
    st.integers(0, 2**40),
    st.sampled_from(list(Purpose)),
    st.integers(0, 50),
    st.integers(0, 5),
)


@given(KEYS, KEYS)
def test_streams_are_the_same_for_the_same_key_and_differ_for_others(
    one: tuple[int, int, Purpose, int, int], two: tuple[int, int, Purpose, int, int]
) -> None:
    draws = [stream(*key).random(4).tolist() for key in (one, two)]
    assert (draws[0] == draws[1]) == (one == two)


def test_a_rows_draws_do_not_depend_on_the_rows_beside_it() -> None:
    numbers, attempts = np.arange(20), np.zeros(20, dtype=np.int64)
    together = uniforms(3, numbers, attempts, Purpose.GENERATOR, 7)
    alone = [
        uniforms(3, numbers[i : i + 1], attempts[:1], Purpose.GENERATOR, 7)[0] for i in range(20)
    ]
    assert np.array_equal(together, np.array(alone))


def test_draws_look_uniform() -> None:
    draws = uniforms(1, np.arange(2000), np.zeros(2000, dtype=np.int64), Purpose.GENERATOR, 50)
    counts, _ = np.histogram(draws, bins=20, range=(0, 1))
    expected = draws.size / 20
    assert ((counts - expected) ** 2 / expected).sum() < 50  # chi squared, 19 degrees: p < 1e-4
    assert abs(np.corrcoef(draws[:, 0], draws[:, 1])[0, 1]) < 0.1
