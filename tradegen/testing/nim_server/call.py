"""One request to the chat endpoint, read from its body."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tradegen.testing.nim_server.blocks import Blocks, text_of
from tradegen.testing.nim_server.refusals import Refusal, bad_request


@dataclass(frozen=True)
class Call:
    """A chat completion that was asked for; `key` is the SHA-256 of the body it came in."""

    key: str
    asked: Mapping[str, Any]

    @property
    def model(self) -> str:
        """The model asked for."""
        return str(self.asked.get("model"))

    @property
    def messages(self) -> Sequence[Mapping[str, Any]]:
        """The conversation."""
        messages: Sequence[Mapping[str, Any]] = self.asked["messages"]
        return messages

    @property
    def streamed(self) -> bool:
        """Whether the answer is to be streamed."""
        return bool(self.asked.get("stream"))

    @property
    def format(self) -> str | None:
        """The type of `response_format`, if any."""
        return (self.asked.get("response_format") or {}).get("type")

    @property
    def schema(self) -> Mapping[str, Any] | None:
        """The JSON schema that the content must satisfy, if any."""
        if self.format != "json_schema":
            return None
        schema: Mapping[str, Any] = self.asked["response_format"]["json_schema"]["schema"]
        return schema

    @property
    def max_tokens(self) -> int | None:
        """The longest content allowed, under either of its names."""
        return self.asked.get("max_tokens") or self.asked.get("max_completion_tokens")

    @cached_property
    def blocks(self) -> Blocks:
        """The data blocks of all messages."""
        return Blocks(self.messages)

    @cached_property
    def task(self) -> Mapping[str, Any] | None:
        """The task, if the request is about a row."""
        task = self.blocks.get("task")
        return task if isinstance(task, dict) else None

    @property
    def role(self) -> str:
        """The role that asks."""
        return "other" if self.task is None else str(self.task.get("role"))

    @property
    def characters(self) -> int:
        """Length of the conversation."""
        return sum(len(text_of(message)) for message in self.messages)


def read_call(body: bytes) -> Call:
    """Return the call of a body; a body that is none is refused."""
    try:
        asked = json.loads(body)
    except ValueError as error:
        raise Refusal(bad_request(f"body is not JSON: {error}"), "bad_request") from error
    if not isinstance(asked, dict) or not isinstance(asked.get("messages"), list):
        raise Refusal(bad_request("body has no list of messages"), "bad_request")
    return Call(hashlib.sha256(body).hexdigest(), asked)
