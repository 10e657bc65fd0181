"""The gate: lets requests in by the rules, or refuses them."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

from tradegen.testing.nim_server.call import Call
from tradegen.testing.nim_server.refusals import (
    Refusal,
    bad_request,
    too_many_requests,
    unauthorised,
    unknown_model,
)
from tradegen.testing.nim_server.rules import Rules
from tradegen.testing.nim_server.window import SlidingWindow


class Gate:
    """Keeps count of who is inside; `rules` may be changed at any time."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._inside = 0
        self._admitted = SlidingWindow()

    def check_key(self, authorization: str | None) -> None:
        """Refuse whoever does not bring the key."""
        if self.rules.api_key is not None and authorization != f"Bearer {self.rules.api_key}":
            raise Refusal(unauthorised(), "unauthorised")

    def check_abilities(self, call: Call) -> None:
        """Refuse calls for models that are not there, or for what they cannot do."""
        if not self.rules.has(call.model):
            raise Refusal(unknown_model(call.model), "unknown_model")
        cannot = {
            "json_schema": self.rules.no_json_schema,
            "json_object": self.rules.no_json_object,
        }
        if call.format is not None and cannot.get(call.format, False):
            message = f"response_format of type '{call.format}' is not supported by this model"
            raise Refusal(bad_request(message), f"no_{call.format}")

    @contextmanager
    def passage(self, now: float) -> Iterator[dict[str, str]]:
        """Let a request in while the block runs; yields the headers that tell of the limits."""
        rules = self.rules
        if rules.concurrency is not None and self._inside >= rules.concurrency:
            raise Refusal(too_many_requests({}), "concurrency_exceeded")
        admitted = self._admitted.count(now, rules.window_s)
        if rules.rpm is not None and admitted >= rules.rpm:
            wait = self._admitted.oldest_leaves_in(now, rules.window_s)
            headers = {**self._headers(now), "Retry-After": str(math.ceil(wait))}
            raise Refusal(too_many_requests(headers), "rpm_exceeded")
        self._admitted.add(now)
        self._inside += 1
        try:
            yield self._headers(now)
        finally:
            self._inside -= 1

    def _headers(self, now: float) -> dict[str, str]:
        rules = self.rules
        if rules.rpm is None or not rules.ratelimit_headers:
            return {}
        left = rules.rpm - self._admitted.count(now, rules.window_s)
        reset_s = self._admitted.oldest_leaves_in(now, rules.window_s)
        return {
            "x-ratelimit-limit-requests": str(rules.rpm),
            "x-ratelimit-remaining-requests": str(max(0, left)),
            "x-ratelimit-reset-requests": f"{reset_s:.3f}s",
        }
