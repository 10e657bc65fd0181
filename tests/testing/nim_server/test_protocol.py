"""What NIM says, said the same way."""

import asyncio
import json
import urllib.request
import warnings
from typing import Any

import pytest
from pydantic import BaseModel

from tests.testing.nim_server.asking import SCHEMA, TRADE, ask, question, wants
from tradegen.testing.nim_server.process import RunningServer
from tradegen.testing.nim_server.rules import MODELS


class Trade(BaseModel):
    symbol: str
    side: str


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as response:
        return json.load(response)


def chat_model(server: RunningServer, **more: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from langchain_nvidia_ai_endpoints import ChatNVIDIA

        return ChatNVIDIA(
            base_url=server.base_url,
            model=MODELS[1],
            api_key="not-needed",
            usage_telemetry_enabled=False,
            **more,
        )


def test_models_are_listed_as_nim_lists_them(server: RunningServer) -> None:
    listed = get(f"{server.base_url}/models")
    assert listed["object"] == "list"
    assert [model["id"] for model in listed["data"]] == list(MODELS)
    assert listed["data"][0].keys() >= {"id", "object", "created", "owned_by", "root"}


def test_it_says_that_it_is_ready(server: RunningServer) -> None:
    assert get(f"{server.base_url}/health/ready")["object"] == "health.response"


def test_a_completion_has_the_wire_shape(server: RunningServer) -> None:
    heard = ask(server.base_url, question())
    assert heard.status == 200
    assert heard.headers["Content-Type"].startswith("application/json")
    said = heard.json
    assert said.keys() >= {"id", "object", "created", "model", "choices", "usage"}
    assert said["object"] == "chat.completion"
    assert said["model"] == question()["model"]
    assert said["choices"][0]["finish_reason"] == "stop"
    assert said["choices"][0]["message"]["role"] == "assistant"
    assert json.loads(heard.content) == TRADE
    usage = said["usage"]
    assert usage["prompt_tokens"] > 0
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


def test_a_stream_brings_the_same_content_in_events(server: RunningServer) -> None:
    body = question(stream=True, stream_options={"include_usage": True})
    heard = ask(server.base_url, body)
    assert heard.headers["Content-Type"].startswith("text/event-stream")
    *events, end, rest = heard.text.split("\n\n")
    assert (end, rest) == ("data: [DONE]", "")
    chunks = [json.loads(event.removeprefix("data: ")) for event in events]
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]
    assert json.loads("".join(delta.get("content", "") for delta in deltas)) == TRADE
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-1]["usage"]["completion_tokens"] > 0


def test_a_content_longer_than_allowed_is_cut(server: RunningServer) -> None:
    heard = ask(server.base_url, question(max_tokens=3))
    assert heard.json["choices"][0]["finish_reason"] == "length"
    assert heard.json["usage"]["completion_tokens"] == 3
    assert json.dumps(TRADE, separators=(",", ":")).startswith(heard.content)


def test_questions_without_a_task_get_an_answer_of_the_schema_asked_for(
    server: RunningServer,
) -> None:
    body = question(response_format=wants(SCHEMA)) | {
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hello"}]}]
    }
    said = json.loads(ask(server.base_url, body).content)
    assert said.keys() == {"symbol", "side"}
    assert said["side"] in ("long", "short")


@pytest.mark.parametrize("body", ["no object", {"model": "x"}, {"messages": "hello"}])
def test_a_body_that_asks_nothing_is_a_bad_request(server: RunningServer, body: Any) -> None:
    heard = ask(server.base_url, body)
    assert heard.status == 400
    assert heard.json["type"] == "BadRequestError"


def test_a_role_without_answers_is_a_bad_request_that_says_so(server: RunningServer) -> None:
    heard = ask(server.base_url, question(role="refiner"))
    assert heard.status == 400
    assert "refiner" in heard.json["message"]
    assert server.counters()["faults"]["unanswerable"] >= 1


def test_without_the_key_everything_is_unauthorised(server: RunningServer) -> None:
    server.faults(api_key="nvapi-right")
    assert ask(server.base_url, question()).status == 401
    wrong = ask(server.base_url, question(), {"Authorization": "Bearer nvapi-wrong"})
    assert (wrong.status, wrong.json["title"]) == (401, "Unauthorized")
    assert ask(server.base_url, question(), {"Authorization": "Bearer nvapi-right"}).status == 200
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(f"{server.base_url}/models")
    assert refused.value.code == 401
    refused.value.close()


def test_other_models_are_not_found(server: RunningServer) -> None:
    server.faults(models=["a", "b"])
    heard = ask(server.base_url, question() | {"model": "c"})
    assert heard.status == 404
    assert heard.json == {
        "object": "error",
        "message": "The model `c` does not exist.",
        "type": "NotFoundError",
        "param": None,
        "code": 404,
    }
    assert ask(server.base_url, question() | {"model": "b"}).status == 200
    assert [model["id"] for model in get(f"{server.base_url}/models")["data"]] == ["a", "b"]


def test_an_older_model_refuses_schemas_and_takes_json_objects(server: RunningServer) -> None:
    server.faults(no_json_schema=True)
    refused = ask(server.base_url, question(response_format=wants(SCHEMA)))
    assert refused.status == 400
    assert "json_schema" in refused.json["message"]
    taken = ask(server.base_url, question(response_format={"type": "json_object"}))
    assert json.loads(taken.content) == TRADE
    server.faults(no_json_object=True)
    assert ask(server.base_url, question(response_format={"type": "json_object"})).status == 400
    assert ask(server.base_url, question()).status == 200


def test_a_reasoning_model_thinks_before_it_answers(server: RunningServer) -> None:
    server.faults(thinking=True)
    thought, answer = ask(server.base_url, question()).content.split("</think>")
    assert thought.startswith("<think>")
    assert json.loads(answer) == TRADE


def test_the_real_client_works_synchronously(server: RunningServer) -> None:
    said = chat_model(server).invoke(question()["messages"])
    assert json.loads(said.content) == TRADE
    assert said.usage_metadata["output_tokens"] > 0
    assert said.response_metadata["finish_reason"] == "stop"


def test_the_real_client_works_asynchronously(server: RunningServer) -> None:
    async def run() -> Any:
        return await chat_model(server).ainvoke(question()["messages"])

    assert json.loads(asyncio.run(run()).content) == TRADE


def test_the_real_client_streams(server: RunningServer) -> None:
    chunks = list(chat_model(server).stream(question()["messages"]))
    assert len(chunks) > 3
    assert json.loads("".join(chunk.content for chunk in chunks)) == TRADE


def test_the_real_client_gets_structured_output(server: RunningServer) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        structured = chat_model(server).with_structured_output(Trade)
    assert structured.invoke(question()["messages"]) == Trade(symbol="ABC", side="long")


def test_the_real_client_names_a_missing_model(server: RunningServer) -> None:
    server.faults(models=["a"])
    with pytest.raises(Exception, match="does not exist"):
        chat_model(server).invoke(question()["messages"])


def test_the_real_client_sees_statuses(server: RunningServer) -> None:
    for fault, status in (("too_many_requests", 429), ("server_error", 500)):
        server.faults(**{"too_many_requests": 0, "server_error": 0, fault: 1})
        with pytest.raises(Exception, match=rf"\[{status}\]"):
            chat_model(server).invoke(question()["messages"])
