"""Admission: lets rows that passed their judge into the dataset, strictly in row-number order."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tradegen.data.calendars import BoolArray
from tradegen.data.ledger import Attempt, Recorded
from tradegen.guards.collapse import CollapseIndex
from tradegen.guards.fingerprint import fingerprint_of_bytes
from tradegen.pipeline.messages import Task


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


class Admission:
    """Settles rows one after the other, so that timing and workers change nothing.

    A row is settled when it is accepted, or given up after `max_attempts_per_row`. A near-twin of
    an accepted row is made again. The run is exhausted at the first row with which the attempts
    of all rows so far reach `max_attempts` without that row having passed.
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
        self._accepted = np.zeros(n, dtype=np.bool_)
        self._waiting: dict[int, tuple[int, bytes]] = {}
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
    def done(self) -> bool:
        """Whether every row is settled, or the budget is spent."""
        return self.exhausted or self.head >= self.n

    def restore(self, recorded: Iterable[Recorded]) -> None:
        """Take up what an earlier process left in the ledger, by row number and attempt."""
        for attempt in recorded:
            number = attempt.row_number
            self._count(number, attempt.attempt)
            if attempt.fingerprint is None:
                continue
            if attempt.outcome == "passed":
                self._waiting[number] = (attempt.attempt, attempt.fingerprint)
            elif attempt.outcome == "accepted":
                self._accepted[number] = True
                self._index.add(number, fingerprint_of_bytes(attempt.fingerprint))
        begun = np.flatnonzero((self._attempts > 0) & ~self._accepted).tolist()
        self._again.extend(number for number in begun if self._may_go_on(number))

    def tasks(self, room: int, ahead: int) -> list[Task]:
        """Return up to `room` attempts to make now; rows to be made again come first.

        No row is begun that is `ahead` rows or more from the first unsettled one.
        """
        tasks: list[Task] = []
        while self._again and len(tasks) < room:
            tasks.append(self._begin(self._again.popleft()))
        last = min(self.n, self.head + ahead)
        while self._next < last and len(tasks) < room and self._made < self._budget:
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
            self._waiting[number] = (attempt.attempt, attempt.fingerprint)
        elif self._may_go_on(number):
            self._again.append(number)

    def settle(self) -> list[Accepted | Twin]:
        """Decide over as many rows as can be decided now; return what was decided, in order."""
        decisions: list[Accepted | Twin] = []
        while not self.done:
            number = self.head
            if number in self._waiting and self._spent + self._attempts[number] <= self._budget:
                decisions.append(self._decide(number))
            if self._accepted[number]:
                pass
            elif self._spent + self._attempts[number] >= self._budget:
                self.exhausted = True
                break
            elif self._attempts[number] >= self._per_row:
                self.given_up.append(number)
            else:
                break
            self._spent += int(self._attempts[number])
            self.head += 1
        return decisions

    def _decide(self, number: int) -> Accepted | Twin:
        attempt, data = self._waiting.pop(number)
        fingerprint = fingerprint_of_bytes(data)
        twin = self._index.twin_of(fingerprint)
        if twin is None:
            self._accepted[number] = True
            self._index.add(number, fingerprint)
            return Accepted(number, attempt)
        if self._may_go_on(number):
            self._again.append(number)
        return Twin(number, attempt, twin)

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
