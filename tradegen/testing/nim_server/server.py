"""The server: NIM's paths, and those that read counters and change faults."""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, fields
from itertools import count
from pathlib import Path
from typing import TypeVar

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from tradegen.testing.nim_server.answers import Answer, Answerer, CannotAnswerError
from tradegen.testing.nim_server.call import Call, read_call
from tradegen.testing.nim_server.completion import THOUGHT, Completion, complete
from tradegen.testing.nim_server.counters import Counters
from tradegen.testing.nim_server.delivery import Parcel, deliver, reset
from tradegen.testing.nim_server.example import example_of
from tradegen.testing.nim_server.faults import Fate, Fault, Faults, draw_fate
from tradegen.testing.nim_server.gate import Gate
from tradegen.testing.nim_server.record import keep
from tradegen.testing.nim_server.refusals import (
    Problem,
    Refusal,
    bad_request,
    server_error,
    too_many_requests,
)
from tradegen.testing.nim_server.rules import Rules
from tradegen.testing.nim_server.spoil import write_content
from tradegen.testing.nim_server.told_schema import obey, told_schema

WRONG_MODEL = "nvidia/some-other-model"

_LARGEST_BODY = 64 * 2**20
_DAMAGING = (Fault.MALFORMED, Fault.SCHEMA_BREAKING, Fault.WRONG_MODEL)
_CREATED = 1735790400

Settings = TypeVar("Settings", Faults, Rules)


class NimServer:
    """Answers requests with what an answerer writes, under faults and rules."""

    def __init__(
        self,
        answerer: Answerer,
        faults: Faults,
        rules: Rules,
        seed: int,
        record: Path | None = None,
    ) -> None:
        """Draw faults from `seed`; keep what is asked and answered in the file `record`."""
        self.counters = Counters()
        self._answerer = answerer
        self._faults = faults
        self._gate = Gate(rules)
        self._seed = seed
        self._record = record
        self._names = count(1)

    def app(self) -> web.Application:
        """Return the server as an aiohttp application."""
        app = web.Application(client_max_size=_LARGEST_BODY)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/v1/health/ready", self._ready)
        app.router.add_get("/counters", self._report)
        app.router.add_post("/faults", self._change)
        return app

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        with self._counted():
            try:
                self._gate.check_key(request.headers.get("Authorization"))
                call = read_call(await request.read())
                return await self._admit(request, call)
            except Refusal as refusal:
                self.counters.faults[refusal.kind] += 1
                return _as_response(refusal.problem)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self.counters.arrived(time.monotonic(), self._gate.rules.window_s)
        try:
            yield
        except asyncio.CancelledError:
            self.counters.faults["disconnected"] += 1
            raise
        finally:
            self.counters.left()

    async def _admit(self, request: web.Request, call: Call) -> web.StreamResponse:
        self.counters.requests_by_role[call.role] += 1
        self._gate.check_abilities(call)
        nth = self.counters.seen[call.key]
        self.counters.seen[call.key] += 1
        fate = draw_fate(self._faults, self._seed, call.key, nth)
        with self._gate.passage(time.monotonic()) as headers:
            return await self._serve(request, call, fate, headers)

    async def _serve(
        self, request: web.Request, call: Call, fate: Fate, headers: dict[str, str]
    ) -> web.StreamResponse:
        self._refuse_by_fate(fate, headers)
        await asyncio.sleep(fate.latency_s)
        if fate.fault is Fault.SERVER_ERROR:
            raise Refusal(server_error(), fate.fault)
        if fate.fault is not None:
            self.counters.faults[fate.fault] += 1
        if fate.fault is Fault.RESET:
            reset(request)
            return web.Response()
        completion = await self._complete(call, fate.fault)
        name = f"chat-{next(self._names):08d}"
        if call.streamed:
            with_usage = bool((call.asked.get("stream_options") or {}).get("include_usage"))
            pieces = completion.events(name, with_usage=with_usage)
        else:
            pieces = [completion.whole(name)]
        parcel = Parcel(pieces, headers, call.streamed)
        response, sent = await deliver(request, parcel, fate.fault, self._faults.drip_ms / 1000)
        if sent:
            sound = fate.fault not in _DAMAGING
            self.counters.sent(time.monotonic(), call.key, call.role, sound=sound)
            self.counters.tokens(completion.prompt_tokens, completion.completion_tokens)
        return response

    def _refuse_by_fate(self, fate: Fate, headers: dict[str, str]) -> None:
        if fate.fault is Fault.TOO_MANY_REQUESTS:
            wait = {"Retry-After": f"{self._faults.retry_after_s:g}"}
            raise Refusal(too_many_requests({**headers, **wait}), fate.fault)
        if fate.fault is Fault.TOO_MANY_REQUESTS_SILENT:
            raise Refusal(too_many_requests(headers), fate.fault)

    async def _complete(self, call: Call, fault: Fault | None) -> Completion:
        text = write_content(await self._answer(call), call.schema, fault)
        content = THOUGHT + text if self._gate.rules.thinking else text
        model = WRONG_MODEL if fault is Fault.WRONG_MODEL else call.model
        completion = complete(model, content, call.characters, call.max_tokens)
        if self._record is not None:
            keep(self._record, call, completion)
        return completion

    async def _answer(self, call: Call) -> Answer:
        if call.task is None:
            return {"answer": "ok"} if call.schema is None else example_of(call.schema)
        try:
            answer = await self._answerer.answer(call.task, call.blocks)
            told = told_schema(call.messages)
            return answer if told is None else obey(answer, told)
        except CannotAnswerError as error:
            raise Refusal(bad_request(str(error)), "unanswerable") from error

    async def _models(self, request: web.Request) -> web.Response:
        try:
            self._gate.check_key(request.headers.get("Authorization"))
        except Refusal as refusal:
            return _as_response(refusal.problem)
        listed = [
            {"id": model, "object": "model", "created": _CREATED, "owned_by": "system"}
            | {"root": model, "parent": None, "max_model_len": 131_072, "permission": []}
            for model in self._gate.rules.listed
        ]
        return web.json_response({"object": "list", "data": listed})

    async def _ready(self, _request: web.Request) -> web.Response:
        return web.json_response({"object": "health.response", "message": "Service is ready."})

    async def _report(self, request: web.Request) -> web.Response:
        return web.json_response(self.counters.report(with_keys="keys" in request.query))

    async def _change(self, request: web.Request) -> web.Response:
        """Change the faults and rules that the body names; the answer holds all of them."""
        try:
            changes = json.loads(await request.read())
            faults = _changed(self._faults, changes)
            rules = _changed(self._gate.rules, changes)
            unknown = set(changes) - {f.name for part in (faults, rules) for f in fields(part)}
            if unknown:
                raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        except (ValidationError, ValueError) as error:
            return _as_response(bad_request(str(error)))
        self._faults, self._gate.rules = faults, rules
        return web.json_response(asdict(faults) | asdict(rules))


def _changed(settings: Settings, changes: Mapping[str, object]) -> Settings:
    """Return settings with those changes that concern them."""
    known = {field.name for field in fields(settings)}
    wanted = asdict(settings) | {name: v for name, v in changes.items() if name in known}
    return TypeAdapter(type(settings)).validate_python(wanted)


def _as_response(problem: Problem) -> web.Response:
    return web.Response(
        status=problem.status,
        text=json.dumps(problem.body),
        headers=problem.headers,
        content_type="application/json",
    )
