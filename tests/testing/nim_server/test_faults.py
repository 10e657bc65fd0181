"""Every fault, as a plain client meets it."""

import json
import time
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.testing.nim_server.asking import (
    SCHEMA,
    TRADE,
    Heard,
    ask,
    ask_all,
    question,
    wants,
)
from tradegen.testing.nim_server.faults import Fault, Faults, draw_fate
from tradegen.testing.nim_server.process import RunningServer

KEYS = [f"{k:064x}" for k in range(4000)]


def kinds(server: RunningServer) -> dict[str, int]:
    counted: dict[str, int] = server.counters()["faults"]
    return counted


def test_latency_comes_before_an_answer(server: RunningServer) -> None:
    server.faults(latency_ms=150)
    started = time.monotonic()
    assert ask(server.base_url, question()).status == 200
    assert time.monotonic() - started >= 0.15


def test_429_says_when_to_come_back_or_does_not(server: RunningServer) -> None:
    server.faults(too_many_requests=1, retry_after_s=7)
    told = ask(server.base_url, question())
    assert (told.status, told.headers["Retry-After"]) == (429, "7")
    server.faults(too_many_requests=0, too_many_requests_silent=1)
    silent = ask(server.base_url, question())
    assert silent.status == 429
    assert "Retry-After" not in silent.headers
    assert kinds(server).keys() >= {"too_many_requests", "too_many_requests_silent"}


def test_500_is_a_problem_in_json(server: RunningServer) -> None:
    server.faults(server_error=1)
    heard = ask(server.base_url, question())
    assert (heard.status, heard.json["status"]) == (500, 500)


def test_a_reset_gives_the_client_an_error_and_no_response(server: RunningServer) -> None:
    server.faults(reset=1)
    with pytest.raises(aiohttp.ClientOSError) as error:
        ask(server.base_url, question())
    assert isinstance(error.value, ConnectionResetError) or error.value.errno == 104
    assert kinds(server)["reset"] == 1


def test_a_slow_drip_takes_its_time_and_is_whole(server: RunningServer) -> None:
    server.faults(slow_drip=1, drip_ms=20)
    for streamed in (False, True):
        started = time.monotonic()
        heard = ask(server.base_url, question(stream=streamed))
        assert time.monotonic() - started >= 0.25
        assert heard.status == 200
        assert streamed or json.loads(heard.content) == TRADE


def test_a_truncated_body_ends_before_it_should(server: RunningServer) -> None:
    server.faults(truncated=1)
    before = server.counters()["answered"]
    for streamed in (False, True):
        with pytest.raises(aiohttp.ClientPayloadError):
            ask(server.base_url, question(stream=streamed))
    assert server.counters()["answered"] == before


def test_a_malformed_content_is_no_json_inside_a_sound_response(server: RunningServer) -> None:
    server.faults(malformed=1)
    heard = ask(server.base_url, question(response_format=wants(SCHEMA)))
    assert heard.status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(heard.content)


def test_a_schema_breaking_content_lacks_a_required_key(server: RunningServer) -> None:
    server.faults(schema_breaking=1)
    heard = ask(server.base_url, question(response_format=wants(SCHEMA)))
    assert json.loads(heard.content) == {"side": "long"}


def test_a_wrong_model_answers(server: RunningServer) -> None:
    server.faults(wrong_model=1)
    heard = ask(server.base_url, question())
    assert heard.json["model"] != question()["model"]
    assert json.loads(heard.content) == TRADE


def test_shares_are_kept_and_the_connection_survives_what_is_no_reset(
    server: RunningServer,
) -> None:
    server.faults(too_many_requests=0.2, server_error=0.1, malformed=0.1)
    before = kinds(server)
    heard = ask_all(server.base_url, [question(i) for i in range(400)])
    met = {kind: count - before.get(kind, 0) for kind, count in kinds(server).items()}
    assert not [one for one in heard if isinstance(one, Exception)]
    statuses = [one.status for one in heard if isinstance(one, Heard)]
    assert statuses.count(429) == met["too_many_requests"]
    assert statuses.count(500) == met["server_error"]
    assert 50 <= met["too_many_requests"] <= 110
    assert 20 <= met["server_error"] <= 60
    assert 20 <= met["malformed"] <= 60


def test_a_retried_body_meets_a_fate_of_its_own(server: RunningServer) -> None:
    server.faults(server_error=0.5)
    statuses = {ask(server.base_url, question(77)).status for _ in range(20)}
    assert statuses == {200, 500}


@pytest.mark.parametrize(
    "changes",
    [{"reset": 1.5}, {"reset": 0.6, "malformed": 0.6}, {"resets": 0.1}, {"rpm": 0}, {"rpm": "x"}],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    server: RunningServer, changes: dict[str, Any]
) -> None:
    before = server.faults()
    with pytest.raises(OSError, match="400"):
        server.faults(**changes)
    assert server.faults() == before


@given(st.sampled_from(KEYS), st.integers(0, 5), st.integers(0, 3))
def test_a_fate_follows_from_seed_body_and_repetition_alone(key: str, nth: int, seed: int) -> None:
    faults = Faults(latency_ms=50, jitter_ms=20, reset=0.3, malformed=0.3)
    fate = draw_fate(faults, seed, key, nth)
    assert fate == draw_fate(faults, seed, key, nth)
    assert 0.03 <= fate.latency_s <= 0.07


def test_fates_differ_between_seeds_and_keep_to_their_shares() -> None:
    faults = Faults(reset=0.1, server_error=0.05)
    drawn = [[draw_fate(faults, seed, key, 0).fault for key in KEYS] for seed in (1, 2)]
    assert drawn[0] != drawn[1]
    for fates in drawn:
        assert fates.count(Fault.RESET) / len(KEYS) == pytest.approx(0.1, abs=0.02)
        assert fates.count(Fault.SERVER_ERROR) / len(KEYS) == pytest.approx(0.05, abs=0.015)


def test_more_faults_than_requests_are_an_error() -> None:
    with pytest.raises((ValueError, ValidationError), match=r"sum to 1\.1"):
        Faults(reset=0.6, malformed=0.5)
