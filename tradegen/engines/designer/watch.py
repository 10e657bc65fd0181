"""The watch over batches under way: Data Designer itself waits for an endpoint for ever."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from tradegen.engines.designer.gathering import in_thread
from tradegen.errors import EngineUnavailableError

LOOK_EVERY_S = 10.0
"""Silence after which it is looked whether the endpoint is still there."""
PATIENCE_S = 300.0
"""Longest time without any answer, as the NIM engine's transport has it."""

Result = TypeVar("Result")


class Watch:
    """Knows when the endpoint was last heard, and looks after it when it falls silent."""

    def __init__(
        self,
        look: Callable[[], object],
        patience_s: float = PATIENCE_S,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        """Look by means of `look`, which blocks, and raises `EngineUnavailableError`."""
        self._look = look
        self._patience_s = patience_s
        self._look_every_s = look_every_s
        self._heard_at: float | None = None

    def heard(self, _what: object = None) -> None:
        """Note an answer; any thread may call this."""
        self._heard_at = time.monotonic()

    async def look(self) -> None:
        """Raise `EngineUnavailableError` if the endpoint is not there, or refuses."""
        await in_thread(self._look)

    async def over(self, work: "asyncio.Future[Result]") -> Result:
        """Return the result of work that asks the endpoint.

        Raises `EngineUnavailableError` if nothing is heard for longer than the patience; at once
        if the endpoint is not there and never was heard.
        """
        began = time.monotonic()
        while True:
            done, _ = await asyncio.wait({work}, timeout=self._look_every_s)
            if done:
                return work.result()
            silent_s = time.monotonic() - max(began, self._heard_at or began)
            if silent_s < self._look_every_s:
                continue
            try:
                await self.look()
            except EngineUnavailableError:
                if self._heard_at is None or silent_s > self._patience_s:
                    raise
            if silent_s > self._patience_s:
                raise EngineUnavailableError(
                    f"nothing has got through to the models for {silent_s:.0f} s, though the "
                    "endpoint is there. What was accepted is kept: run the same command again"
                )
