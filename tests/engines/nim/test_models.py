"""Chat models: what comes back from them."""

import asyncio
import json

from aiohttp import web

from tests.support.endpoint import ANSWER, serving
from tradegen.data.calls import Answered
from tradegen.engines.nim.answers import Verdict, answer_form
from tradegen.engines.nim.endpoint import Endpoint
from tradegen.engines.nim.models import NimModel
from tradegen.engines.nim.options import NimOptions, RoleOptions
from tradegen.engines.nim.prompting import Message
from tradegen.engines.nim.transport.limits import TransportLimits
from tradegen.engines.nim.transport.transport import Transport


def test_an_answer_with_half_a_character_can_be_kept() -> None:
    async def half(request: web.Request) -> web.Response:
        text = json.dumps(ANSWER).replace("hello", "\\ud83dhello")
        return web.Response(text=text, content_type="application/json")

    async def answer() -> Answered:
        async with serving(half) as server, Transport(TransportLimits()) as transport:
            there = Endpoint(server.base_url, {}, key_needed=False)
            model = NimModel("nemotron", RoleOptions(), NimOptions(), there, transport)
            asked = [Message("user", "hello?")]
            return await model.complete(asked, answer_form("verdict", Verdict), 0)

    assert asyncio.run(answer()).answer == "?hello"
