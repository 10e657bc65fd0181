"""Proxies: the way that the environment names is the way that is taken."""

import asyncio
from collections.abc import Iterator

import pytest
from aiohttp import web

from tests.support.endpoint import answer, serving
from tradegen.engines.nim.transport.limits import TransportLimits
from tradegen.engines.nim.transport.proxy import proxy_for
from tradegen.engines.nim.transport.transport import Transport

FAR_AWAY = "http://nim.example/v1/chat/completions"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    proxy_for.cache_clear()
    yield
    proxy_for.cache_clear()


def test_a_call_goes_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str | None]] = []

    async def reply(request: web.Request) -> web.StreamResponse:
        asked.append((request.host, request.headers.get("Authorization")))
        return answer()

    async def go() -> None:
        async with serving(reply) as endpoint, Transport(TransportLimits()) as transport:
            monkeypatch.setenv("HTTP_PROXY", endpoint.base_url.removesuffix("/v1"))
            await transport.post(FAR_AWAY, {"Authorization": "Bearer key"}, {"model": "nemotron"})

    asyncio.run(go())
    assert asked == [("nim.example", "Bearer key")]


def test_each_scheme_has_its_own_and_some_hosts_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert proxy_for(FAR_AWAY) is None
    proxy_for.cache_clear()
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "localhost,.inside.example")
    assert proxy_for("https://nim.example/v1") == "http://proxy.example:3128"
    assert proxy_for("http://nim.example/v1") is None
    assert proxy_for("https://nim.inside.example/v1") is None
    assert proxy_for("https://localhost:8000/v1") is None
