"""One request and what came of it: an answer, or a failure that says what to do next."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus

import aiohttp

from tradegen.engines.nim.transport.answer import Answer
from tradegen.engines.nim.transport.backoff import retry_after_s
from tradegen.engines.nim.transport.errors import FailureKind
from tradegen.engines.nim.transport.proxy import proxy_for

EXCERPT_CHARACTERS = 500
SHORTEST_KEY = 8
MOST_BYTES = 32 << 20
"""Longest answer that is read, unpacked."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, ready to be sent any number of times."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None
    model: str | None = None

    def __repr__(self) -> str:
        return f"Request({self.method} {self.url})"

    def without_key(self, body: bytes) -> bytes:
        """Return what the other side said, without the key that it may have quoted."""
        key = self.headers.get("Authorization", "").removeprefix("Bearer ").strip().encode()
        return body.replace(key, b"[key]") if len(key) >= SHORTEST_KEY else body

    def excerpt(self, text: str) -> str:
        """Return the start of what the other side said, without the key it may have quoted."""
        clean = " ".join(self.without_key(text.encode(errors="replace")).decode().split())
        return clean[:EXCERPT_CHARACTERS] + ("..." if len(clean) > EXCERPT_CHARACTERS else "")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one try brought no answer."""

    kind: FailureKind
    detail: str
    status: int | None = None
    retry_after_s: float | None = None
    unreachable: bool = False
    """No connection came about: wrong address, or nobody there."""
    headers: Mapping[str, str] | None = field(default=None, repr=False)

    @property
    def is_final(self) -> bool:
        """Whether another try would get the same answer."""
        return self.kind == "bad_request"

    def __str__(self) -> str:
        status = "" if self.status is None else f" (HTTP {self.status})"
        return f"{self.kind}{status}: {self.detail}"


async def exchange(
    session: aiohttp.ClientSession, request: Request, body_timeout_s: float
) -> Answer | Failure:
    """Send a request and read all of its answer; never raises for what the wire did."""
    try:
        async with (
            asyncio.timeout(2 * body_timeout_s) as whole,
            session.request(
                request.method,
                request.url,
                headers=request.headers,
                data=request.body,
                proxy=proxy_for(request.url),
                allow_redirects=False,
            ) as response,
        ):
            whole.reschedule(asyncio.get_running_loop().time() + body_timeout_s)
            body = await _read(response)
            if body is None:
                size = f"more than {MOST_BYTES >> 20} MB, which no answer has"
                return Failure("no_answer", size, response.status, headers=response.headers)
            said = request.without_key(body)
            answer = Answer(response.status, response.reason or "", response.headers, said)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return _wire_failure(error, request)
    return _refusal(answer, request) or answer


async def _read(response: aiohttp.ClientResponse) -> bytes | None:
    """Return a whole body, or None for one that goes on and on."""
    parts, size = [], 0
    async for part in response.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            return None
    return b"".join(parts)


def _wire_failure(error: Exception, request: Request) -> Failure:
    """Return the failure that aiohttp's error stands for; most specific first."""
    detail = request.excerpt(str(error)) or type(error).__name__
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return Failure("timeout", detail, unreachable=True)
    if isinstance(error, aiohttp.ClientConnectorError):
        return Failure("connection", detail, unreachable=True)
    if isinstance(error, TimeoutError):
        return Failure("timeout", detail)
    if isinstance(error, aiohttp.ClientPayloadError):
        return Failure("truncated", detail)
    return Failure("connection", detail)


def _refusal(answer: Answer, request: Request) -> Failure | None:
    """Return why an answer is not one, or None where it is."""
    kind = _kind(answer)
    if kind is None:
        return None
    detail = request.excerpt(answer.body.decode(errors="replace") or answer.reason)
    wait = retry_after_s(answer.headers, datetime.now(UTC))
    return Failure(kind, detail, answer.status, wait, headers=answer.headers)


def _kind(answer: Answer) -> FailureKind | None:
    """Return what is wrong with an answer: its status, or a body that is none."""
    status = answer.status
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return _wrong_with_body(answer) if status == HTTPStatus.OK else None
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "rate_limited"
    if status == HTTPStatus.REQUEST_TIMEOUT:
        return "timeout"
    return "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "bad_request"


def _wrong_with_body(answer: Answer) -> FailureKind | None:
    """Return what is wrong with the body of a 200; an event stream ends as it likes."""
    if answer.headers.get("Content-Type", "").startswith("text/event-stream"):
        return None
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        return "truncated"
    holds = isinstance(document, dict) and (document.get("choices") or document.get("data"))
    return None if holds else "no_answer"
