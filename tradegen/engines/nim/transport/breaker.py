"""The circuit breaker: when nothing gets through any more, calls wait and one at a time probes.

M. Nygard, "Release It!" (2007), chapter "Stability Patterns". purgatory and aiobreaker make
callers fail while open; here they wait, so that an outage costs no row.
"""

import asyncio
import time

from tradegen.engines.nim.transport.limits import TransportLimits
from tradegen.errors import EngineUnavailableError


class Breaker:
    """Opens after failures in a row over all calls; any success closes it."""

    def __init__(self, limits: TransportLimits) -> None:
        self._limits = limits
        self._in_a_row = 0
        self._opened_at = 0.0
        self._probe_at = 0.0
        self._interval_s = limits.probe_interval_s
        self._last_failure = ""
        self._closed = asyncio.Event()
        self._closed.set()

    @property
    def is_open(self) -> bool:
        """Whether calls are held back."""
        return not self._closed.is_set()

    async def admit(self) -> bool:
        """Wait until this call may be sent; return whether it is sent as a probe.

        Raises EngineUnavailableError once the breaker has been open for longer than the patience.
        """
        while self.is_open:
            now = time.monotonic()
            if now - self._opened_at > self._limits.patience_s:
                raise EngineUnavailableError(self._verdict(now))
            if now >= self._probe_at:
                self._plan_probe(now)
                return True
            await self._closed_within(self._probe_at - now)
        return False

    def succeeded(self) -> None:
        """Note an answer: the endpoint works."""
        self._in_a_row = 0
        self._interval_s = self._limits.probe_interval_s
        self._closed.set()

    def failed(self, failure: str, retry_after_s: float | None) -> None:
        """Note a failure and how long the endpoint asked to be left alone."""
        now = time.monotonic()
        self._in_a_row += 1
        self._last_failure = failure
        if self._in_a_row == self._limits.failures_to_open:
            self._closed.clear()
            self._opened_at = now
            self._plan_probe(now)
        if self.is_open and retry_after_s is not None:
            self._probe_at = max(self._probe_at, now + retry_after_s)

    def _plan_probe(self, now: float) -> None:
        """Set the time of the next probe and double the interval."""
        self._probe_at = now + self._interval_s
        self._interval_s = min(2.0 * self._interval_s, self._limits.retry_cap_s)

    async def _closed_within(self, seconds: float) -> None:
        """Wait until the breaker closes, this long at most."""
        try:
            async with asyncio.timeout(seconds):
                await self._closed.wait()
        except TimeoutError:
            return

    def _verdict(self, now: float) -> str:
        """Return what is said when patience ends."""
        return (
            f"nothing has got through to the endpoint for {now - self._opened_at:.0f} s; the last "
            f"of {self._in_a_row} failures in a row was: {self._last_failure}. What was accepted "
            "is kept: run the same command again when the endpoint is back."
        )
