"""Adaptive concurrency: how many calls may be under way at once, learned from their fate.

It cuts like TCP when the endpoint pushes back, and grows back along CUBIC's curve (RFC 9438,
4.2): fast up to where trouble began, slowly around it, then fast again. Time is counted in rounds
(as many answers as the limit allows calls), not seconds, so that slow models are probed as gently
as fast ones. A rise in latency is noticed as in Netflix's Gradient2 (concurrency-limits, 2018):
the recent average against the long-run one.

asyncio.Semaphore cannot change its size, and no maintained asyncio library was found that
adapts one.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Self

WINDOW = 20
"""Calls sent one after the other that are looked at to tell a rising rate from a stray failure."""
PUSHBACKS_TO_CUT = 8
"""Of those, pushed back; 5 % at random reach it once in 400,000 windows, a full server at once.

By order of sending, because a rejection comes back sooner than an answer does.
"""
TIMES_TO_CUT = 3
"""Pushbacks of one and the same call: others always get in before it, so the endpoint is full."""
KEEP_MOST, KEEP_LEAST = 0.9, 0.5
"""A cut keeps what the endpoint was still serving, within these shares of the limit."""
KEEP_SLOW = 0.7
"""A cut for latency keeps this share (CUBIC's beta)."""
CURVATURE = 0.015
"""CUBIC's C, for time in rounds: a limit of 16 is probed upwards about every nine rounds."""
SLOWER = 2.0
"""Recent latency over long-run latency that counts as a rise (Gradient2's tolerance)."""
LONG_RUN = 10
"""Length of the long-run average in recent ones."""


class Slot:
    """One call's place, held from `async with` on; the call says when it is sent and its fate."""

    def __init__(self, limit: "AdaptiveLimit") -> None:
        self._limit = limit
        self.sent_at = 0.0
        self.number = 0
        self.cuts_before = 0

    async def __aenter__(self) -> Self:
        await self._limit.enter()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._limit.leave(self)

    def sent(self) -> None:
        """Start the clock: the request goes out now."""
        self._limit.sent(self)

    def answered(self) -> None:
        """Note that the endpoint served the call."""
        self._limit.answered(self)

    def pushed_back(self, times: int) -> None:
        """Note that it did not, this often in a row: rejected, failed or never came back."""
        self._limit.pushed_back(self, times)


class AdaptiveLimit:
    """A semaphore whose size follows the endpoint's health; first come, first served."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._size = float(most)
        self._under_way = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._sent: set[Slot] = set()
        self._sends = 0
        self._cuts = 0
        self._pushed_back: deque[int] = deque(maxlen=PUSHBACKS_TO_CUT)
        self._trouble_at = float(most)
        self._rounds = 0.0
        self._rounds_to_trouble = 0.0
        self._latency = _Latency(most)

    @property
    def size(self) -> int:
        """How many calls may be under way now."""
        return int(self._size)

    @property
    def under_way(self) -> int:
        """How many slots are held now."""
        return self._under_way

    def slot(self) -> Slot:
        """Return a place to enter: `async with limit.slot() as slot`."""
        return Slot(self)

    async def enter(self) -> None:
        """Wait for a place."""
        if self._under_way < self.size and not self._waiting:
            self._under_way += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._under_way -= 1
                self._let_in()
            raise

    def leave(self, slot: Slot) -> None:
        """Give the place to the next."""
        self._sent.discard(slot)
        self._under_way -= 1
        self._let_in()

    def sent(self, slot: Slot) -> None:
        """Note that a call has gone out."""
        slot.sent_at = self._clock()
        slot.number = self._sends
        slot.cuts_before = self._cuts
        self._sends += 1
        self._sent.add(slot)

    def answered(self, slot: Slot) -> None:
        """Learn from a call that was served."""
        if slot.cuts_before != self._cuts:
            return
        if self._latency.has_risen(self._clock() - slot.sent_at):
            self._cut(self._size, KEEP_SLOW * self._size)
        elif self._waiting or self._under_way >= self.size:
            self._grow()

    def pushed_back(self, slot: Slot, times: int) -> None:
        """Learn from a call that was not; what was sent before the last cut says nothing new."""
        if slot.cuts_before != self._cuts:
            return
        self._pushed_back.append(slot.number)
        numbers = self._pushed_back
        often = len(numbers) == PUSHBACKS_TO_CUT and max(numbers) - min(numbers) < WINDOW
        if often or times >= TIMES_TO_CUT:
            flight = min(self._size, float(self._under_way))
            served = self._served(slot) if often else flight
            self._cut(flight, min(KEEP_MOST * flight, max(KEEP_LEAST * flight, served)))

    def _served(self, rejected: Slot) -> int:
        """Return how many calls the endpoint has let in: sent before a rejected one and still out.

        It rejects at once, so it would have told them by now.
        """
        return sum(slot.number < rejected.number for slot in self._sent)

    def _cut(self, trouble_at: float, size: float) -> None:
        """Shrink to a size from where trouble began, and start CUBIC's clock anew."""
        self._cuts += 1
        self._pushed_back.clear()
        self._size = max(1.0, size)
        self._trouble_at = max(self._size, trouble_at)
        self._rounds = 0.0
        self._rounds_to_trouble = ((self._trouble_at - self._size) / CURVATURE) ** (1.0 / 3.0)

    def _grow(self) -> None:
        """Move one answer further along CUBIC's curve."""
        if self._size >= self._most:
            return
        self._rounds += 1.0 / self._size
        curve = CURVATURE * (self._rounds - self._rounds_to_trouble) ** 3 + self._trouble_at
        self._size = min(float(self._most), max(self._size, curve))

    def _let_in(self) -> None:
        """Let in as many as there is room for."""
        while self._waiting and self._under_way < self.size:
            turn = self._waiting.popleft()
            if not turn.done():
                self._under_way += 1
                turn.set_result(None)


class _Latency:
    """Tells a rise of latency from its scatter."""

    def __init__(self, most: int) -> None:
        self._recent_weight = 1.0 / max(WINDOW, most)
        self._long_weight = self._recent_weight / LONG_RUN
        self._seen = 0
        self._recent_s = 0.0
        self._long_s = 0.0

    def has_risen(self, latency_s: float) -> bool:
        """Take one more latency in; a rise that was told once is the new normal."""
        self._seen += 1
        self._recent_s += max(1.0 / self._seen, self._recent_weight) * (latency_s - self._recent_s)
        self._long_s += max(1.0 / self._seen, self._long_weight) * (latency_s - self._long_s)
        if self._seen * self._long_weight < 1.0 or self._recent_s <= SLOWER * self._long_s:
            return False
        self._long_s = self._recent_s
        return True
