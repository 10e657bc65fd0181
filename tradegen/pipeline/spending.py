"""Spending: how many more attempts may begin before calls or money run out."""

from collections.abc import Mapping
from typing import Any

from tradegen.data.ledger import Attempt
from tradegen.engines.attempt_log import Usage
from tradegen.engines.nim.options import MOST_CALLS

_UNKNOWN = 1
_CAUTION = 2.0


class Spending:
    """Counts what each role used, calls and cost against their limits (None: no limit).

    Calls never pass their limit: attempts begin only while all of them, at `most_calls` each,
    would stay below it. What an attempt costs is known afterwards; attempts begin while twice
    their mean cost so far would stay below the limit.
    """

    def __init__(
        self, max_calls: int | None, max_cost: float | None, most_calls: int = MOST_CALLS
    ) -> None:
        """Start with nothing spent."""
        self._max_calls, self._max_cost, self._most_calls = max_calls, max_cost, most_calls
        self.usage: dict[str, Usage] = {}
        self._attempts = 0

    @property
    def calls(self) -> int:
        """Answered calls of all roles."""
        return sum(used.calls for used in self.usage.values())

    @property
    def cost(self) -> float:
        """What they cost."""
        return sum(used.cost for used in self.usage.values())

    def restore(self, summary: Mapping[str, Any]) -> None:
        """Take up what earlier sessions spent, from the ledger's summary."""
        self._add(summary.get("usage", {}))
        self._attempts = summary["attempts"]

    def add(self, attempt: Attempt) -> None:
        """Count an attempt that has ended."""
        self._add(attempt.log.get("usage", {}))
        self._attempts += 1

    def _add(self, usage: Mapping[str, Mapping[str, Any]]) -> None:
        for role, used in usage.items():
            self.usage.setdefault(role, Usage()).add(Usage(**used))

    def room(self, outstanding: int) -> int | None:
        """Return how many attempts may begin beside those under way; None: any number."""
        rooms = []
        if self._max_calls is not None:
            rooms.append((self._max_calls - self.calls) // self._most_calls)
        if self._max_cost is not None:
            rooms.append(self._within_cost(self._max_cost))
        return None if not rooms else max(0, min(rooms) - outstanding)

    def _within_cost(self, limit: float) -> int:
        if self.cost >= limit:
            return 0
        mean = self.cost / self._attempts if self._attempts else 0.0
        return int((limit - self.cost) / (_CAUTION * mean)) if mean else _UNKNOWN
