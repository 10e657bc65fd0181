"""A whole answer, read before it is handed on."""

import io
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """What ChatNVIDIA reads of an aiohttp response, with the body in memory.

    aiohttp's own response is not handed on: it carries the request's headers, and so the key.
    """

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes

    async def read(self) -> bytes:
        """Return the body."""
        return self.body

    async def text(self) -> str:
        """Return the body as text; JSON is UTF-8 (RFC 8259, 8.1)."""
        return self.body.decode(errors="replace")

    @property
    def content(self) -> "_Lines":
        """The body line by line, for streamed answers; they too are whole before they get here."""
        return _Lines(self.body)


class _Lines:
    """Reads lines of a body that is already there."""

    def __init__(self, body: bytes) -> None:
        self._lines = io.BytesIO(body)

    async def readline(self) -> bytes:
        """Return the next line, empty at the end."""
        return self._lines.readline()
