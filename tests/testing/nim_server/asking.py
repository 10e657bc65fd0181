"""Requests to the server, and plain clients that send them."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"symbol": {"type": "string"}, "side": {"enum": ["long", "short"]}},
    "required": ["symbol", "side"],
    "additionalProperties": False,
}
TRADE = {"symbol": "ABC", "side": "long"}
SCRIPT: Mapping[str, Sequence[Any]] = {"generator": [TRADE], "judge": [{"realism": {"score": 5}}]}


@dataclass(frozen=True)
class Heard:
    """A response as a plain client sees it."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def content(self) -> str:
        """What the model wrote."""
        content: str = self.json["choices"][0]["message"]["content"]
        return content


def prompt(role: str = "generator", number: int = 0, **blocks: Any) -> str:
    """Return a prompt with its data blocks."""
    task = {
        "role": role,
        "row_number": number,
        "attempt": 0,
        "volatility": {"value": 0.7, "low": 0.65, "high": 0.75},
    }
    parts = {"task": task, **blocks}
    return "\n".join(
        f'<data name="{name}">{json.dumps(value).replace("<", chr(92) + "u003c")}</data>'
        for name, value in parts.items()
    )


def question(number: int = 0, *, role: str = "generator", **more: Any) -> dict[str, Any]:
    """Return the body of a request about row `number`."""
    return {
        "model": "meta/llama-3.3-70b-instruct",
        "messages": [{"role": "user", "content": prompt(role, number)}],
        **more,
    }


def wants(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a `response_format` that asks for a schema."""
    return {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": True}}


async def send(
    session: aiohttp.ClientSession, base_url: str, body: Any, headers: Mapping[str, str] | None
) -> Heard:
    """Send one request and read the whole response."""
    url = f"{base_url}/chat/completions"
    async with session.post(url, json=body, headers=headers) as response:
        return Heard(response.status, dict(response.headers), await response.text())


def ask(base_url: str, body: Any, headers: Mapping[str, str] | None = None) -> Heard:
    """Ask once with a client of its own."""
    (heard,) = ask_all(base_url, [body], headers)
    if isinstance(heard, Exception):
        raise heard
    return heard


def ask_all(
    base_url: str,
    bodies: list[Any],
    headers: Mapping[str, str] | None = None,
    *,
    at_once: int = 64,
) -> list[Heard | Exception]:
    """Ask everything, so many at once; errors are returned in their places."""

    async def run() -> list[Heard | Exception]:
        connector = aiohttp.TCPConnector(limit=at_once)
        async with aiohttp.ClientSession(connector=connector) as session:
            asked = (send(session, base_url, body, headers) for body in bodies)
            found = await asyncio.gather(*asked, return_exceptions=True)
            return [one if isinstance(one, Heard) else _error(one) for one in found]

    return asyncio.run(run())


def _error(found: BaseException) -> Exception:
    if isinstance(found, Exception):
        return found
    raise found
