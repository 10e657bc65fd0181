"""Alerts: what is told of a night, and that addresses never are."""

import json
import socket
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.support.receiver import receiving
from tradegen.nightly.alerts import Alert, alert_of, send
from tradegen.nightly.status import Failure, State, Status

NOW = datetime(2026, 1, 5, tzinfo=UTC)
BAD = Alert("nightly-2026-01-05: underfit", "It is noise.", is_bad=True)


def status(state: State = State.DONE, **more: Any) -> Status:
    begun = {"run": "nightly-2026-01-05", "night": date(2026, 1, 5)}
    return Status(state=state, started=NOW, heartbeat=NOW, **begun, **more)


def test_a_good_night_is_told_of_only_if_always_is_set() -> None:
    good = status(good=True, exit_code=0, verdict="well_fit")
    assert alert_of(good, always=False) is None
    told = alert_of(good, always=True)
    assert told == Alert("nightly-2026-01-05: well fit", "Exit code 0.", is_bad=False)


def test_a_night_that_is_right_again_is_told_of_as_recovered() -> None:
    told = alert_of(
        status(good=True, exit_code=0, verdict="well_fit", trouble_before=True), always=False
    )
    assert told is not None
    assert told.title == "nightly-2026-01-05: recovered: well fit"
    assert not told.is_bad


def test_a_night_that_is_worse_says_than_which_and_in_what() -> None:
    told = alert_of(
        status(
            exit_code=13,
            verdict="well_fit",
            compared_with="nightly-2026-01-04",
            comparison=("worse than nightly-2026-01-04:", "gold covered: 0.1, it was 0.9"),
            next="Look.",
        ),
        always=False,
    )
    assert told is not None
    assert told.title == "nightly-2026-01-05: well fit, worse than nightly-2026-01-04"
    assert "gold covered: 0.1, it was 0.9\nNext: Look.\nExit code 13." in told.text
    assert told.is_bad


def test_a_failure_says_where_and_of_what() -> None:
    failure = Failure(type="StorageError", message="disk full", exit_code=5)
    told = alert_of(
        status(State.FAILED, step="evaluation", exit_code=5, error=failure), always=False
    )
    assert told is not None
    assert told.title == "nightly-2026-01-05: failed at evaluation"
    assert told.text.startswith("StorageError: disk full")


def test_an_alert_arrives_with_its_kind() -> None:
    with receiving() as receiver:
        assert send(BAD, [f"json://127.0.0.1:{receiver.port}/hook"]) == []
    ((path, body),) = receiver.requests
    assert path == "/hook"
    arrived = json.loads(body)
    assert (arrived["title"], arrived["message"]) == (BAD.title, BAD.text)
    assert arrived["type"] == "failure"


def test_an_address_that_fails_is_told_by_its_number_and_does_not_keep_others_from_hearing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = taken.getsockname()[1]
    with receiving(500) as failing, receiving() as receiver:
        wrong = send(
            BAD,
            [
                f"json://user:s3cret-token@127.0.0.1:{closed}/s3cret-path",
                "nonsense://s3cret-token",
                f"json://127.0.0.1:{failing.port}/s3cret-path",
                f"json://127.0.0.1:{receiver.port}/",
            ],
        )
    assert wrong == [
        "alert_urls, address 1: the alert could not be sent",
        "alert_urls, address 2: apprise knows no such address",
        "alert_urls, address 3: the alert could not be sent",
    ]
    assert len(receiver.requests) == 1
    assert "s3cret" not in caplog.text


def test_a_service_that_never_ends_its_answer_does_not_hold_up_the_night() -> None:
    with receiving(drips=True) as slow, receiving() as quick:
        urls = [f"json://127.0.0.1:{one.port}" for one in (slow, quick)]
        wrong = send(BAD, urls, patience_s=2.0)
    assert wrong == ["alert_urls, address 1: no answer within 2 s"]
    assert len(quick.requests) == 1
