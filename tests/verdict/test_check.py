"""Checks pass, fail or stay open by how sure they are, and say how many rows would tell."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegen.backtest.clustered import Measured
from tradegen.verdict.check import Check, Fault, Outcome, judged
from tradegen.verdict.decide import Verdict, decide


def check(
    value: float,
    error: float = 0.01,
    *,
    fault: Fault = Fault.UNDERFIT,
    limit: float = 0.8,
    higher_is_worse: bool = True,
) -> Check:
    return Check(
        name=f"check at {value}",
        fault=fault,
        measured=Measured(value, error),
        limit=limit,
        higher_is_worse=higher_is_worse,
        half=0.5,
        holdout=None,
        rows=100,
        whose="gold",
        says="how it is",
    )


def outcome(*checks: Check) -> list[Outcome]:
    return [one.outcome for one in judged(list(checks))]


def test_a_number_surely_beyond_its_limit_fails_and_one_surely_short_of_it_passes() -> None:
    assert outcome(check(0.9)) == [Outcome.FAILED]
    assert outcome(check(0.7)) == [Outcome.PASSED]
    assert outcome(check(0.7, higher_is_worse=False)) == [Outcome.FAILED]
    assert outcome(check(0.9, higher_is_worse=False)) == [Outcome.PASSED]


def test_a_number_that_chance_may_have_put_on_its_side_is_open() -> None:
    assert outcome(check(0.81)) == [Outcome.OPEN]
    assert outcome(check(0.79)) == [Outcome.OPEN]


@pytest.mark.parametrize("unknown", [(math.nan, 0.1), (0.9, math.nan)])
def test_what_could_not_be_measured_is_open(unknown: tuple[float, float]) -> None:
    assert outcome(check(*unknown), check(0.9)) == [Outcome.OPEN, Outcome.FAILED]
    assert judged([replace(check(0.9), limit=math.nan)])[0].outcome is Outcome.OPEN


def test_one_of_many_checks_may_be_a_little_beyond_by_chance() -> None:
    alone = check(0.82)
    assert outcome(alone) == [Outcome.FAILED]
    assert outcome(alone, *[check(0.5)] * 15)[0] is Outcome.OPEN


@given(st.floats(0.0, 1.0), st.floats(0.001, 0.2), st.booleans())
def test_as_many_rows_as_are_said_to_tell_do_tell(
    value: float, error: float, higher_is_worse: bool
) -> None:
    one = check(value, error, higher_is_worse=higher_is_worse)
    needed = one.rows_needed
    if needed is None or abs(one.excess) < 1e-6:
        return
    more = replace(one, measured=Measured(value, error * math.sqrt(one.rows / max(needed, 1))))
    expected = Outcome.FAILED if one.excess > 0 else Outcome.PASSED
    assert judged([more])[0].outcome in (expected, Outcome.OPEN)
    larger = Measured(value, more.measured.error / 1.01)
    assert judged([replace(more, measured=larger)])[0].outcome is expected


def test_many_signs_of_noise_do_not_make_a_chance_sign_of_copying_count() -> None:
    chance = check(0.818, fault=Fault.OVERFIT)
    others = [check(0.5, fault=Fault.OVERFIT)] * 3
    noise = [check(0.99)] * 12
    assert outcome(chance, *others, *noise)[0] is Outcome.OPEN


def test_rows_that_would_tell_are_more_than_there_are() -> None:
    assert check(0.81, 0.009).rows_needed == 220
    assert check(0.83).rows_needed == 101


def verdict(*checks: Check) -> Verdict:
    return decide(judged(list(checks))).verdict


def test_rows_are_well_fit_only_if_every_check_has_passed() -> None:
    assert verdict(check(0.5), check(0.6)) is Verdict.WELL_FIT
    assert verdict(check(0.5), check(0.79)) is Verdict.INCONCLUSIVE


def test_a_fault_decides_whatever_is_open_and_copies_come_before_noise() -> None:
    noise, copies = check(0.95), check(0.95, fault=Fault.OVERFIT)
    assert verdict(noise, check(0.79)) is Verdict.UNDERFIT
    assert verdict(noise, copies) is Verdict.OVERFIT
    because = decide(judged([noise, copies, check(0.5)])).because
    assert [one.fault for one in because] == [Fault.OVERFIT, Fault.UNDERFIT]
