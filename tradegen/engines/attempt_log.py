"""What an attempt cost and what was settled in it, gathered while it is made."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class Usage:
    """What one role used: answered calls, tokens, requests sent for them, seconds and money."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    requests: int = 0
    seconds: float = 0.0
    cost: float = 0.0

    def add(self, other: "Usage") -> None:
        """Add what another used."""
        self.calls += other.calls
        self.tokens_in += other.tokens_in
        self.tokens_out += other.tokens_out
        self.requests += other.requests
        self.seconds += other.seconds
        self.cost += other.cost


@dataclass(slots=True)
class AttemptLog:
    """The log of one attempt: usage by role, and what arithmetic settled, in words."""

    usage: dict[str, Usage] = field(default_factory=dict)
    settled: list[str] = field(default_factory=list)
    _counted: set[bytes] = field(default_factory=set)

    def used(self, role: str, usage: Usage, request: bytes | None = None) -> None:
        """Count what a role used; the answer to one `request` counts once, however often read."""
        if request is not None:
            if request in self._counted:
                return
            self._counted.add(request)
        self.usage.setdefault(role, Usage()).add(usage)

    def as_dict(self) -> dict[str, Any]:
        """Return the log as plain values; empty if nothing was called or settled."""
        plain: dict[str, Any] = {}
        if self.usage:
            plain["usage"] = {role: asdict(usage) for role, usage in self.usage.items()}
        if self.settled:
            plain["settled"] = self.settled
        return plain


_CURRENT: ContextVar[AttemptLog] = ContextVar("attempt_log")


@contextmanager
def attempt_log() -> Iterator[AttemptLog]:
    """Begin a log; `current_log` finds it in this task and the tasks it starts."""
    log = AttemptLog()
    token = _CURRENT.set(log)
    try:
        yield log
    finally:
        _CURRENT.reset(token)


def current_log() -> AttemptLog:
    """Return the log of the attempt being made, or one that nobody reads."""
    return _CURRENT.get(None) or AttemptLog()
