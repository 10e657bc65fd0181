"""Chat models: what comes back from them."""

import asyncio
import json

import pytest
from aiohttp import web
from langchain_nvidia_ai_endpoints._statics import CHAT_MODEL_TABLE

from tests.support.endpoint import ANSWER, serving
from tradegen.data.calls import Answered
from tradegen.engines.nim.answers import Verdict, answer_form
from tradegen.engines.nim.endpoint import USUAL_MODELS, Endpoint, reach
from tradegen.engines.nim.models import NimModel
from tradegen.engines.nim.options import NimOptions, RoleOptions
from tradegen.engines.nim.prompting import Message
from tradegen.engines.nim.transport.errors import CallFailedError
from tradegen.engines.nim.transport.limits import TransportLimits
from tradegen.engines.nim.transport.transport import Transport
from tradegen.errors import EngineUnavailableError


def test_an_answer_with_half_a_character_can_be_kept() -> None:
    async def half(request: web.Request) -> web.Response:
        text = json.dumps(ANSWER).replace("hello", "\\ud83dhello")
        return web.Response(text=text, content_type="application/json")

    async def answer() -> Answered:
        async with serving(half) as server, Transport(TransportLimits()) as transport:
            there = Endpoint(server.base_url, {})
            model = NimModel("nemotron", RoleOptions(), NimOptions(), there, transport)
            asked = [Message("user", "hello?")]
            return await model.complete(asked, answer_form("verdict", Verdict), 0)

    assert asyncio.run(answer()).answer == "?hello"


def told_of_thinking(model: str, role: RoleOptions) -> dict[str, object]:
    """Return the request that a model gets."""
    seen: list[dict[str, object]] = []

    async def keep(request: web.Request) -> web.Response:
        seen.append(await request.json())
        return web.json_response(ANSWER)

    async def ask() -> None:
        async with serving(keep) as server, Transport(TransportLimits()) as transport:
            there = Endpoint(server.base_url, {})
            chat = NimModel(model, role, NimOptions(), there, transport)
            turns = [Message("system", "You judge."), Message("user", "hello?")]
            await chat.complete(turns, answer_form("verdict", Verdict), 0)

    asyncio.run(ask())
    return seen[0]


def test_a_reasoning_model_thinks_only_where_the_settings_say_so() -> None:
    reasoning = USUAL_MODELS["judge"]
    quick = told_of_thinking(reasoning, RoleOptions())
    slow = told_of_thinking(reasoning, RoleOptions(thinking=True))
    assert quick["messages"][0]["content"].endswith("/no_think")  # type: ignore[index]
    assert slow["messages"][0]["content"].endswith("/think")  # type: ignore[index]
    other = told_of_thinking("nemotron", RoleOptions(thinking=True))
    assert other["messages"][0]["content"] == "You judge."  # type: ignore[index]


def test_the_longest_answer_is_told_by_the_name_that_nim_documents() -> None:
    assert told_of_thinking("nemotron", RoleOptions(max_tokens=123))["max_tokens"] == 123


def test_the_usual_models_are_in_the_client_librarys_table() -> None:
    assert {CHAT_MODEL_TABLE[name].deprecated for name in USUAL_MODELS.values()} == {False}
    assert all(CHAT_MODEL_TABLE[name].supports_structured_output for name in USUAL_MODELS.values())


def test_one_refusal_for_another_reason_leaves_the_strictest_mode_in_place() -> None:
    seen: list[object] = []

    async def refuse_long_prompts(request: web.Request) -> web.Response:
        asked = await request.json()
        seen.append(asked.get("response_format", {}).get("type"))
        if len(asked["messages"][0]["content"]) > 100:
            return web.json_response({"detail": "maximum context length"}, status=400)
        return web.json_response(ANSWER)

    async def ask() -> None:
        async with (
            serving(refuse_long_prompts) as server,
            Transport(TransportLimits()) as transport,
        ):
            there = Endpoint(server.base_url, {})
            chat = NimModel("nemotron", RoleOptions(), NimOptions(), there, transport)
            form = answer_form("verdict", Verdict)
            with pytest.raises(CallFailedError):
                await chat.complete([Message("user", "x" * 200)], form, 0)
            await chat.complete([Message("user", "x")], form, 0)

    asyncio.run(ask())
    assert seen == ["json_schema", None, "json_object", None, "json_schema"]


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": 6, "completion_tokens": -4}])
def test_tokens_that_are_not_told_are_guessed(usage: object) -> None:
    async def reply(request: web.Request) -> web.Response:
        return web.json_response({**ANSWER, "usage": usage})

    async def answer() -> Answered:
        async with serving(reply) as server, Transport(TransportLimits()) as transport:
            there = Endpoint(server.base_url, {})
            model = NimModel("nemotron", RoleOptions(), NimOptions(), there, transport)
            turns = [Message("system", "You judge."), Message("user", "[101.25,99.5]")]
            return await model.complete(turns, answer_form("verdict", Verdict), 0)

    answered = asyncio.run(answer())
    assert answered.tokens_in in (3 + 9, 6)
    assert answered.tokens_out == 1


def test_an_answer_that_the_client_cannot_read_fails_that_call_alone() -> None:
    async def reply(request: web.Request) -> web.Response:
        return web.json_response({**ANSWER, "choices": [{"message": 7}]})

    async def ask() -> None:
        async with serving(reply) as server, Transport(TransportLimits()) as transport:
            there = Endpoint(server.base_url, {})
            model = NimModel("nemotron", RoleOptions(), NimOptions(), there, transport)
            with pytest.raises(CallFailedError, match="no_answer"):
                await model.complete([Message("user", "x")], answer_form("verdict", Verdict), 0)

    asyncio.run(ask())


def test_three_other_models_need_no_endpoint() -> None:
    other = {"chat_model": "langchain_core.language_models:FakeListChatModel", "model": "m"}
    options = NimOptions.model_validate(dict.fromkeys(("generator", "judge", "refiner"), other))
    assert reach(options) == Endpoint("", {"generator": "m", "judge": "m", "refiner": "m"})


def test_a_model_that_refuses_everything_is_given_up() -> None:
    async def refuse(request: web.Request) -> web.Response:
        return web.json_response({"detail": "seed is not in gold"}, status=400)

    async def ask() -> list[BaseException | Answered]:
        async with serving(refuse) as server, Transport(TransportLimits()) as transport:
            chat = NimModel(
                "nemotron", RoleOptions(), NimOptions(), Endpoint(server.base_url, {}), transport
            )
            form = answer_form("verdict", Verdict)
            calls = (chat.complete([Message("user", "x")], form, k) for k in range(5))
            return await asyncio.gather(*calls, return_exceptions=True)

    *failed, last = asyncio.run(ask())
    assert all(isinstance(one, CallFailedError) for one in failed)
    assert isinstance(last, EngineUnavailableError)
    assert "refuses every request" in str(last)
    assert "seed is not in gold" in str(last)
