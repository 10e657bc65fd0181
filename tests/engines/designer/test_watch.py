"""Batches under way are looked after: Data Designer would wait for ever."""

import asyncio

import pytest

from tradegen.engines.designer.watch import Watch
from tradegen.errors import EngineUnavailableError


def gone() -> None:
    raise EngineUnavailableError("nobody there")


def watched(watch: Watch, seconds: float, *, heard_every_s: float | None = None) -> str:
    async def run() -> str:
        work: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(seconds, work.set_result, "filled")

        async def hear() -> None:
            while heard_every_s is not None:
                watch.heard()
                await asyncio.sleep(heard_every_s)

        hearing = asyncio.create_task(hear())
        try:
            return await watch.over(work)
        finally:
            hearing.cancel()

    return asyncio.run(run())


def test_an_endpoint_that_was_never_heard_and_is_not_there_ends_it_at_once() -> None:
    with pytest.raises(EngineUnavailableError, match="nobody there"):
        watched(Watch(gone, patience_s=60, look_every_s=0.05), 20)


def test_an_endpoint_that_was_heard_has_time_to_come_back() -> None:
    watch = Watch(gone, patience_s=60, look_every_s=0.05)
    watch.heard()
    assert watched(watch, 0.5) == "filled"


def test_patience_ends_though_the_endpoint_still_lists_its_models() -> None:
    with pytest.raises(EngineUnavailableError, match="nothing has got through"):
        watched(Watch(lambda: None, patience_s=0.2, look_every_s=0.05), 20)


def test_a_slow_batch_whose_answers_keep_coming_is_left_alone() -> None:
    watch = Watch(gone, patience_s=0.2, look_every_s=0.1)
    assert watched(watch, 0.8, heard_every_s=0.03) == "filled"
