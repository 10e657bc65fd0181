"""Admission: lets rows that passed their judge into the dataset, strictly in row-number order."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tradegen.data.ledger import Attempt, Recorded
from tradegen.data.row import BoolArray, IntArray
from tradegen.errors import DamagedError
from tradegen.guards.collapse import CollapseIndex
from tradegen.guards.fingerprint import fingerprint_of_bytes
from tradegen.pipeline.messages import Task

_MOST_ATTEMPTS = 2**31 - 1
"""Attempts at one row are counted in 32 bits."""

_TOGETHER = 512
"""Rows decided over in one look-up."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """An attempt that became an accepted row."""

    row_number: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Twin:
    """An attempt thrown away as a near-twin of an accepted row."""

    row_number: int
    attempt: int
    twin: int


@dataclass(frozen=True, slots=True)
class Spare:
    """An attempt thrown away because an earlier one at its row was accepted after all."""

    row_number: int
    attempt: int
    accepted: int


Decision = Accepted | Twin | Spare


class Admission:
    """Settles rows one after the other, so that timing and workers change nothing.

    A row is settled when it is accepted, or given up after `max_attempts_per_row`. A near-twin of
    an accepted row is made again. The run is exhausted at the first row with which the attempts
    of all rows so far reach `max_attempts` without that row having passed.

    A row may have passed more than once: `Ledger.reopen` makes decisions undone. Its attempts are
    then decided over in their order, and what was made after the accepted one counts for nothing.
    """

    def __init__(self, n: int, max_attempts_per_row: int, max_attempts: int) -> None:
        """Start a run of `n` rows."""
        self.n = n
        self.head = 0
        self.given_up: list[int] = []
        self.exhausted = False
        self._per_row = max_attempts_per_row
        self._budget = max_attempts
        self._attempts = np.zeros(n, dtype=np.int32)
        self._cost = np.zeros(n, dtype=np.int32)
        self._accepted = np.zeros(n, dtype=np.bool_)
        self._waiting: dict[int, deque[tuple[int, bytes]]] = {}
        self._under_way: set[int] = set()
        self._again: deque[int] = deque()
        self._next = 0
        self._spent = 0
        self._made = 0
        self._index = CollapseIndex()

    @property
    def accepted(self) -> int:
        """Number of accepted rows."""
        return int(self._accepted.sum())

    @property
    def accepted_mask(self) -> BoolArray:
        """Whether each row is accepted, shape `(n,)`."""
        return self._accepted.copy()

    @property
    def attempts(self) -> IntArray:
        """Number of attempts that have ended at each row, shape `(n,)`."""
        return self._attempts.astype(np.int64)

    @property
    def waiting(self) -> int:
        """Number of rows that passed their judge and wait for the rows before them."""
        return len(self._waiting)

    @property
    def done(self) -> bool:
        """Whether every row is settled, or the budget is spent."""
        return self.exhausted or self.head >= self.n

    def restore(self, recorded: Iterable[Recorded]) -> None:
        """Take up what an earlier process left in the ledger, by row number and attempt.

        Raises `DamagedError` for what no run of `n` rows can have left.
        """
        accepted = []
        for attempt in recorded:
            number = attempt.row_number
            if not (0 <= number < self.n and 0 <= attempt.attempt < _MOST_ATTEMPTS):
                raise DamagedError(f"row {number}, attempt {attempt.attempt}: of no such run")
            self._count(number, attempt.attempt)
            if attempt.outcome == "thrown_away":
                continue
            if attempt.fingerprint is None:
                raise DamagedError(f"row {number} passed its judge, but has no fingerprint")
            point = fingerprint_of_bytes(attempt.fingerprint)
            if attempt.outcome == "passed":
                self._wait(number, attempt.attempt, attempt.fingerprint)
            elif attempt.outcome == "accepted":
                self._accept(number, attempt.attempt)
                accepted.append(point)
        if accepted:
            self._index.add(np.flatnonzero(self._accepted), np.stack(accepted))
        begun = np.flatnonzero((self._attempts > 0) & ~self._accepted).tolist()
        self._again.extend(number for number in begun if self._may_go_on(number))

    def tasks(self, room: int, ahead: int) -> list[Task]:
        """Return up to `room` attempts to make now; rows to be made again come first.

        No row is begun that is `ahead` rows or more from the first unsettled one, and none that
        the budget cannot reach: every row before it costs an attempt at least.
        """
        tasks: list[Task] = []
        reached = self.head + self._budget - self._spent
        put_off: list[int] = []
        while self._again and len(tasks) < room:
            number = self._again.popleft()
            if number < reached:
                tasks.append(self._begin(number))
            else:
                put_off.append(number)
        self._again.extend(put_off)
        last = min(self.n, self.head + ahead, reached)
        while self._next < last and len(tasks) < room:
            if self._made >= self._budget and self._next > self.head:
                break  # the first unsettled row alone says whether the budget is spent
            if self._attempts[self._next] == 0:
                tasks.append(self._begin(self._next))
            self._next += 1
        return tasks

    def record(self, attempt: Attempt) -> None:
        """Take note of an attempt that has ended and is in the ledger."""
        number = attempt.row_number
        self._under_way.discard(number)
        self._count(number, attempt.attempt)
        if attempt.outcome == "passed" and attempt.fingerprint is not None:
            self._wait(number, attempt.attempt, attempt.fingerprint)
        elif self._may_go_on(number):
            self._again.append(number)

    def settle(self) -> list[Decision]:
        """Decide over as many rows as can be decided now; return what was decided, in order."""
        decisions: list[Decision] = []
        while not self.done:
            decisions += self._admit(self._ready())
            while self.head < self.n and self._accepted[self.head]:
                self._step()
            if self.done or (self.head in self._waiting and self._affordable(self.head)):
                continue
            if self._spent + self._failures(self.head) >= self._budget:
                self.exhausted = True
            elif self._attempts[self.head] >= self._per_row:
                self.given_up.append(self.head)
                self._step()
            else:
                break
        return decisions

    def _step(self) -> None:
        accepted = self._accepted[self.head]
        self._spent += int((self._cost if accepted else self._attempts)[self.head])
        self.head += 1

    def _wait(self, number: int, attempt: int, fingerprint: bytes) -> None:
        self._waiting.setdefault(number, deque()).append((attempt, fingerprint))

    def _accept(self, number: int, attempt: int) -> None:
        self._accepted[number] = True
        self._cost[number] = attempt + 1

    def _price(self, number: int) -> int:
        """Return how many attempts a waiting row has cost if the next of them is accepted."""
        return self._waiting[number][0][0] + 1

    def _failures(self, number: int) -> int:
        """Return how many attempts at a row failed before the next that waits, if one does."""
        return self._price(number) - 1 if number in self._waiting else int(self._attempts[number])

    def _affordable(self, number: int) -> bool:
        return self._spent + self._price(number) <= self._budget

    def _ready(self) -> list[int]:
        """Return the rows from the head on that have passed and may be decided together."""
        ready: list[int] = []
        spent = self._spent
        number = self.head
        while number in self._waiting and len(ready) < _TOGETHER:
            spent += self._price(number)
            if spent > self._budget:
                break
            ready.append(number)
            number += 1
        return ready

    def _admit(self, numbers: list[int]) -> list[Decision]:
        if not numbers:
            return []
        passed = [self._waiting[number][0] for number in numbers]
        points = np.stack([fingerprint_of_bytes(data) for _, data in passed])
        count, twin = self._index.admit(np.array(numbers), points)
        decisions: list[Decision] = []
        for number, (attempt, _) in zip(numbers[:count], passed, strict=False):
            self._accept(number, attempt)
            decisions.append(Accepted(number, attempt))
            decisions += [
                Spare(number, spare, attempt)
                for spare, _ in self._waiting.pop(number)
                if spare > attempt
            ]
        if twin is not None:
            number, (attempt, _) = numbers[count], passed[count]
            decisions.append(Twin(number, attempt, twin))
            self._waiting[number].popleft()
            if not self._waiting[number]:
                del self._waiting[number]
            if self._may_go_on(number):
                self._again.append(number)
        return decisions

    def _begin(self, number: int) -> Task:
        self._under_way.add(number)
        return Task(number, int(self._attempts[number]))

    def _count(self, number: int, attempt: int) -> None:
        self._attempts[number] = max(self._attempts[number], attempt + 1)
        self._made += 1

    def _may_go_on(self, number: int) -> bool:
        return (
            bool(self._attempts[number] < self._per_row)
            and number not in self._waiting
            and number not in self._under_way
        )
