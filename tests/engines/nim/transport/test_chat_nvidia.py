"""Guards what we rely on in ChatNVIDIA that is private: its hook for the async session."""

import asyncio
from typing import Any

import pytest
from langchain_nvidia_ai_endpoints import ChatNVIDIA

from tests.support.endpoint import Endpoint, Reply, after, at_once, first, serving, status
from tradegen.engines.nim.transport.call_record import recorded_call
from tradegen.engines.nim.transport.errors import CallFailedError
from tradegen.engines.nim.transport.limits import TransportLimits
from tradegen.engines.nim.transport.transport import Transport
from tradegen.errors import EngineUnavailableError

QUICK = TransportLimits(max_tries=2, retry_base_s=0.02)


@pytest.fixture(autouse=True)
def _no_telemetry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NVIDIA_USAGE_TELEMETRY_ENABLED", "0")


async def chat(transport: Transport, endpoint: Endpoint) -> ChatNVIDIA:
    """Return a model that talks through the transport."""
    build: Any = ChatNVIDIA  # its constructor is typed with pydantic's aliases
    model: ChatNVIDIA = await asyncio.to_thread(
        build, model="nemotron", base_url=endpoint.base_url, api_key="nvapi-0123456789"
    )
    assert "get_async_session_fn" in type(model._async_client).model_fields
    model._async_client.get_async_session_fn = transport.lend
    return model


def talk(reply: Reply, talk_to: Any) -> None:
    """Serve, connect, and talk to the model."""

    async def main() -> None:
        async with serving(reply) as endpoint, Transport(QUICK) as transport:
            await talk_to(await chat(transport, endpoint), transport, endpoint)

    asyncio.run(main())


def test_the_models_calls_go_through_one_kept_connection() -> None:
    async def talk_to(model: ChatNVIDIA, transport: Transport, endpoint: Endpoint) -> None:
        for _ in range(10):
            with recorded_call() as record:
                message = await model.ainvoke("hi")
            assert message.content == "hello"
            assert message.usage_metadata is not None
            assert record.tries == 1
        assert transport.counts.answered == endpoint.asked == 10
        assert len(endpoint.connections) == 1

    talk(at_once, talk_to)


def test_calls_at_once_keep_their_connections_for_the_next() -> None:
    async def talk_to(model: ChatNVIDIA, transport: Transport, endpoint: Endpoint) -> None:
        for _ in range(3):
            await asyncio.gather(*(model.ainvoke("hi") for _ in range(16)))
        assert endpoint.asked == 48
        assert len(endpoint.connections) <= 16

    talk(after(0.1), talk_to)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (status(422, "no json_schema"), CallFailedError),
        (status(500), CallFailedError),
        (status(401), EngineUnavailableError),
    ],
)
def test_our_errors_come_through_the_client_unchanged(fault: Reply, error: type[Exception]) -> None:
    async def talk_to(model: ChatNVIDIA, transport: Transport, endpoint: Endpoint) -> None:
        with pytest.raises(error):
            await model.ainvoke("hi")

    talk(fault, talk_to)


def test_an_answer_to_be_fetched_later_is_polled_for_through_the_transport() -> None:
    async def talk_to(model: ChatNVIDIA, transport: Transport, endpoint: Endpoint) -> None:
        model._async_client.polling_url_tmpl = f"{endpoint.base_url}/status/{{request_id}}"
        assert (await model.ainvoke("hi")).content == "hello"
        assert transport.counts.sent == 2

    talk(first(status(202, "", NVCF_REQID="7"), at_once), talk_to)
