"""Batching: gathers the calls of many rows in flight into one vectorised call."""

import asyncio
import copy
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

_QUIET_TURNS = 2

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batcher(Generic[Item, Result]):
    """Turns a function of many items into an awaitable function of one.

    Calls are gathered until two turns of the event loop have brought no further one, then go
    through the function together. The function must give each item the result it would get alone.
    """

    def __init__(self, function: Callable[[Sequence[Item]], Sequence[Result]]) -> None:
        """Wrap `function`, which returns one result for each item, in order."""
        self._function = function
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []

    async def __call__(self, item: Item) -> Result:
        """Return the result for `item`, or raise a copy of what it raised for the batch."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((item, future))
        if len(self._waiting) == 1:
            loop.call_soon(self._flush_when_quiet, loop, 1, _QUIET_TURNS)
        return await future

    def _flush_when_quiet(self, loop: asyncio.AbstractEventLoop, seen: int, turns: int) -> None:
        """Run the batch once enough turns of the loop have brought no further call."""
        left = _QUIET_TURNS if len(self._waiting) > seen else turns - 1
        if left:
            loop.call_soon(self._flush_when_quiet, loop, len(self._waiting), left)
            return
        waiting, self._waiting = self._waiting, []
        try:
            results = self._function([item for item, _ in waiting])
        except Exception as error:
            for _, future in waiting:
                if not future.done():
                    future.set_exception(own_copy(error))
            return
        for (_, future), result in zip(waiting, results, strict=True):
            if not future.done():
                future.set_result(result)


def own_copy(error: Exception) -> Exception:
    """Return a copy of an error, so that each caller may add its own notes and traceback to it."""
    try:
        own = copy.copy(error)
    except TypeError:  # its constructor wants more than its `args`: then all callers share it
        return error
    own.__notes__ = list(getattr(error, "__notes__", ()))
    own.__cause__, own.__context__ = error.__cause__, error.__context__
    return own.with_traceback(error.__traceback__)
