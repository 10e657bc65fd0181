"""Many questions become few batches."""

import asyncio
import time
from collections.abc import Sequence

import pytest

from tradegen.engines.designer.gathering import Gatherer, in_thread
from tradegen.errors import EngineUnavailableError


def doubled(sizes: list[int], *, seconds: float = 0.0) -> Gatherer[int, int]:
    async def run(items: Sequence[int]) -> list[int]:
        sizes.append(len(items))
        await asyncio.sleep(seconds)
        return [2 * item for item in items]

    return Gatherer(run, most=10)


def test_each_question_gets_its_own_answer_and_no_batch_is_too_large() -> None:
    sizes: list[int] = []

    async def ask() -> list[int]:
        gatherer = doubled(sizes)
        return await asyncio.gather(*(gatherer(k) for k in range(34)))

    assert asyncio.run(ask()) == [2 * k for k in range(34)]
    assert sizes == [10, 10, 10, 4]


def test_small_batches_wait_while_two_are_under_way() -> None:
    sizes: list[int] = []

    async def ask() -> None:
        gatherer = doubled(sizes, seconds=0.4)
        asked = []
        for k in range(6):
            asked.append(asyncio.create_task(gatherer(k)))
            await asyncio.sleep(0.08)
        await asyncio.gather(*asked)

    asyncio.run(ask())
    assert sizes[:2] == [1, 1]
    assert sum(sizes) == 6
    assert len(sizes) < 6


def test_an_error_of_a_batch_reaches_all_that_asked_as_copies_and_the_next_batch_works() -> None:
    failing = [True]

    async def run(items: Sequence[int]) -> list[int]:
        if failing.pop() if failing else False:
            raise EngineUnavailableError("gone")
        return list(items)

    async def ask() -> list[int | BaseException]:
        gatherer = Gatherer(run, most=3)
        first = await asyncio.gather(*(gatherer(k) for k in range(3)), return_exceptions=True)
        return [*first, await gatherer(7)]

    *errors, later = asyncio.run(ask())
    assert all(isinstance(error, EngineUnavailableError) for error in errors)
    assert len({id(error) for error in errors}) == 3
    assert later == 7


def test_blocking_work_does_not_block_the_loop_and_is_not_waited_for_at_the_end() -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.01)

    async def work() -> None:
        ticking = asyncio.create_task(tick())
        await in_thread(lambda: time.sleep(0.2))
        ticking.cancel()
        in_thread(lambda: time.sleep(30))

    started = time.monotonic()
    asyncio.run(work())
    assert ticks > 5
    assert time.monotonic() - started < 10


def test_what_blocking_work_raises_is_raised_where_it_is_awaited() -> None:
    def fail() -> None:
        raise EngineUnavailableError("gone")

    async def work() -> None:
        await in_thread(fail)

    with pytest.raises(EngineUnavailableError, match="gone"):
        asyncio.run(work())
