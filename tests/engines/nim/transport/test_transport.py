import asyncio
import contextlib
import logging
import socket
import time
import traceback
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from tests.support.endpoint import (
    Endpoint,
    Reply,
    after,
    at_once,
    capped,
    cut_short,
    drip,
    first,
    half_json,
    per_window,
    reset,
    serving,
    status,
)
from tradegen.engines.nim.transport.answer import Answer
from tradegen.engines.nim.transport.call_record import recorded_call
from tradegen.engines.nim.transport.errors import CallFailedError, FailureKind
from tradegen.engines.nim.transport.limits import TransportLimits
from tradegen.engines.nim.transport.transport import Transport
from tradegen.errors import EngineUnavailableError

KEY = "nvapi-0123456789abcdef"
HEADERS = {"Authorization": f"Bearer {KEY}"}
PAYLOAD: dict[str, object] = {
    "model": "nemotron",
    "messages": [{"role": "user", "content": "hi"}],
    "max_tokens": 100,
}
QUICK = TransportLimits(
    connect_timeout_s=2, idle_timeout_s=0.5, max_tries=4, retry_base_s=0.02, probe_interval_s=0.05
)

Talk = Callable[[Transport, Endpoint], Awaitable[None]]


def talk(reply: Reply, limits: TransportLimits, conversation: Talk) -> None:
    """Serve, connect, and run a conversation."""

    async def main() -> None:
        async with serving(reply) as endpoint, Transport(limits) as transport:
            await conversation(transport, endpoint)

    asyncio.run(main())


async def ask(transport: Transport, endpoint: Endpoint) -> Answer:
    """Make one call."""
    return await transport.post(endpoint.chat_url, HEADERS, PAYLOAD)


async def ask_many(transport: Transport, endpoint: Endpoint, calls: int) -> None:
    """Make many calls at once."""
    await asyncio.gather(*(ask(transport, endpoint) for _ in range(calls)))


async def refusal_of(transport: Transport, endpoint: Endpoint) -> EngineUnavailableError:
    """Make one call that must find the engine unavailable."""
    with pytest.raises(EngineUnavailableError) as caught:
        await ask(transport, endpoint)
    return caught.value


def test_calls_share_connections_and_are_counted() -> None:
    async def conversation(transport: Transport, endpoint: Endpoint) -> None:
        for _ in range(20):
            assert b"hello" in (await ask(transport, endpoint)).body
        assert len(endpoint.connections) == 1
        counts = transport.counts
        assert (counts.sent, counts.answered, counts.retries.total()) == (20, 20, 0)

    talk(at_once, QUICK, conversation)


def test_as_many_calls_are_under_way_as_the_limit_allows_and_no_more() -> None:
    async def conversation(transport: Transport, endpoint: Endpoint) -> None:
        await ask_many(transport, endpoint, 512)
        assert endpoint.most_under_way == 128
        assert transport.concurrency_limit == 128
        assert transport.in_flight == 0
        assert len(endpoint.connections) <= 128

    talk(after(0.2), TransportLimits(), conversation)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (status(429), "rate_limited"),
        (status(408), "timeout"),
        (status(500), "server_error"),
        (status(503), "server_error"),
        (reset, "connection"),
        (cut_short, "truncated"),
        (half_json, "truncated"),
        (after(1.5), "timeout"),
        (drip, "timeout"),
    ],
    ids=["429", "408", "500", "503", "reset", "cut short", "half json", "silence", "drip"],
)
def test_a_passing_fault_costs_a_retry_and_nothing_else(fault: Reply, kind: FailureKind) -> None:
    async def conversation(transport: Transport, endpoint: Endpoint) -> None:
        with recorded_call() as record:
            answer = await ask(transport, endpoint)
        assert answer.status == 200
        assert transport.counts.retries == {kind: 1}
        assert record.tries == 2
        assert record.latency_s > 0
        assert transport.concurrency_limit == QUICK.max_in_flight

    talk(first(fault, at_once), QUICK, conversation)


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        (status(429), "rate_limited", 429),
        (status(502), "server_error", 502),
        (reset, "connection", None),
    ],
)
def test_a_call_that_fails_every_time_fails_for_good(
    fault: Reply, kind: FailureKind, code: int | None
) -> None:
    async def conversation(transport: Transport, endpoint: Endpoint) -> None:
        with pytest.raises(CallFailedError) as caught:
            await ask(transport, endpoint)
        error = caught.value
        assert (error.kind, error.status, error.tries) == (kind, code, 4)
        assert endpoint.asked == 4

    talk(fault, QUICK, conversation)


@pytest.mark.parametrize("code", [400, 413, 422])
def test_a_bad_request_comes_back_at_once_with_what_the_endpoint_said(code: int) -> None:
    async def conversation(transport: Transport, endpoint: Endpoint) -> None:
        with pytest.raises(CallFailedError, match="response_format is not known") as caught:
            await ask(transport, endpoint)
        assert (caught.value.kind, caught.value.status, caught.value.tries) == (
            "bad_request",
            code,
            1,
        )
        assert len(caught.value.body) < 600

    talk(status(code, "response_format is not known " * 200), QUICK, conversation)


def test_retry_after_is_waited_out() -> None:
    async def conversation(transport: Transport, endpoint: Endpoint) -> None:
        started = time.monotonic()
        await ask(transport, endpoint)
        assert time.monotonic() - started >= 1

    talk(first(status(429, Retry_After="1"), at_once), QUICK, conversation)


def test_a_call_that_waits_to_be_tried_again_holds_no_slot() -> None:
    async def conversation(transport: Transport, endpoint: Endpoint) -> None:
        delayed = asyncio.create_task(ask(transport, endpoint))
        while not transport.counts.retries:
            await asyncio.sleep(0.01)
        for _ in range(5):
            await ask(transport, endpoint)
        assert not delayed.done()
        await delayed

    limits = TransportLimits(max_in_flight=1)
    talk(first(status(429, Retry_After="2"), at_once), limits, conversation)


def test_being_told_to_wait_longer_than_the_patience_ends_the_run() -> None:
    async def conversation(transport: Transport, endpoint: Endpoint) -> None:
        error = await refusal_of(transport, endpoint)
        assert "7200 s" in str(error)

    talk(status(429, Retry_After="7200"), QUICK, conversation)


@pytest.mark.parametrize("code", [401, 402, 403])
def test_no_access_is_said_at_once_and_nothing_more_is_sent(code: int) -> None:
    async def conversation(transport: Transport, endpoint: Endpoint) -> None:
        error = await refusal_of(transport, endpoint)
        assert error.exit_code == 4
        assert f"HTTP {code}" in str(error)
        assert str(await refusal_of(transport, endpoint)) == str(error)
        assert endpoint.asked == 1

    talk(status(code), QUICK, conversation)


@pytest.mark.parametrize("code", [404, 410])
def test_an_unknown_model_lists_what_the_endpoint_offers(code: int) -> None:
    async def conversation(transport: Transport, endpoint: Endpoint) -> None:
        endpoint.models = ("nemotron-4", "llama")
        text = str(await refusal_of(transport, endpoint))
        assert "'nemotron'" in text
        assert "Did you mean 'nemotron-4'?" in text
        assert "  llama" in text

    talk(status(code), QUICK, conversation)


def test_an_address_without_models_points_to_the_base_url() -> None:
    async def conversation(transport: Transport, endpoint: Endpoint) -> None:
        endpoint.base_url = endpoint.base_url.removesuffix("/v1")
        assert "check --base-url" in str(await refusal_of(transport, endpoint))

    talk(at_once, QUICK, conversation)


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_an_endpoint_never_reached_is_named_after_a_few_tries(host: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://{host}:{taken.getsockname()[1]}/v1/chat/completions"

        async def main() -> None:
            async with Transport(QUICK) as transport:
                await asyncio.gather(*(transport.post(url, HEADERS, PAYLOAD) for _ in range(20)))

        with pytest.raises(EngineUnavailableError, match=f"{host}:.*3 tries.*--base-url"):
            asyncio.run(main())


def test_an_outage_costs_no_call() -> None:
    outage = [True]

    async def reply(request: object) -> object:
        return await (status(503) if outage[0] else at_once)(request)  # type: ignore[arg-type]

    async def conversation(transport: Transport, endpoint: Endpoint) -> None:
        calls = asyncio.gather(*(ask(transport, endpoint) for _ in range(50)))
        await asyncio.sleep(1.5)
        assert endpoint.asked < 100  # the breaker holds the calls back
        outage[0] = False
        assert len(await calls) == 50

    talk(reply, QUICK, conversation)  # type: ignore[arg-type]


def test_an_outage_longer_than_the_patience_ends_the_run() -> None:
    async def conversation(transport: Transport, endpoint: Endpoint) -> None:
        calls = (ask(transport, endpoint) for _ in range(20))
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(result, EngineUnavailableError) for result in results)
        assert "HTTP 503" in str(results[0])

    limits = TransportLimits(probe_interval_s=0.05, retry_base_s=0.01, patience_s=0.5)
    talk(status(503), limits, conversation)


def test_a_full_endpoint_is_kept_nearly_full() -> None:
    async def conversation(transport: Transport, endpoint: Endpoint) -> None:
        calls = [asyncio.create_task(ask(transport, endpoint)) for _ in range(600)]
        while transport.counts.answered < 60:
            await asyncio.sleep(0.01)
        started, before = time.monotonic(), transport.counts.answered
        while transport.counts.answered < 460:
            await asyncio.sleep(0.01)
        rate = (transport.counts.answered - before) / (time.monotonic() - started)
        assert rate >= 0.8 * 16 / 0.1
        assert transport.concurrency_limit < 32
        await asyncio.gather(*calls)
        assert endpoint.asked < 1200

    talk(capped(16, 0.1), TransportLimits(retry_base_s=0.1), conversation)


def test_a_paced_run_uses_the_quota_and_hardly_meets_a_429() -> None:
    quota, window_s, run_s = 100, 5.0, 7.5
    stalls = 2  # of the machine, each past the margin: a burst would meet dozens

    async def conversation(transport: Transport, endpoint: Endpoint) -> None:
        calls = [asyncio.create_task(ask(transport, endpoint)) for _ in range(200)]
        await asyncio.sleep(run_s)
        assert transport.counts.retries["rate_limited"] <= stalls
        assert transport.counts.answered >= 0.95 * quota * run_s / window_s - stalls
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    limits = TransportLimits(requests_per_minute=quota, minute_s=window_s)
    talk(per_window(quota, window_s), limits, conversation)


def test_a_quota_in_the_headers_is_learned() -> None:
    stated = {"x-ratelimit-limit-requests": "100", "x-ratelimit-limit-tokens": "100000"}

    async def reply(request: object) -> object:
        response = await at_once(request)  # type: ignore[arg-type]
        response.headers.update(stated)
        return response

    async def conversation(transport: Transport, endpoint: Endpoint) -> None:
        await ask(transport, endpoint)
        started = time.monotonic()
        await ask_many(transport, endpoint, 21)
        assert time.monotonic() - started >= 0.38  # 100 in two seconds

    talk(reply, TransportLimits(minute_s=2), conversation)  # type: ignore[arg-type]


def test_of_a_quota_in_the_headers_each_worker_takes_its_share() -> None:
    async def reply(request: object) -> object:
        response = await at_once(request)  # type: ignore[arg-type]
        response.headers["x-ratelimit-limit-requests"] = "100"
        return response

    async def conversation(transport: Transport, endpoint: Endpoint) -> None:
        await ask(transport, endpoint)
        started = time.monotonic()
        await ask_many(transport, endpoint, 11)
        assert time.monotonic() - started >= 0.38  # 50 of the 100 in two seconds

    talk(reply, TransportLimits(minute_s=2, share=0.5), conversation)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "body", ["{}", "null", "[" * 200_000, '{"error": "busy"}', '{"choices": []}']
)
def test_a_200_that_holds_no_answer_is_tried_again(body: str) -> None:
    async def damaged(request: web.Request) -> web.Response:
        return web.Response(text=body, content_type="application/json")

    async def conversation(transport: Transport, endpoint: Endpoint) -> None:
        assert b"hello" in (await ask(transport, endpoint)).body
        assert transport.counts.sent == 3

    talk(first(damaged, damaged, at_once), QUICK, conversation)


def test_tokens_are_reserved_by_estimate_and_settled_by_use() -> None:
    async def conversation(transport: Transport, endpoint: Endpoint) -> None:
        with recorded_call() as record:
            await ask(transport, endpoint)
        assert record.tokens_reserved > 100  # the prompt, and max_tokens
        transport.settle(record, 1)
        assert record.tokens_reserved == 1
        started = time.monotonic()
        await ask(transport, endpoint)
        assert time.monotonic() - started < 2.5
        started = time.monotonic()
        await ask(transport, endpoint)
        assert time.monotonic() - started >= 2.5

    talk(at_once, TransportLimits(tokens_per_minute=40, minute_s=1), conversation)


def test_a_cancelled_call_gives_its_slot_back() -> None:
    async def conversation(transport: Transport, endpoint: Endpoint) -> None:
        calls = [asyncio.create_task(ask(transport, endpoint)) for _ in range(3)]
        await asyncio.sleep(0.1)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        assert transport.in_flight == 0

    talk(after(0.4), TransportLimits(max_in_flight=1), conversation)


@pytest.mark.parametrize("code", [400, 401, 403, 404, 429, 500])
def test_the_key_is_in_no_error_and_no_log(code: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def conversation(transport: Transport, endpoint: Endpoint) -> None:
        with pytest.raises((CallFailedError, EngineUnavailableError)) as caught:
            await ask(transport, endpoint)
        assert caught.value.__context__ is None
        told = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
        assert "[key]" in told
        assert KEY not in told + repr(vars(caught.value)) + repr(vars(transport)) + caplog.text

    talk(status(code, f"wrong key {KEY}"), QUICK, conversation)


def test_the_key_is_not_in_the_error_of_an_answer_that_is_no_http() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"this is not HTTP\r\n\r\n")
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(babble, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, Transport(QUICK) as transport:
            with pytest.raises(CallFailedError) as caught:
                await transport.post(f"http://127.0.0.1:{port}/v1/chat", HEADERS, PAYLOAD)
        assert caught.value.kind == "connection"
        assert caught.value.__context__ is None
        assert KEY not in "".join(traceback.format_exception(caught.value))

    asyncio.run(main())


def test_a_body_without_end_is_not_read_to_its_end() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(b"x" * (1 << 20))
        return response

    async def conversation(transport: Transport, endpoint: Endpoint) -> None:
        with pytest.raises(CallFailedError, match=r"no_answer.*more than 32 MB"):
            await ask(transport, endpoint)

    talk(endless, QUICK, conversation)


def test_a_redirect_is_not_followed_with_what_gold_holds() -> None:
    async def elsewhere(request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "/v1/elsewhere"})

    async def conversation(transport: Transport, endpoint: Endpoint) -> None:
        with pytest.raises(CallFailedError, match=r"bad_request.*307"):
            await ask(transport, endpoint)

    talk(elsewhere, QUICK, conversation)
