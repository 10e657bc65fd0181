"""Gathering: many awaited questions become few batches of slow work."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from tradegen.engines.batching import own_copy

QUIET_S = 0.05
"""Time without a further question after which a batch begins though it is not full."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class Gatherer(Generic[Item, Result]):
    """Turns an awaitable function of many items into one of one.

    A batch begins once `most` items wait for it, or once no further one has come for `QUIET_S`
    and fewer than `at_once` are under way: a run has fixed costs, so small ones are not piled up.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        most: int,
        at_once: int = 2,
    ) -> None:
        """Wrap `run`, which returns one result for each item, in order."""
        self._run = run
        self._most = most
        self._at_once = at_once
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def __call__(self, item: Item) -> Result:
        """Return the result for `item`, or raise a copy of what the batch raised."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        self._look()
        return await future

    def _look(self) -> None:
        """Begin full batches; begin another one after a quiet time, if few are under way."""
        while len(self._waiting) >= self._most:
            self._begin()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting and len(self._under_way) < self._at_once:
            self._timer = asyncio.get_running_loop().call_later(QUIET_S, self._begin)

    def _begin(self) -> None:
        batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        if batch:
            task = asyncio.get_running_loop().create_task(self._work(batch))
            self._under_way.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._under_way.discard(task)
        self._look()

    async def _work(self, batch: list[tuple[Item, "asyncio.Future[Result]"]]) -> None:
        try:
            results = await self._run([item for item, _ in batch])
        except Exception as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(own_copy(error))
            return
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(result)


def in_thread(function: Callable[[], Result]) -> "asyncio.Future[Result]":
    """Return the future result of a function that blocks, called in a thread of its own.

    Nothing waits for the thread when the process ends, as it would for one of an executor.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def tell(settle: Callable[[], None]) -> None:
        if not (loop.is_closed() or future.done()):
            loop.call_soon_threadsafe(lambda: None if future.done() else settle())

    def work() -> None:
        try:
            result = function()
        except Exception as error:  # whatever it raises is for who awaits it
            failure = error
            tell(lambda: future.set_exception(failure))
        else:
            tell(lambda: future.set_result(result))

    threading.Thread(target=work, daemon=True).start()
    return future
