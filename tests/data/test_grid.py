import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tradegen.data.grid import (
    fill_tick,
    lot_size,
    on_grid,
    price_tick,
    snap,
    usual_tick,
    volume_step,
)

USUAL = sorted(
    (Decimal(f"{digit}e{power}") for digit in ("1", "2.5", "5") for power in range(-8, 4)),
    reverse=True,
)

steps = st.sampled_from(USUAL)
counts = st.lists(st.integers(1, 100_000), min_size=8, max_size=40)
values = st.floats(-1e9, 1e9)


def as_floats(numbers: list[Decimal]) -> np.ndarray:
    return np.array([float(number) for number in numbers])


def largest_usual(numbers: list[Decimal], ceiling: Decimal) -> float:
    """Return the largest usual step up to `ceiling` that divides all numbers, in exact decimals."""
    return next(
        (
            float(step)
            for step in USUAL
            if step <= ceiling and all(number % step == 0 for number in numbers)
        ),
        0.0,
    )


# --- snap and on_grid -------------------------------------------------------------------------


@given(values, steps)
def test_a_snapped_value_is_on_its_grid_and_no_further_than_half_a_step_away(
    value: float, step: Decimal
) -> None:
    size = float(step)
    snapped = float(snap(np.array([value]), size)[0])
    assert on_grid(np.array([snapped]), size).all()
    assert abs(snapped - value) <= size / 2 * (1 + 1e-9) + 1e-10 + 1e-15 * abs(value)
    again = float(snap(np.array([snapped]), size)[0])
    assert math.isclose(again, snapped, rel_tol=1e-15)


@given(st.integers(-(10**9), 10**9), steps)
def test_snapping_gives_the_number_a_person_would_write(count: int, step: Decimal) -> None:
    """0.3, not 0.30000000000000004."""
    exact = count * step
    assume(abs(exact) < 500_000)
    near = np.array([float(exact) + float(step) * 0.3])
    assert float(snap(near, float(step))[0]) == float(exact)


@given(st.integers(-100_000, 100_000), steps, st.floats(0.02, 0.98))
def test_multiples_of_the_step_are_on_the_grid_and_nothing_between_is(
    count: int, step: Decimal, between: float
) -> None:
    size = float(step)
    assert on_grid(np.array([float(count * step)]), size).all()
    assert not on_grid(np.array([(count + between) * size]), size).any()


@given(values)
def test_without_a_step_everything_is_on_the_grid_and_snaps_to_seven_digits(value: float) -> None:
    assert on_grid(np.array([value]), 0.0).all()
    assert float(snap(np.array([value]), 0.0)[0]) == pytest.approx(
        float(f"{value:.6e}"), rel=1.001e-6, abs=1e-19
    )


def test_numbers_rounded_to_single_precision_are_still_on_their_grid() -> None:
    prices = (np.arange(10_000, 20_000) / 100).astype(np.float32).astype(np.float64)
    assert on_grid(prices, 0.01).all()
    assert not on_grid(prices, 0.01, 1e-12).all()


def test_values_and_steps_broadcast() -> None:
    value = np.array([[1.0], [1.5], [2.25]])
    found = on_grid(value, np.array([1.0, 0.5, 0.25, 0.0]))
    assert found.tolist() == [
        [True, True, True, True],
        [False, True, True, True],
        [False, False, True, True],
    ]
    assert snap(value, np.array([1.0, 0.5]))[1].tolist() == [2.0, 1.5]


# --- learning steps ---------------------------------------------------------------------------


@given(counts, st.sampled_from([s for s in USUAL if Decimal("1e-6") <= s <= 1]))
def test_the_tick_learned_is_the_largest_usual_one_that_divides_all_prices(
    multiples: list[int], step: Decimal
) -> None:
    prices = [count * step for count in multiples]
    assert price_tick(as_floats(prices)) == largest_usual(prices, max(prices))


@pytest.mark.parametrize("tick", [0.01, 0.05, 0.5])
def test_ticks_are_recognised_in_prices_kept_in_single_precision(tick: float) -> None:
    rng = np.random.default_rng(1)
    prices = (rng.integers(1000, 3000, 200) * tick).astype(np.float32).astype(np.float64)
    assert price_tick(prices) == tick


def test_prices_without_a_grid_have_no_tick() -> None:
    rng = np.random.default_rng(2)
    assert price_tick(100 * np.exp(0.1 * rng.standard_normal(500))) == 0
    assert price_tick(np.zeros(0)) == 0


def test_a_few_odd_prints_do_not_hide_the_tick_that_prices_usually_keep_to() -> None:
    usual = np.random.default_rng(4).integers(1000, 3000, 200) / 100
    odd = np.array([10.0001, 12.3456, 17.1299])
    prices = np.concatenate([usual, odd])
    tick = price_tick(prices)
    assert tick == 0.0001
    assert usual_tick(prices, tick) == 0.01
    assert usual_tick(np.concatenate([usual[:40], odd]), tick) == tick  # 7 % are not a few


@given(counts, steps)
def test_the_usual_tick_is_a_multiple_of_the_tick_that_nearly_all_prices_keep_to(
    multiples: list[int], step: Decimal
) -> None:
    prices = as_floats([count * step for count in multiples])
    tick = price_tick(prices)
    usual = usual_tick(prices, tick)
    assert usual >= tick
    if tick > 0:
        assert Decimal(str(usual)) % Decimal(str(tick)) == 0
    if usual > 0:
        assert on_grid(prices, usual).mean() >= 0.95


@given(counts, st.sampled_from([Decimal("0.01"), Decimal("0.05"), Decimal("0.5")]))
def test_the_fill_tick_divides_the_tick_and_all_fills_lie_on_it(
    multiples: list[int], tick: Decimal
) -> None:
    halves = as_floats([count * tick / 2 for count in multiples])
    fill = fill_tick(halves, float(tick))
    parts = float(tick) / fill
    assert parts == pytest.approx(1 if all(m % 2 == 0 for m in multiples) else 2)
    assert on_grid(halves, fill).all()


def test_averages_of_many_fills_lie_on_no_grid() -> None:
    rng = np.random.default_rng(3)
    assert fill_tick(rng.uniform(10, 11, 100), 0.5) == 0
    assert fill_tick(np.array([1.0, 2.0]), 0.0) == 0


@given(
    st.lists(st.integers(1, 1000), min_size=20, max_size=60),
    st.sampled_from([Decimal("0.001"), Decimal("0.01"), Decimal(1), Decimal(100)]),
)
def test_the_lot_learned_is_the_largest_usual_one_up_to_the_median(
    multiples: list[int], lot: Decimal
) -> None:
    quantities = [count * lot for count in multiples]
    median = float(np.median(as_floats(quantities)))
    assert lot_size(as_floats(quantities)) == largest_usual(quantities, Decimal(median))


def test_few_quantities_do_not_prove_a_large_lot() -> None:
    few = np.array([100.0, 200.0, 300.0])
    assert lot_size(few) == 1
    assert lot_size(np.tile(few, 10)) == 100
    assert lot_size(np.zeros(0)) == 0


def test_volumes_are_whole_or_free() -> None:
    assert volume_step(np.array([0.0, 3.0, 1e12])) == 1
    assert volume_step(np.array([0.0, 3.5])) == 0
