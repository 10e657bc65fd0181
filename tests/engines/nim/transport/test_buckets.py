import asyncio
import time

import pytest

from tradegen.engines.nim.transport.buckets import PacedBucket


async def seconds_for(bucket: PacedBucket, takers: int, amount: float = 1.0) -> float:
    """Return how long it takes until all takers are through."""
    started = time.monotonic()
    await asyncio.gather(*(bucket.take(amount) for _ in range(takers)))
    return time.monotonic() - started


def test_without_a_quota_nobody_waits() -> None:
    assert asyncio.run(seconds_for(PacedBucket(None), 1000)) < 1


def test_takers_come_through_one_after_the_other_never_in_a_burst() -> None:
    async def main() -> None:
        assert await seconds_for(PacedBucket(100, minute_s=2), 16) >= 0.27

    asyncio.run(main())


def test_a_large_taker_makes_the_next_one_wait_for_its_share() -> None:
    async def main() -> None:
        bucket = PacedBucket(100, minute_s=1)
        await bucket.take(50)
        assert await seconds_for(bucket, 1, 10) >= 0.45

    asyncio.run(main())


def test_what_was_taken_and_not_used_is_given_back() -> None:
    async def main() -> None:
        bucket = PacedBucket(100, minute_s=10)
        await bucket.take(1000)
        bucket.settle(1000, 1)
        assert await seconds_for(bucket, 1) < 5

    asyncio.run(main())


def test_a_quota_the_endpoint_states_is_learned_but_never_above_the_users() -> None:
    async def main() -> None:
        unlimited, limited = PacedBucket(None, minute_s=1), PacedBucket(10, minute_s=1)
        unlimited.learn(20)
        limited.learn(1_000_000)
        assert await seconds_for(unlimited, 11) >= 0.48
        assert await seconds_for(limited, 4) >= 0.28

    asyncio.run(main())


def test_a_hold_lasts_a_minute_at_most() -> None:
    async def main() -> None:
        bucket = PacedBucket(None, minute_s=0.3)
        bucket.hold(3600)
        assert 0.25 <= await seconds_for(bucket, 3) < 5

    asyncio.run(main())


def test_a_taker_that_gives_up_does_not_block_the_others() -> None:
    async def main() -> None:
        bucket = PacedBucket(10, minute_s=1)
        await bucket.take()
        impatient = asyncio.create_task(bucket.take())
        await asyncio.sleep(0)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        assert await seconds_for(bucket, 1) < 5

    asyncio.run(main())
