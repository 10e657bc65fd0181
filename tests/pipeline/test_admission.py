import random
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradegen.data.ledger import Attempt, Ledger, Recorded
from tradegen.errors import DamagedError
from tradegen.guards.fingerprint import DIMENSIONS
from tradegen.pipeline.admission import Accepted, Admission, Decision, Spare, Twin
from tradegen.pipeline.messages import Task


class World:
    """Decides what each attempt comes to, from row number and attempt alone."""

    def __init__(self, n: int, seed: int, fail: float, twin: float) -> None:
        self.n, self.seed, self.fail, self.twin = n, seed, fail, twin

    def attempt(self, task: Task) -> Attempt:
        rng = np.random.default_rng([self.seed, task.row_number, task.attempt])
        passed = rng.random() >= self.fail
        point = rng.standard_normal(DIMENSIONS)
        if rng.random() < self.twin and task.row_number:
            other = int(rng.integers(0, task.row_number))
            # The first attempt at another row, which may or may not have been accepted.
            theirs = np.random.default_rng([self.seed, other, 0])
            theirs.random()
            point = theirs.standard_normal(DIMENSIONS)
        return made(task, passed, point.astype("<f8").tobytes() if passed else None)


def made(task: Task, passed: bool, fingerprint: bytes | None) -> Attempt:
    return Attempt(
        row_number=task.row_number,
        attempt=task.attempt,
        outcome="passed" if passed else "thrown_away",
        stage="judge",
        kind="" if passed else "realism",
        retries=0,
        bucket=0,
        target=0.5,
        low=0.4,
        high=0.6,
        seeds=(),
        critique="",
        scores={},
        raw="",
        seconds=0.0,
        calls=0,
        tokens_in=0,
        tokens_out=0,
        log={},
        fingerprint=fingerprint,
        row=b"row" if passed else None,
    )


def play(
    world: World,
    admission: Admission,
    room: int,
    order: random.Random,
    stop_after: int | None = None,
) -> tuple[dict[int, int], list[Attempt], list[Decision]]:
    """Run a whole admission with attempts that end in a random order.

    Returns the attempt accepted for each row, all attempts made, and all decisions.
    """
    under_way: list[Task] = []
    attempts: list[Attempt] = []
    decisions = admission.settle()
    while not admission.done:
        under_way += admission.tasks(room - len(under_way), ahead=4 * room)
        if stop_after is not None and len(attempts) >= stop_after:
            break
        assert under_way, "admission waits for something that nobody makes"
        ended = under_way.pop(order.randrange(len(under_way)))
        attempts.append(world.attempt(ended))
        admission.record(attempts[-1])
        decisions += admission.settle()
    accepted = {d.row_number: d.attempt for d in decisions if isinstance(d, Accepted)}
    return accepted, attempts, decisions


WORLDS = st.builds(
    World,
    n=st.integers(1, 60),
    seed=st.integers(0, 2**32),
    fail=st.sampled_from([0.0, 0.2, 0.5]),
    twin=st.sampled_from([0.0, 0.2]),
)


@settings(max_examples=60)
@given(WORLDS, st.integers(1, 20), st.integers(1, 20), st.integers(0, 9), st.integers(0, 9))
def test_what_is_accepted_does_not_depend_on_timing(
    world: World, room: int, other_room: int, order: int, other_order: int
) -> None:
    one, _, _ = play(world, Admission(world.n, 30, 10_000), room, random.Random(order))
    two, _, _ = play(world, Admission(world.n, 30, 10_000), other_room, random.Random(other_order))
    assert one == two
    assert sorted(one) == list(range(world.n))


@settings(max_examples=60)
@given(WORLDS, st.integers(1, 12), st.integers(0, 80), st.integers(0, 9))
def test_a_run_that_was_killed_goes_on_to_the_same_rows(
    world: World, room: int, stop_after: int, order: int
) -> None:
    whole, _, _ = play(world, Admission(world.n, 30, 10_000), room, random.Random(order))
    first = Admission(world.n, 30, 10_000)
    early, attempts, decisions = play(world, first, room, random.Random(order + 1), stop_after)
    second = Admission(world.n, 30, 10_000)
    second.restore(in_ledger(attempts, decisions))
    late, again, _ = play(world, second, room, random.Random(order + 2))
    assert early | late == whole
    assert not set(early) & set(late), "no row is accepted twice"
    before = {(a.row_number, a.attempt) for a in attempts}
    assert not before & {(a.row_number, a.attempt) for a in again}, "no attempt is made twice"


def in_ledger(attempts: Iterable[Attempt], decisions: Iterable[Decision]) -> list[Recorded]:
    outcome = {(a.row_number, a.attempt): a.outcome for a in attempts}
    for decision in decisions:
        accepted = isinstance(decision, Accepted)
        outcome[decision.row_number, decision.attempt] = "accepted" if accepted else "thrown_away"
    return [
        Recorded(a.row_number, a.attempt, outcome[a.row_number, a.attempt], a.fingerprint)
        for a in sorted(attempts, key=lambda a: (a.row_number, a.attempt))
    ]


@settings(max_examples=60)
@given(WORLDS, st.integers(1, 80), st.integers(1, 12), st.integers(1, 12), st.integers(0, 9))
def test_where_the_budget_runs_out_does_not_depend_on_timing(
    world: World, budget: int, room: int, other_room: int, order: int
) -> None:
    runs = [
        play(world, admission, size, random.Random(order + size))[0]
        for size in (room, other_room)
        for admission in [Admission(world.n, 30, budget)]
    ]
    assert runs[0] == runs[1]


def session(
    world: World,
    ledger: Ledger,
    limits: tuple[int, int],
    order: int,
    stop_after: int | None = None,
) -> list[int]:
    """Go on with a run as a job does, within limits; return the accepted rows' attempts by row.

    Row k that is not accepted has -1.
    """
    ledger.reopen(limits[0])
    admission = Admission(world.n, *limits)
    admission.restore(ledger.recorded())
    _, attempts, decisions = play(world, admission, 5, random.Random(order), stop_after)
    with ledger.transaction():
        ledger.record(attempts)
        for decision in decisions:
            match decision:
                case Accepted(number, attempt):
                    ledger.accept(number, attempt)
                case Twin(number, attempt, twin):
                    ledger.throw_away_twin(number, attempt, twin)
                case Spare(number, attempt, accepted):
                    ledger.throw_away_spare(number, attempt, accepted)
    rows = [-1] * world.n
    for one in ledger.recorded():
        if one.outcome == "accepted":
            assert rows[one.row_number] == -1, "a row was accepted twice"
            rows[one.row_number] = one.attempt
    return rows


@settings(max_examples=100)
@given(
    WORLDS,
    st.lists(st.tuples(st.integers(1, 4), st.integers(1, 150)), min_size=1, max_size=3),
    st.none() | st.integers(0, 40),
    st.integers(0, 9),
)
def test_a_run_whose_limits_are_raised_comes_to_the_rows_of_a_straight_run(
    world: World, limits: list[tuple[int, int]], stop_after: int | None, order: int
) -> None:
    last = (max(per_row for per_row, _ in limits) + 1, max(budget for _, budget in limits) + 20)
    with TemporaryDirectory() as folder:
        straight, resumed = (Ledger(Path(folder) / name) for name in ("straight", "resumed"))
        for k, earlier in enumerate(sorted(limits)):
            session(world, resumed, earlier, order + k, stop_after)
        session(world, resumed, last, order + 5, stop_after)  # may be killed once more
        assert session(world, resumed, last, order + 6) == session(world, straight, last, order)
        straight.close()
        resumed.close()


def test_a_row_that_is_tried_again_does_not_yield_to_a_higher_one(tmp_path: Path) -> None:
    def point(k: int) -> bytes:
        data: bytes = (9 * np.eye(DIMENSIONS)[k]).astype("<f8").tobytes()
        return data

    class Scripted(World):
        """Row 0 fails first, then makes a path that row 1 has made before."""

        def attempt(self, task: Task) -> Attempt:
            paths = {(0, 1): 0, (1, 0): 0, (1, 1): 1, (2, 0): 2}
            path = paths.get((task.row_number, task.attempt))
            return made(task, path is not None, None if path is None else point(path))

    world = Scripted(3, 0, 0, 0)
    straight, resumed = Ledger(tmp_path / "straight"), Ledger(tmp_path / "resumed")
    assert session(world, straight, (20, 100), 1) == [1, 1, 0]
    assert session(world, resumed, (1, 100), 1) == [-1, 0, 0]
    assert session(world, resumed, (20, 100), 1) == [1, 1, 0]
    straight.close()
    resumed.close()


def test_the_attempts_that_a_kill_lost_are_made_even_if_the_budget_is_nearly_spent() -> None:
    admission = Admission(3, 5, 3)
    points = [(9 * np.eye(DIMENSIONS)[k]).astype("<f8").tobytes() for k in range(3)]
    # Row 0 was under way at the kill; the two others are in the ledger, one of them twice.
    admission.restore(
        [
            Recorded(1, 0, "passed", points[1]),
            Recorded(2, 0, "thrown_away", None),
            Recorded(2, 1, "passed", points[2]),
        ]
    )
    assert admission.tasks(5, 5) == [Task(0, 0)]
    admission.record(made(Task(0, 0), True, points[0]))
    assert admission.settle() == [Accepted(0, 0), Accepted(1, 0)]
    assert admission.exhausted


@pytest.mark.parametrize(
    "recorded",
    [
        Recorded(3, 0, "passed", b"\x00" * 8 * DIMENSIONS),
        Recorded(-1, 0, "thrown_away", None),
        Recorded(0, -1, "thrown_away", None),
        Recorded(0, 2**40, "thrown_away", None),
        Recorded(0, 0, "accepted", None),
        Recorded(0, 0, "accepted", b"\x00"),
        Recorded(0, 0, "passed", b"\x00"),
        Recorded(0, 0, "accepted", b"\xff" * 8 * DIMENSIONS),
    ],
)
def test_what_no_run_can_have_left_is_told_as_damage(recorded: Recorded) -> None:
    with pytest.raises(DamagedError):
        Admission(3, 5, 100).restore([recorded])


def test_a_near_twin_yields_to_the_lower_number_and_is_made_again() -> None:
    admission = Admission(2, 5, 100)
    point = np.ones(DIMENSIONS).astype("<f8").tobytes()
    first, second = admission.tasks(2, 10)
    admission.record(made(second, True, point))
    assert admission.settle() == [], "row 1 waits for row 0"
    admission.record(made(first, True, point))
    assert admission.settle() == [Accepted(0, 0), Twin(1, 0, 0)]
    assert admission.tasks(2, 10) == [Task(1, 1)]
    admission.record(made(Task(1, 1), True, (2 * np.eye(DIMENSIONS)[0]).astype("<f8").tobytes()))
    assert admission.settle() == [Accepted(1, 1)]
    assert admission.done
    assert not admission.exhausted


def test_a_row_that_never_passes_is_given_up_and_the_others_go_on() -> None:
    world = World(6, seed=1, fail=0.0, twin=0.0)
    admission = Admission(6, 3, 100)
    accepted = set()
    while not admission.done:
        for task in admission.tasks(2, 10):
            bad = task.row_number == 2
            admission.record(made(task, False, None) if bad else world.attempt(task))
        accepted |= {d.row_number for d in admission.settle()}
    assert admission.given_up == [2]
    assert accepted == {0, 1, 3, 4, 5}
    assert not admission.exhausted


@settings(max_examples=100)
@given(WORLDS, st.integers(1, 40), st.integers(1, 90), st.integers(0, 9))
def test_no_attempt_is_made_that_the_budget_cannot_reach(
    world: World, room: int, budget: int, order: int
) -> None:
    class Watched(Admission):
        """Sees to it that every row begun can be settled, were all rows before it to pass."""

        def tasks(self, room: int, ahead: int) -> list[Task]:
            tasks = super().tasks(room, ahead)
            reached = self.head + budget - self._spent
            assert all(task.row_number < reached for task in tasks)
            return tasks

    one_by_one, _, _ = play(world, Admission(world.n, 4, budget), 1, random.Random(0))
    accepted, attempts, _ = play(world, Watched(world.n, 4, budget), room, random.Random(order))
    assert accepted == one_by_one
    assert len(attempts) <= 2 * budget + room
    if world.fail == world.twin == 0:
        assert len(attempts) <= budget


def test_a_small_budget_makes_no_more_attempts_than_it_allows() -> None:
    world = World(100, seed=1, fail=0.0, twin=0.0)
    accepted, attempts, _ = play(world, Admission(100, 20, 30), 256, random.Random(0))
    assert (len(accepted), len(attempts)) == (30, 30)


def test_rows_are_not_begun_too_far_ahead() -> None:
    admission = Admission(100, 5, 1000)
    begun = [task.row_number for task in admission.tasks(50, ahead=10)]
    assert begun == list(range(10))
