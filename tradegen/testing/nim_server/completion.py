"""Completions: contents in the wire shapes of the chat endpoint, whole and streamed."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CHARACTERS_A_TOKEN = 2
"""Rough, and on the safe side for rows: tokenizers cut numbers into short pieces."""

THOUGHT = "<think>\nThree examples, one bucket: a new trade must fit.\n</think>\n\n"

_PIECES = 8


@dataclass(frozen=True, slots=True)
class Completion:
    """A content with its tokens; `finish` says why it ends (`stop` or `length`)."""

    model: str
    content: str
    finish: str
    prompt_tokens: int
    completion_tokens: int

    @property
    def usage(self) -> Mapping[str, int]:
        """The tokens as NIM reports them."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
        }

    def whole(self, name: str) -> bytes:
        """Return the answer to a request that asks for no stream."""
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": self.content},
            "logprobs": None,
            "finish_reason": self.finish,
        }
        body = self._envelope(name, "chat.completion", [choice]) | {"usage": self.usage}
        return json.dumps(body).encode()

    def events(self, name: str, *, with_usage: bool) -> list[bytes]:
        """Return the server-sent events of a stream, its end included."""
        step = max(1, -(-len(self.content) // _PIECES))
        pieces = [self.content[at : at + step] for at in range(0, len(self.content), step)]
        deltas: list[tuple[Mapping[str, str], str | None]] = [
            ({"role": "assistant", "content": ""}, None),
            *(({"content": piece}, None) for piece in pieces),
            ({}, self.finish),
        ]
        chunks = [
            self._envelope(
                name,
                "chat.completion.chunk",
                [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
            )
            for delta, finish in deltas
        ]
        if with_usage:
            chunks.append(self._envelope(name, "chat.completion.chunk", []) | {"usage": self.usage})
        return [*(f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks), _END]

    def _envelope(self, name: str, kind: str, choices: list[Any]) -> dict[str, Any]:
        created = int(time.time())
        return {
            "id": name,
            "object": kind,
            "created": created,
            "model": self.model,
            "choices": choices,
        }


_END = b"data: [DONE]\n\n"


def complete(
    model: str, content: str, prompt_characters: int, max_tokens: int | None
) -> Completion:
    """Return a completion; a content longer than `max_tokens` is cut there."""
    tokens, finish = _tokens(len(content)), "stop"
    if max_tokens is not None and tokens > max_tokens:
        content, tokens, finish = content[: max_tokens * CHARACTERS_A_TOKEN], max_tokens, "length"
    return Completion(model, content, finish, _tokens(prompt_characters), tokens)


def _tokens(characters: int) -> int:
    return -(-characters // CHARACTERS_A_TOKEN)
