import asyncio

import pytest

from tradegen.engines.nim.transport.breaker import Breaker
from tradegen.engines.nim.transport.limits import TransportLimits
from tradegen.errors import EngineUnavailableError

LIMITS = TransportLimits(failures_to_open=3, probe_interval_s=0.05, patience_s=30)


def opened(limits: TransportLimits = LIMITS) -> Breaker:
    """Return a breaker that has just opened."""
    breaker = Breaker(limits)
    for _ in range(limits.failures_to_open):
        breaker.failed("server_error (HTTP 500): oh", None)
    return breaker


def test_failures_with_a_success_between_them_do_not_open_it() -> None:
    breaker = Breaker(LIMITS)
    for _ in range(10):
        breaker.failed("oh", None)
        breaker.failed("oh", None)
        breaker.succeeded()
    assert not breaker.is_open


def test_one_call_at_a_time_probes_and_a_success_lets_all_through() -> None:
    async def main() -> None:
        breaker = opened()
        calls = [asyncio.create_task(breaker.admit()) for _ in range(20)]
        done, waiting = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        assert [call.result() for call in done] == [True]
        assert len(waiting) == 19
        breaker.succeeded()
        assert not any(await asyncio.gather(*waiting))

    asyncio.run(main())


def test_a_probe_waits_as_long_as_the_endpoint_asked() -> None:
    async def main() -> None:
        breaker = opened()
        breaker.failed("rate_limited (HTTP 429): wait", 60)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(breaker.admit(), 0.3)

    asyncio.run(main())


def test_patience_ends_with_the_last_failure_stated() -> None:
    async def main() -> None:
        breaker = opened(TransportLimits(probe_interval_s=0.02, patience_s=0.1))
        while await breaker.admit():
            pass

    with pytest.raises(EngineUnavailableError, match=r"HTTP 500.*run the same command again"):
        asyncio.run(main())
