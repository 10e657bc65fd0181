"""Pacing: at most so many requests, or tokens, in any minute.

aiolimiter's leaky bucket lets a full quota through at once and then leaks, so that the first
minute carries nearly twice the quota: servers that count a sliding minute answer 429. Here the
quota is spread evenly, which suits sliding, fixed and token-bucket servers alike, and a resumed
run that knows nothing of the minute before it.
"""

import asyncio
import time

MARGIN = 0.03
"""Share of the quota left unused, against the network's and the event loop's delays."""

_LOOK_AGAIN_S = 0.25  # a settlement may bring the next turn forward while one waits for it


class PacedBucket:
    """Hands out a quota evenly, in the order of asking.

    With spacing d = minute / quota * (1 + margin), as many takers as the quota allows span
    (1 + margin) minutes. A late taker shortens the span before it by its lateness, so lateness
    beyond half the margin is not caught up.
    """

    def __init__(self, per_minute: float | None, minute_s: float = 60.0) -> None:
        self._allowed = per_minute
        self._minute_s = minute_s
        self._spacing_s = 0.0
        self._free_at = 0.0
        self._turn = asyncio.Lock()
        self._pace(per_minute)

    @property
    def limited(self) -> bool:
        """Whether there is a quota at all."""
        return self._spacing_s > 0.0

    async def take(self, amount: float = 1.0) -> None:
        """Wait until it is this taker's turn, then use `amount` of the quota."""
        if not self.limited and self._free_at <= time.monotonic():
            return
        async with self._turn:
            while (wait := self._free_at - time.monotonic()) > 0.0:
                await asyncio.sleep(min(wait, _LOOK_AGAIN_S))
            oldest = time.monotonic() - 0.5 * MARGIN * self._minute_s
            self._free_at = max(self._free_at, oldest) + amount * self._spacing_s

    def settle(self, taken: float, used: float) -> None:
        """Correct what a taker took by what it turned out to use."""
        self._free_at += (used - taken) * self._spacing_s

    def learn(self, per_minute: float) -> None:
        """Take a quota the endpoint stated; a smaller one that the user set stays."""
        self._pace(per_minute if self._allowed is None else min(per_minute, self._allowed))

    def hold(self, seconds: float) -> None:
        """Let nobody through for this long, a minute at most: the endpoint has nothing left."""
        until = time.monotonic() + min(seconds, self._minute_s)
        self._free_at = max(self._free_at, until)

    def _pace(self, per_minute: float | None) -> None:
        """Set the spacing of a quota."""
        if per_minute is not None:
            self._spacing_s = self._minute_s / per_minute * (1.0 + MARGIN)
