"""The exact requests of the NIM engine, replayed from cassettes without a network.

What they hold was recorded by `make cassettes`; see docs/nim.md.
"""

import asyncio
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml

from tests.engines.nim.pinned_rows import (
    FOLDER,
    PinnedRow,
    cassette_of,
    make_row,
    read_pinned_rows,
)
from tests.support.cassettes import NEUTRAL_URL, StaleCassetteError, recorded, replayed
from tests.support.compare import assert_same_row
from tests.support.endpoint import ANSWER, Reply, at_once, first, serving, status
from tradegen.data.ledger import Attempt
from tradegen.data.row import Row
from tradegen.data.row_codec import decode_row
from tradegen.engines.nim import endpoint, engine, prompting
from tradegen.engines.nim.answers import Opinion, Verdict
from tradegen.engines.nim.options import HOSTED, KEY_VARIABLE, GeneratorOptions, NimOptions
from tradegen.engines.nim.transport.limits import TransportLimits
from tradegen.engines.nim.transport.transport import Transport

PINNED = read_pinned_rows()
A_KEY = "nvapi-0123456789-of-no-account"
LARGEST = 300_000

pytestmark = pytest.mark.filterwarnings(  # NIM documents max_tokens, its client another name
    "ignore:The 'max_tokens' parameter:DeprecationWarning"
)


@pytest.fixture(autouse=True)
def no_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, A_KEY)
    monkeypatch.delenv("NVIDIA_BASE_URL", raising=False)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no socket be connected and no name be looked up."""

    def barred(*_arguments: object) -> NoReturn:
        raise AssertionError("a replay went to the network")

    for name in ("connect", "connect_ex", "sendto", "bind"):
        monkeypatch.setattr(socket.socket, name, barred)
    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        monkeypatch.setattr(socket, name, barred)


def replay(pinned: PinnedRow, **options: Any) -> Attempt:
    base_url = HOSTED if pinned.hosted else NEUTRAL_URL
    with replayed(cassette_of(pinned.number), base_url):
        return make_row(pinned.number, NimOptions(base_url=base_url, **options))


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("pinned", PINNED, ids=lambda pinned: f"row {pinned.number}")
def test_a_row_is_asked_for_as_recorded_and_comes_out_the_same(pinned: PinnedRow) -> None:
    attempt = replay(pinned)
    assert attempt.outcome == "passed"
    assert attempt.retries == pinned.retries
    assert attempt.row is not None
    assert_same_row(decode_row(attempt.row), Row.from_record(pinned.record))


def test_rows_that_were_refined_are_among_them() -> None:
    assert {bool(pinned.retries) for pinned in PINNED} == {False, True}


def another_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    load = prompting.load_text
    monkeypatch.setattr(
        prompting, "load_text", lambda name: load(name).replace("A strategy", "Strategies")
    )


def another_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    class TastefulVerdict(Verdict):
        taste: Opinion

    monkeypatch.setattr(engine, "Verdict", TastefulVerdict)


def another_model(monkeypatch: pytest.MonkeyPatch) -> None:
    offered = endpoint._offered
    monkeypatch.setattr(endpoint, "_offered", lambda *args: list(reversed(offered(*args))))


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(
    ("change", "options", "says"),
    [
        (another_prompt, {}, r"request 2 of 3 .* body/messages/0/content: .*Strategies"),
        (another_schema, {}, r"request 3 of 3 .* body/messages/0/content: "),
        (another_model, {}, r"request 2 of 3 .* body/messages/0/content: .*no_think"),
        (
            None,
            {"generator": GeneratorOptions(temperature=0.8)},
            r"request 2 of 3 .* body/temperature: '0.8'; recorded is '0.9'",
        ),
        (None, {"seed_bars": 32}, r"request 2 of 3 .* body/messages/1/content: "),
    ],
)
def test_a_request_that_changed_is_told_with_what_to_do(
    change: Callable[[pytest.MonkeyPatch], None] | None,
    options: dict[str, Any],
    says: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if change is not None:
        change(monkeypatch)
    with pytest.raises(StaleCassetteError, match=rf"(?s){says}.*make cassettes"):
        replay(PINNED[0], **options)


@pytest.mark.usefixtures("no_network")
def test_a_request_that_is_not_made_any_more_is_told() -> None:
    with (
        pytest.raises(StaleCassetteError, match=r"only 0 of 3 .*make cassettes"),
        replayed(cassette_of(PINNED[0].number), NEUTRAL_URL),
    ):
        pass


def test_cassettes_hold_no_key_and_no_address() -> None:
    kept = sorted(FOLDER.iterdir())
    assert [cassette_of(pinned.number).name for pinned in PINNED] == [
        path.name for path in kept if path.name.startswith("row_")
    ]
    for path in kept:
        text = path.read_text(encoding="utf-8").lower()
        for word in ("authorization", "bearer", "nvapi-", "127.0.0.1", "localhost", HOSTED):
            assert word not in text, path.name
    assert sum(path.stat().st_size for path in kept) < LARGEST


async def _ask(base_url: str) -> tuple[dict[str, Any], int]:
    """Ask once through the transport; return the answer and the number of tries."""
    headers = {"Authorization": f"Bearer {A_KEY}"}
    async with Transport(TransportLimits(retry_base_s=0.01)) as transport:
        answer = await transport.post(f"{base_url}/chat/completions", headers, {"model": "any"})
        return json.loads(answer.body), transport.counts.sent


@pytest.mark.parametrize(
    ("reply", "tries"),
    [
        (at_once, 1),
        (first(status(429, Retry_After="0"), status(503), at_once), 3),
    ],
)
def test_what_is_recorded_is_the_answer_without_key_and_retries(
    reply: Reply, tries: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def record() -> int:
        async with serving(reply) as running:
            with recorded(tmp_path / "one.yaml", running.base_url):
                _, sent = await _ask(running.base_url)
            return sent

    assert asyncio.run(record()) == tries
    text = (tmp_path / "one.yaml").read_text()
    (kept,) = yaml.safe_load(text)["interactions"]
    assert A_KEY not in text
    assert kept["request"]["uri"] == f"{NEUTRAL_URL}/chat/completions"
    assert kept["response"]["headers"].keys() == {"Content-Type"}
    with replayed(tmp_path / "one.yaml", NEUTRAL_URL):
        assert asyncio.run(_ask(NEUTRAL_URL)) == ({**ANSWER, "id": "recorded"}, 1)
