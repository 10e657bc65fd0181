import asyncio

import numpy as np
import pytest

from tradegen.engines.nim.transport.concurrency import AdaptiveLimit, Slot


def limit_of(most: int) -> AdaptiveLimit:
    """Return a limit for which every answer takes equally long."""
    return AdaptiveLimit(most, clock=lambda: 0.0)


async def enter(limit: AdaptiveLimit, count: int) -> list[Slot]:
    """Return this many slots, entered and sent."""
    slots = [limit.slot() for _ in range(count)]
    for slot in slots:
        await asyncio.wait_for(slot.__aenter__(), 5)
        slot.sent()
    return slots


async def leave(slots: list[Slot]) -> None:
    """Leave all slots."""
    for slot in slots:
        await slot.__aexit__(None, None, None)


async def serve(limit: AdaptiveLimit, rounds: int) -> None:
    """Fill the limit and answer all, this many times."""
    for _ in range(rounds):
        slots = await enter(limit, limit.size)
        for slot in slots:
            slot.answered()
        await leave(slots)


def test_no_more_than_the_limit_are_let_in_and_in_the_order_of_asking() -> None:
    async def main() -> None:
        limit, order = limit_of(3), list[int]()

        async def call(number: int) -> None:
            async with limit.slot():
                order.append(number)
                assert limit.under_way <= 3
                await asyncio.sleep(0)

        await asyncio.gather(*(call(k) for k in range(50)))
        assert order == list(range(50))
        assert limit.under_way == 0

    asyncio.run(main())


@pytest.mark.parametrize("turns", [0, 1, 2])
def test_a_call_cancelled_while_it_waits_costs_no_slot(turns: int) -> None:
    async def main() -> None:
        limit = limit_of(1)
        held = await enter(limit, 1)
        waiting = asyncio.create_task(enter(limit, 1))
        await asyncio.sleep(0)
        await leave(held)
        for _ in range(turns):
            if not waiting.done():
                await asyncio.sleep(0)
        waiting.cancel()
        result = await asyncio.gather(waiting, return_exceptions=True)
        if isinstance(result[0], list):
            await leave(result[0])
        assert limit.under_way == 0
        await enter(limit, 1)

    asyncio.run(main())


def test_a_full_endpoint_cuts_to_what_it_serves() -> None:
    async def main() -> None:
        limit = limit_of(24)
        slots = await enter(limit, 24)
        for slot in slots[16:]:
            slot.pushed_back(1)
            await leave([slot])
        assert 14 <= limit.size <= 16
        await leave(slots[:16])

    asyncio.run(main())


def test_five_per_cent_of_stray_rejections_cut_nothing() -> None:
    async def main() -> None:
        limit, rng = limit_of(128), np.random.default_rng(2)
        for _ in range(50):
            slots = await enter(limit, 128)
            rejected = rng.random(128) < 0.05
            for slot in np.array(slots)[rejected]:
                slot.pushed_back(1)  # rejections come before answers do
            for slot in np.array(slots)[~rejected]:
                slot.answered()
            await leave(slots)
        assert limit.size == 128

    asyncio.run(main())


def test_a_call_pushed_back_again_and_again_cuts() -> None:
    async def main() -> None:
        limit = limit_of(128)
        slots = await enter(limit, 20)
        slots[-1].pushed_back(3)
        assert 16 <= limit.size < 20
        await leave(slots)

    asyncio.run(main())


def test_a_healthy_endpoint_gets_the_whole_limit_back() -> None:
    async def main() -> None:
        limit = limit_of(64)
        slots = await enter(limit, 64)
        for slot in slots[8:]:
            slot.pushed_back(1)
        await leave(slots)
        assert limit.size <= 32
        await serve(limit, 60)
        assert limit.size == 64

    asyncio.run(main())


def test_a_rise_of_latency_cuts_and_steady_scatter_does_not() -> None:
    now = [0.0]

    async def round_of(limit: AdaptiveLimit, latencies: list[float]) -> None:
        slots = await enter(limit, limit.size)
        started = now[0]
        for slot, latency in zip(slots, latencies, strict=False):
            now[0] = started + latency
            slot.answered()
        await leave(slots)

    async def main() -> None:
        limit, rng = AdaptiveLimit(32, clock=lambda: now[0]), np.random.default_rng(3)
        for _ in range(100):
            await round_of(limit, sorted(rng.exponential(1.0, 32)))
        assert limit.size == 32
        for _ in range(4):
            await round_of(limit, [8.0] * 32)
        assert limit.size < 32
        for _ in range(40):
            await round_of(limit, [1.0] * 32)
        assert limit.size == 32

    asyncio.run(main())
