"""A crew: keeps rows in flight in one event loop and delivers their attempts."""

import asyncio
import traceback
from collections import deque
from collections.abc import Callable, Sequence

from tradegen.data.ledger import Attempt
from tradegen.errors import TradegenError
from tradegen.graph.build import RowGraph
from tradegen.graph.state import Pipeline
from tradegen.pipeline.attempts import attempt_row
from tradegen.pipeline.messages import Crash, Delivery, Task


class Crew:
    """Makes attempts, up to `in_flight` of them at once.

    An engine that works on many rows at once gets them in waves: the next rows start together,
    once all before them have ended. After a crash no more are started, and those under way
    are delivered before it.
    """

    def __init__(
        self,
        graph: RowGraph,
        pipeline: Pipeline,
        in_flight: int,
        deliver: Callable[[Delivery], None],
    ) -> None:
        """Call `deliver` in the event loop's thread with attempts as they end."""
        self._graph = graph
        self._pipeline = pipeline
        self._in_flight = in_flight
        self._deliver = deliver
        self._waiting: deque[Task] = deque()
        self._running: set[asyncio.Task[Attempt]] = set()
        self._ended: list[Attempt] = []
        self._crash: Crash | None = None
        self._handing_over = False

    def submit(self, tasks: Sequence[Task]) -> None:
        """Take on more attempts. Must be called in the event loop's thread."""
        self._waiting.extend(tasks)
        self._start()

    def _start(self) -> None:
        if self._crash or (self._running and self._pipeline.engine.in_waves):
            return
        loop = asyncio.get_running_loop()
        while self._waiting and len(self._running) < self._in_flight:
            work = attempt_row(self._graph, self._pipeline, self._waiting.popleft())
            running = loop.create_task(work)
            self._running.add(running)
            running.add_done_callback(self._end)

    def _end(self, ended: asyncio.Task[Attempt]) -> None:
        self._running.discard(ended)
        if ended.cancelled():
            return
        if not self._handing_over:
            self._handing_over = True
            asyncio.get_running_loop().call_soon(self._hand_over)
        error = ended.exception()
        if error is None:
            self._ended.append(ended.result())
        elif self._crash is None:
            self._crash = _crash(error)
        self._start()

    def _hand_over(self) -> None:
        """Deliver what has ended in this turn of the loop, and a crash once nothing is left."""
        self._handing_over = False
        ended, self._ended = self._ended, []
        if ended:
            self._deliver(ended)
        if self._crash and not self._running:
            self._deliver(self._crash)


def _crash(error: BaseException) -> Crash:
    if isinstance(error, TradegenError):
        return Crash(str(error), error.exit_code)
    return Crash("".join(traceback.format_exception(error)))
