"""Requests a window, and requests at once."""

import asyncio
import time

import aiohttp
from hypothesis import given
from hypothesis import strategies as st

from tests.testing.nim_server.asking import Heard, ask, ask_all, question, send
from tradegen.testing.nim_server.process import RunningServer
from tradegen.testing.nim_server.window import SlidingWindow


def statuses(heard: list[Heard | Exception]) -> list[int]:
    assert not [one for one in heard if isinstance(one, Exception)]
    return [one.status for one in heard if isinstance(one, Heard)]


def test_beyond_the_limit_of_a_window_clients_are_told_when_to_come_back(
    server: RunningServer,
) -> None:
    server.faults(rpm=5, window_s=1.0, ratelimit_headers=True)
    time.sleep(1.0)
    heard = ask_all(server.base_url, [question(i) for i in range(8)], at_once=1)
    assert statuses(heard) == [200] * 5 + [429] * 3
    first, last = heard[0], heard[-1]
    assert isinstance(first, Heard)
    assert isinstance(last, Heard)
    assert first.headers["x-ratelimit-limit-requests"] == "5"
    assert first.headers["x-ratelimit-remaining-requests"] == "4"
    assert last.headers["x-ratelimit-remaining-requests"] == "0"
    assert 0 < float(last.headers["x-ratelimit-reset-requests"].removesuffix("s")) <= 1
    assert last.headers["Retry-After"] == "1"
    time.sleep(float(last.headers["Retry-After"]))
    assert ask(server.base_url, question()).status == 200
    assert server.counters()["faults"]["rpm_exceeded"] == 3


def test_the_window_slides(server: RunningServer) -> None:
    server.faults(rpm=2, window_s=0.6)
    time.sleep(0.6)
    assert ask(server.base_url, question(1)).status == 200
    time.sleep(0.4)
    assert ask(server.base_url, question(2)).status == 200
    assert ask(server.base_url, question(3)).status == 429
    time.sleep(0.25)  # the first has left, the second has not
    assert ask(server.base_url, question(4)).status == 200
    assert ask(server.base_url, question(5)).status == 429


def test_no_headers_are_sent_unless_asked_for(server: RunningServer) -> None:
    server.faults(rpm=1000)
    headers = ask(server.base_url, question()).headers
    assert not [name for name in headers if name.lower().startswith("x-ratelimit")]


def test_beyond_the_cap_requests_are_refused_while_the_others_are_served(
    server: RunningServer,
) -> None:
    server.faults(concurrency=4, latency_ms=300)
    heard = ask_all(server.base_url, [question(i) for i in range(10)])
    assert sorted(statuses(heard)) == [200] * 4 + [429] * 6
    counted = server.counters()
    assert counted["faults"]["concurrency_exceeded"] == 6
    assert 4 < counted["highest_in_flight"] <= 10
    assert counted["in_flight"] == 0


def test_a_client_that_leaves_gives_its_place_back_and_is_not_answered(
    server: RunningServer,
) -> None:
    server.faults(concurrency=1, latency_ms=5000)
    before = server.counters()

    async def leave() -> None:
        async with aiohttp.ClientSession() as session:
            asked = asyncio.create_task(send(session, server.base_url, question(), None))
            await asyncio.sleep(0.2)
            asked.cancel()

    asyncio.run(leave())
    time.sleep(0.1)
    after = server.counters()
    assert after["in_flight"] == 0
    assert after["answered"] == before["answered"]
    assert after["faults"]["disconnected"] == 1
    server.faults(latency_ms=0)
    assert ask(server.base_url, question()).status == 200


@given(st.lists(st.floats(0, 10), max_size=40), st.floats(0.1, 5))
def test_a_window_counts_what_a_plain_search_counts(moments: list[float], length: float) -> None:
    window = SlidingWindow()
    for i, now in enumerate(sorted(moments)):
        window.add(now)
        inside = [m for m in sorted(moments)[: i + 1] if m > now - length]
        assert window.count(now, length) == len(inside)
        assert window.oldest_leaves_in(now, length) >= 0
