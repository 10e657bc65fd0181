"""Chat models: asks one model for JSON, in the strictest way that it understands."""

import asyncio
import importlib
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from tradegen.data.calls import Answered
from tradegen.engines.nim.answers import AnswerForm
from tradegen.engines.nim.endpoint import Endpoint
from tradegen.engines.nim.options import NimOptions, RoleOptions
from tradegen.engines.nim.prompting import Message
from tradegen.engines.nim.tokens import count_tokens
from tradegen.engines.nim.transport.call_record import recorded_call
from tradegen.engines.nim.transport.errors import CallFailedError
from tradegen.engines.nim.transport.transport import Transport
from tradegen.errors import EngineUnavailableError, TradegenError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

Mode = Callable[[AnswerForm[Any]], Mapping[str, Any]]


def _json_schema(form: AnswerForm[Any]) -> Mapping[str, Any]:
    schema = {"name": form.name, "schema": form.schema, "strict": True}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


def _guided_json(form: AnswerForm[Any]) -> Mapping[str, Any]:
    return {"nvext": {"guided_json": form.schema}}


def _json_object(_form: AnswerForm[Any]) -> Mapping[str, Any]:
    return {"response_format": {"type": "json_object"}}


def _words_alone(_form: AnswerForm[Any]) -> Mapping[str, Any]:
    return {}


MODES: tuple[Mode, ...] = (_json_schema, _guided_json, _json_object, _words_alone)
"""Ways of asking for JSON, the strictest first; the prompt states the schema in all of them."""


_MOST_TOKENS = 100_000_000
_REFUSALS_BORNE = 5
_UNREADABLE = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError),
    *(RuntimeError, TypeError, ValueError),
)


class ChatModel(Protocol):
    """A model that answers a conversation with text."""

    name: str

    async def complete(
        self, messages: Sequence[Message], form: AnswerForm[Any], seed: int
    ) -> Answered:
        """Return the model's answer. Raises `CallFailedError` if there is none."""
        ...


@dataclass(slots=True)
class Way:
    """Which of `MODES` a model understands; None as long as nobody has found out."""

    mode: Mode | None = None
    refusals: int = 0
    """Requests in a row that were refused in every mode."""
    finding: asyncio.Lock = field(default_factory=asyncio.Lock)


class NimModel:
    """One model of a NIM endpoint, called through `ChatNVIDIA` over a shared transport.

    The first call finds out which of `MODES` the model understands; the others wait for it. A
    model that refuses a request is asked in all modes again: it may have changed.
    """

    def __init__(
        self,
        name: str,
        role: RoleOptions,
        options: NimOptions,
        endpoint: Endpoint,
        transport: Transport,
        way: Way | None = None,
    ) -> None:
        """Prepare the client; nothing is sent yet. Roles that share a model share its `way`."""
        from langchain_nvidia_ai_endpoints import ChatNVIDIA

        self.name = name
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # the endpoint's own list was checked
            self._chat = ChatNVIDIA(
                model=name,
                base_url=endpoint.base_url,
                api_key=endpoint.key() or "not-needed",
                temperature=role.temperature,
                top_p=role.top_p,
                max_completion_tokens=role.max_tokens,
                usage_telemetry_enabled=options.telemetry,
            )
        known = self._chat._client.model  # noqa: SLF001
        self._thinking: Mapping[str, bool] = (
            {"thinking_mode": role.thinking} if known and known.supports_thinking else {}
        )
        # ChatNVIDIA opens a session for every call; this hook of its client is not public.
        self._chat._async_client.get_async_session_fn = transport.lend  # noqa: SLF001
        self._transport = transport
        self._way = way or Way()

    async def complete(
        self, messages: Sequence[Message], form: AnswerForm[Any], seed: int
    ) -> Answered:
        """See `ChatModel`."""
        way, refused = self._way, None
        while True:
            mode = way.mode
            if mode is not None and mode is not refused:
                try:
                    return await self._ask(messages, form, seed, mode)
                except CallFailedError as error:
                    if error.kind != "bad_request":
                        raise
                    refused = mode
            async with way.finding:
                if way.mode is mode:  # nobody has found another one meanwhile
                    return await self._find_way(messages, form, seed)

    async def _find_way(
        self, messages: Sequence[Message], form: AnswerForm[Any], seed: int
    ) -> Answered:
        """Return the answer of the strictest mode that is not refused, and keep to that mode."""
        for mode in MODES:
            try:
                answered = await self._ask(messages, form, seed, mode)
            except CallFailedError as error:
                if error.kind != "bad_request":
                    raise
                if mode is MODES[-1]:
                    self._count_refusal(error)
                    raise
            else:
                self._way.mode, self._way.refusals = mode, 0
                return answered
        raise AssertionError("the last mode returns or raises")

    def _count_refusal(self, error: CallFailedError) -> None:
        """Raise `EngineUnavailableError` for a model that refuses one request after the other."""
        self._way.refusals += 1
        if self._way.refusals >= _REFUSALS_BORNE:
            raise EngineUnavailableError(
                f"{self.name} refuses every request: {error}. What was accepted is kept"
            ) from error

    async def _ask(
        self, messages: Sequence[Message], form: AnswerForm[Any], seed: int, mode: Mode
    ) -> Answered:
        asked = {**mode(form), **self._thinking}
        with recorded_call() as record:
            try:
                answer = await self._chat.ainvoke(_as_langchain(messages), seed=seed, **asked)
            except TradegenError:
                raise
            except _UNREADABLE as error:  # what the client makes of an answer that is none
                problem = f"{type(error).__name__}: {error}"
                raise CallFailedError("no_answer", None, record.tries, problem) from error
        answered = _answered(messages, answer, record.tries, record.latency_s)
        self._transport.settle(record, answered.tokens_in + answered.tokens_out)
        return answered


class OtherModel:
    """Any other LangChain chat model: the words of the prompt alone ask for JSON."""

    def __init__(self, name: str, role: RoleOptions) -> None:
        """Import and make the model. Raises `EngineUnavailableError` if that fails."""
        assert role.chat_model is not None
        module, _, attribute = role.chat_model.partition(":")
        stated = {"model": name} if name else {}
        try:
            make = getattr(importlib.import_module(module), attribute)
            self._chat: BaseChatModel = make(**stated, temperature=role.temperature)
        except Exception as error:  # whatever a class of somebody else's raises
            raise EngineUnavailableError(
                f"chat_model {role.chat_model}: cannot be made ({type(error).__name__}: {error}); "
                "expected package.module:Class of a LangChain chat model"
            ) from error
        self.name = name or role.chat_model

    async def complete(
        self, messages: Sequence[Message], form: AnswerForm[Any], seed: int  # noqa: ARG002
    ) -> Answered:  # fmt: skip
        """See `ChatModel`."""
        started = time.monotonic()
        try:
            answer = await self._chat.ainvoke(_as_langchain(messages))
        except Exception as error:  # whatever a class of somebody else's raises
            problem = f"{type(error).__name__}: {error}"
            raise CallFailedError("other_model", None, 1, problem) from error
        return _answered(messages, answer, 1, time.monotonic() - started)


_LANGCHAIN: Mapping[str, Callable[[str], BaseMessage]] = {
    "system": lambda text: SystemMessage(text),
    "user": lambda text: HumanMessage(text),
    "assistant": lambda text: AIMessage(text),
}


def _as_langchain(messages: Sequence[Message]) -> list[BaseMessage]:
    return [_LANGCHAIN[message.speaker](message.text) for message in messages]


def _answered(
    messages: Sequence[Message], answer: BaseMessage, requests: int, seconds: float
) -> Answered:
    """Return an answer with its tokens, guessed where the endpoint does not say how many."""
    usage = getattr(answer, "usage_metadata", None) or {}
    text = answer.content if isinstance(answer.content, str) else str(answer.text)
    text = text.encode("utf-8", "replace").decode()  # a model may answer with half a character
    tokens_in = _told(usage.get("input_tokens"), [message.text for message in messages])
    tokens_out = _told(usage.get("output_tokens"), [text])
    return Answered(text, tokens_in, tokens_out, requests, seconds)


def _told(tokens: object, texts: Sequence[str]) -> int:
    if isinstance(tokens, int) and 0 < tokens < _MOST_TOKENS:
        return tokens
    return sum(map(count_tokens, texts))
