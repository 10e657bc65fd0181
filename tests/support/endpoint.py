"""A small HTTP endpoint on loopback that answers as a test says, for tests of the transport."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

ANSWER: dict[str, object] = {
    "id": "1",
    "object": "chat.completion",
    "model": "nemotron",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "hello"},
        }
    ],
    "usage": {"prompt_tokens": 6, "completion_tokens": 4, "total_tokens": 10},
}

Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Endpoint:
    """What the endpoint is, and what it saw."""

    reply: Reply
    base_url: str = ""
    models: tuple[str, ...] = ("nemotron", "llama")
    connections: set[object] = field(default_factory=set)
    asked: int = 0
    under_way: int = 0
    most_under_way: int = 0

    @property
    def chat_url(self) -> str:
        """Where completions are asked for."""
        return f"{self.base_url}/chat/completions"

    async def complete(self, request: web.Request) -> web.StreamResponse:
        """Count, then reply."""
        self.asked += 1
        self.connections.add(request.transport)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            return await self.reply(request)
        finally:
            self.under_way -= 1

    async def list_models(self, request: web.Request) -> web.Response:
        """List the models."""
        return web.json_response({"data": [{"id": name} for name in self.models]})


@asynccontextmanager
async def serving(reply: Reply) -> AsyncIterator[Endpoint]:
    """Serve on a free port of loopback."""
    endpoint = Endpoint(reply)
    app = web.Application()
    app.router.add_post("/v1/chat/completions", endpoint.complete)
    app.router.add_get("/v1/models", endpoint.list_models)
    app.router.add_get("/v1/status/{call}", at_once)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    endpoint.base_url = f"http://{host}:{port}/v1"
    try:
        yield endpoint
    finally:
        await runner.cleanup()


def answer() -> web.Response:
    """Return a completion."""
    return web.json_response(ANSWER)


async def at_once(request: web.Request) -> web.Response:
    """Answer every call."""
    return answer()


def after(seconds: float) -> Reply:
    """Answer every call after a while."""

    async def reply(request: web.Request) -> web.Response:
        await asyncio.sleep(seconds)
        return answer()

    return reply


def first(*replies: Reply) -> Reply:
    """Reply to the first calls in these ways, then as the last one does."""
    left = list(replies)

    async def reply(request: web.Request) -> web.StreamResponse:
        return await (left.pop(0) if len(left) > 1 else left[0])(request)

    return reply


def status(code: int, text: str = "no", **headers: str) -> Reply:
    """Reply with a status and a body; `Retry_After` stands for `Retry-After`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def reply(request: web.Request) -> web.Response:
        return web.Response(status=code, text=text, headers=named)

    return reply


async def reset(request: web.Request) -> web.Response:
    """Break the connection without an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def cut_short(request: web.Request) -> web.StreamResponse:
    """Promise 1,000 bytes, send a few, hang up."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"choices": [')
    assert request.transport is not None
    request.transport.close()
    return response


async def half_json(request: web.Request) -> web.Response:
    """Send half a document as if it were whole."""
    return web.Response(text='{"choices": [{"mess', content_type="application/json")


async def drip(request: web.Request) -> web.StreamResponse:
    """Send a byte now and then, for two seconds."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    for _ in range(40):
        await response.write(b" ")
        await asyncio.sleep(0.05)
    await response.write(b"{}")
    return response


def capped(most: int, seconds: float) -> Reply:
    """Serve so many at once, answer the others 429."""
    serving_now = 0

    async def reply(request: web.Request) -> web.Response:
        nonlocal serving_now
        if serving_now >= most:
            return web.Response(status=429, text="busy")
        serving_now += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            serving_now -= 1
        return answer()

    return reply


def per_window(quota: int, window_s: float) -> Reply:
    """Serve so many in any window that slides, answer the others 429."""
    served: deque[float] = deque()

    async def reply(request: web.Request) -> web.Response:
        now = time.monotonic()
        while served and served[0] <= now - window_s:
            served.popleft()
        if len(served) >= quota:
            return web.Response(status=429, text="over the quota")
        served.append(now)
        return answer()

    return reply
