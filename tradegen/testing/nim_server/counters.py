"""Counters: what the server saw and did."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tradegen.testing.nim_server.window import SlidingWindow


@dataclass
class Counters:
    """Counts since the server started.

    `answers` holds for each request body (its SHA-256) when it was answered with success: a sound
    200, all of whose bytes went to the socket. Full 200s spoilt by a fault count as
    `damaged` instead. `faults` holds injected faults and refusals by kind, `first` and `last` are
    when the first request came and the last answer went, by the monotonic clock.
    """

    first: float | None = None
    last: float = 0.0
    requests: int = 0
    answered: int = 0
    damaged: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    in_flight: int = 0
    highest_in_flight: int = 0
    most_in_window: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    requests_by_role: Counter[str] = field(default_factory=Counter)
    answered_by_role: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    answers: dict[str, list[float]] = field(default_factory=dict)
    arrivals: SlidingWindow = field(default_factory=SlidingWindow)

    def arrived(self, now: float, window_s: float) -> None:
        """Count a request to the chat endpoint."""
        self.first = now if self.first is None else self.first
        self.requests += 1
        self.in_flight += 1
        self.highest_in_flight = max(self.highest_in_flight, self.in_flight)
        self.arrivals.add(now)
        self.most_in_window = max(self.most_in_window, self.arrivals.count(now, window_s))

    def left(self) -> None:
        """Count the end of a request, however it ended."""
        self.in_flight -= 1

    def sent(self, now: float, key: str, role: str, *, sound: bool) -> None:
        """Count a full 200."""
        self.last = now
        if not sound:
            self.damaged += 1
            return
        self.answered += 1
        self.answered_by_role[role] += 1
        self.answers.setdefault(key, []).append(now)

    def tokens(self, prompt: int, completion: int) -> None:
        """Count the tokens of an answer."""
        self.prompt_tokens += prompt
        self.completion_tokens += completion

    def report(self, *, with_keys: bool) -> dict[str, Any]:
        """Return all counts as JSON; when each body was answered only `with_keys`."""
        names = ("requests", "answered", "damaged", "prompt_tokens", "completion_tokens")
        levels = ("in_flight", "highest_in_flight", "most_in_window")
        kinds = ("faults", "requests_by_role", "answered_by_role")
        report: dict[str, Any] = {name: getattr(self, name) for name in (*names, *levels)}
        report |= {name: dict(getattr(self, name)) for name in kinds}
        report["serving_s"] = max(0.0, self.last - (self.first or 0.0))
        report["bodies"] = len(self.seen)
        report["answered_more_than_once"] = {
            key: len(times) for key, times in self.answers.items() if len(times) > 1
        }
        if with_keys:
            report["answers"] = dict(self.answers)
        return report
