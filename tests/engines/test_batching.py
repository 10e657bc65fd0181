import asyncio
import traceback
from collections.abc import Sequence

import pytest

from tradegen.engines.batching import Batcher
from tradegen.engines.protocols import RowFailedError


class Doubling:
    """Doubles numbers and remembers how many came together."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.sizes.append(len(items))
        if 13 in items:
            raise ValueError("unlucky")
        return [2 * item for item in items]


def test_calls_made_together_go_through_together_and_come_back_in_order() -> None:
    double = Doubling()

    async def main() -> list[int]:
        batcher = Batcher(double)
        return await asyncio.gather(*(batcher(k) for k in range(10)))

    assert asyncio.run(main()) == [2 * k for k in range(10)]
    assert double.sizes == [10]


def test_calls_that_arrive_over_several_turns_of_the_loop_are_gathered() -> None:
    double = Doubling()

    async def late(batcher: Batcher[int, int], turns: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await batcher(turns)

    async def main() -> list[int]:
        batcher = Batcher(double)
        return await asyncio.gather(*(late(batcher, k) for k in range(5)))

    assert asyncio.run(main()) == [0, 2, 4, 6, 8]
    assert len(double.sizes) == 1


def test_an_error_reaches_every_caller_and_the_next_batch_is_not_harmed() -> None:
    async def main() -> None:
        batcher = Batcher(Doubling())
        results = await asyncio.gather(*(batcher(k) for k in (1, 13)), return_exceptions=True)
        assert [str(result) for result in results] == ["unlucky", "unlucky"]
        assert await batcher(4) == 8

    asyncio.run(main())


def test_each_caller_gets_an_error_of_its_own_to_add_notes_to() -> None:
    failure = RowFailedError("judge", "no_answer", "nothing came", raw="...")

    def fail(_items: Sequence[int]) -> list[int]:
        raise failure

    async def one(batcher: Batcher[int, int], k: int) -> RowFailedError:
        with pytest.raises(RowFailedError, match="nothing came") as caught:
            await batcher(k)
        caught.value.add_note(f"row {k}")
        return caught.value

    async def main() -> list[RowFailedError]:
        batcher = Batcher(fail)
        return await asyncio.gather(*(one(batcher, k) for k in range(3)))

    errors = asyncio.run(main())
    assert [error.__notes__ for error in errors] == [["row 0"], ["row 1"], ["row 2"]]
    assert {(error.stage, error.kind, error.raw) for error in errors} == {
        ("judge", "no_answer", "...")
    }
    assert all("in fail" in "".join(traceback.format_exception(error)) for error in errors)


class OddError(Exception):
    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


def test_an_error_that_cannot_be_copied_still_reaches_every_caller() -> None:
    def fail(_items: Sequence[int]) -> list[int]:
        raise OddError(1, 2)

    async def main() -> list[int | BaseException]:
        batcher = Batcher(fail)
        return await asyncio.gather(*(batcher(k) for k in range(2)), return_exceptions=True)

    assert [str(one) for one in asyncio.run(main())] == ["1 and 2"] * 2


def test_a_cancelled_caller_does_not_disturb_the_others() -> None:
    async def main() -> None:
        batcher = Batcher(Doubling())
        tasks = [asyncio.ensure_future(batcher(k)) for k in (1, 2)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        assert await tasks[1] == 4
        with pytest.raises(asyncio.CancelledError):
            await tasks[0]

    asyncio.run(main())
