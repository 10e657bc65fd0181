"""Attempts in the event loop of this process, as a worker makes them."""

import asyncio
import time
from contextlib import AbstractContextManager, nullcontext

from tradegen.graph.build import build_graph
from tradegen.pipeline.blueprint import Blueprint
from tradegen.pipeline.crew import Crew
from tradegen.pipeline.messages import Crash, Delivery, Task
from tradegen.pipeline.worker import collect_garbage_rarely

_ROWS_AT_ONCE = 256


async def attempt_each(
    blueprint: Blueprint, n: int, during: AbstractContextManager[None] | None = None
) -> float:
    """Make the first attempt at each of `n` rows; return the CPU seconds it took.

    `during` is open while they are made.
    """
    left, done = n, asyncio.Event()

    def deliver(delivery: Delivery) -> None:
        nonlocal left
        if isinstance(delivery, Crash):
            raise delivery.error()
        left -= len(delivery)
        if left == 0:
            done.set()

    crew = Crew(build_graph(), blueprint.pipeline(blueprint.learn()), _ROWS_AT_ONCE, deliver)
    collect_garbage_rarely()
    started = time.thread_time()
    with during or nullcontext():
        crew.submit([Task(number, 0) for number in range(n)])
        await done.wait()
    return time.thread_time() - started
