"""Whole runs with Data Designer, over HTTP, where its package is installed."""

import json
import os
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.support.processes import descendants, start, tradegen, wait_until_gone
from tradegen.testing.nim_server.process import RunningServer, nim_server

INSTALLED = find_spec("data_designer") is not None
with_package = pytest.mark.skipif(not INSTALLED, reason="data-designer is not installed")
BATCH = 8
PAGE = "audit.log"
WATCH = """
import os, sys

def _tell(event, args, _pid=os.getpid()):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo"):
        args = args[-1] if event != "socket.getaddrinfo" else args[:2]
        with open(os.environ["AUDIT"], "a") as file:
            file.write(f"{event} {args}\\n")

sys.addaudithook(_tell)
"""


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NVIDIA_API_KEY", raising=False)
    monkeypatch.delenv("NVIDIA_BASE_URL", raising=False)


CALM = {
    "latency_ms": 20,
    "models": [],
    **dict.fromkeys(("malformed", "schema_breaking", "server_error", "too_many_requests"), 0),
}


@pytest.fixture(scope="module")
def shared() -> Iterator[RunningServer]:
    with nim_server(bank=100) as running:
        yield running


@pytest.fixture
def server(shared: RunningServer) -> Iterator[RunningServer]:
    """Return the server that all tests share, without faults at first; start it once is dear."""
    shared.faults(**CALM)
    yield shared
    shared.faults(**CALM)


def flags(server: RunningServer, n: int, *more: object) -> tuple[object, ...]:
    where = ("--engine", "designer", "--base-url", server.base_url)
    return ("run", "--n", n, *where, "--workers", 1, "--name", "a", *more)


def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "runs/a/run.json").read_text())
    return found


def ids(folder: Path) -> list[str]:
    table = pq.read_table(folder / "runs/a/rows.parquet", columns=["trade_id"])
    return [str(one) for one in table["trade_id"].to_pylist()]


def watched(folder: Path) -> Mapping[str, str]:
    """Return an environment with an empty home, in which every use of the network is noted."""
    (folder / "home").mkdir()
    (folder / "watch").mkdir()
    (folder / "watch" / "sitecustomize.py").write_text(WATCH)
    path = os.pathsep.join(filter(None, (str(folder / "watch"), os.environ.get("PYTHONPATH"))))
    return {"HOME": str(folder / "home"), "PYTHONPATH": path, "AUDIT": str(folder / PAGE)}


@with_package
def test_faults_lose_no_row_are_listed_and_nothing_happens_besides(
    server: RunningServer, tmp_path: Path
) -> None:
    server.faults(malformed=0.25, schema_breaking=0.1, server_error=0.03, too_many_requests=0.02)
    before = server.counters()
    run = start(*flags(server, 40), cwd=tmp_path, env=watched(tmp_path))
    said, complaints = run.communicate(timeout=200)
    assert run.returncode == 0, complaints
    assert complaints == ""
    assert len(set(ids(tmp_path))) == 40
    found = manifest(tmp_path)
    assert all(bucket["accepted"] == bucket["asked"] for bucket in found["buckets"])
    dropped = found["attempts"]["thrown_away_by_kind"]["dropped"]
    rejected = pq.read_table(tmp_path / "runs/a/rejected.parquet").to_pylist()
    kinds = Counter(row["kind"] for row in rejected)
    assert dropped == kinds["dropped"] > 0
    assert all("response_schema" in r["critique"] or "JSON" in r["critique"] for r in rejected)
    after = server.counters()
    answered = sum(after[name] - before[name] for name in ("answered", "damaged"))
    used = found["attempts"]["usage"]
    assert sum(used[role]["calls"] for role in used) == answered
    tokens = after["prompt_tokens"] - before["prompt_tokens"]
    assert sum(used[role]["tokens_in"] for role in used) == tokens
    assert f"dropped: {dropped}" in said
    _nothing_besides(server, tmp_path)


def _nothing_besides(server: RunningServer, folder: Path) -> None:
    """Check that no port was opened, nobody else was spoken to, and the home stayed empty."""
    port = int(server.root.rpartition(":")[2])
    lines = (folder / PAGE).read_text().splitlines()
    assert any(line.startswith("socket.connect") for line in lines)
    taken = [line for line in lines if line.startswith("socket.bind")]
    assert set(taken) <= {"socket.bind ('::1', 0)"}, "urllib3 looks so whether there is IPv6"
    assert [line for line in lines if line not in taken and str(port) not in line] == []
    assert list((folder / "home").iterdir()) == []
    assert not (folder / "runs/a/scratch").exists()
    assert not (folder / "runs/a/calls.sqlite").exists()


@with_package
def test_kill_9_loses_no_accepted_row_and_repeats_batches_under_way_at_the_most(
    server: RunningServer, tmp_path: Path
) -> None:
    server.faults(latency_ms=150)
    before = server.counters()
    env = {
        "TRADEGEN_DESIGNER__BATCH_ROWS": str(BATCH),
        "TRADEGEN_NIM__CALLS_AT_ONCE": str(2 * BATCH),
    }
    run = start(*flags(server, 24, "--seed", 1), cwd=tmp_path, env=env)
    wait_for(server, "judge", asked(before, "judge") + BATCH + 1)
    helpers = descendants(run)
    run.kill()
    run.communicate()
    wait_until_gone(helpers)
    assert (tmp_path / "runs/a/scratch").exists()
    tradegen(*flags(server, 24, "--resume", "-q"), cwd=tmp_path)
    assert len(set(ids(tmp_path))) == len(ids(tmp_path)) == 24
    assert repeated(server.counters()) - repeated(before) <= 2 * BATCH
    assert not (tmp_path / "runs/a/scratch").exists()


def asked(counters: Mapping[str, Any], role: str) -> int:
    return int(counters["answered_by_role"].get(role, 0))


def repeated(counters: Mapping[str, Any]) -> int:
    return sum(times - 1 for times in counters["answered_more_than_once"].values())


def wait_for(server: RunningServer, role: str, answers: int) -> None:
    deadline = time.monotonic() + 120
    while asked(server.counters(), role) < answers:
        assert time.monotonic() < deadline, "the run makes no calls"
        time.sleep(0.02)


@with_package
def test_a_model_that_goes_away_ends_the_run_and_ctrl_c_stops_within_the_patience(
    server: RunningServer, tmp_path: Path
) -> None:
    server.faults(latency_ms=100)
    some = asked(server.counters(), "judge") + 3
    env = {"TRADEGEN_NIM__CALLS_AT_ONCE": "8", "TRADEGEN_RUN__STOP_PATIENCE_S": "1"}
    run = start(*flags(server, 200, "--seed", 2), cwd=tmp_path, env=env)
    wait_for(server, "judge", some)
    server.faults(models=["nobody/none"])
    _, said = run.communicate(timeout=60)
    assert run.returncode == 4, said
    assert "Traceback" not in said
    server.faults(models=[], latency_ms=60_000)
    before = server.counters()["requests"]
    run = start(*flags(server, 200, "--resume"), cwd=tmp_path, env=env)
    while server.counters()["requests"] <= before + 1:  # the first one asks for the models
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    began = time.monotonic()
    run.communicate(timeout=60)
    assert run.returncode == 130
    assert time.monotonic() - began < 15


@with_package
def test_a_preview_shows_rows_and_leaves_nothing(server: RunningServer, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    env = {"TRADEGEN_NIM__BASE_URL": server.base_url, "HOME": str(home), "TMPDIR": str(tmp_path)}
    preview = start("preview", "--n", 1, "--engine", "designer", cwd=tmp_path, env=env)
    said, complaints = preview.communicate(timeout=100)
    assert "judge" in said
    assert complaints == ""
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    assert list(home.iterdir()) == []


@pytest.mark.skipif(INSTALLED, reason="data-designer is installed")
def test_without_its_package_the_engine_says_what_to_install(tmp_path: Path) -> None:
    said = tradegen("run", "--engine", "designer", cwd=tmp_path, expect=4).stderr
    assert "pip install 'tradegen[designer]'" in said
    assert not (tmp_path / "runs").exists()


@with_package
def test_an_endpoint_that_is_not_there_or_refuses_the_key_is_named_at_once(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    run = ("run", "--engine", "designer", "--base-url")
    assert f"{url} cannot be reached" in tradegen(*run, url, cwd=tmp_path, expect=4).stderr
    with nim_server(script={}, folder=tmp_path, api_key="right") as locked:
        said = tradegen(*run, locked.base_url, cwd=tmp_path, expect=4).stderr
    assert "refused the key" in said


@with_package
def test_what_data_designer_cannot_keep_to_is_refused(
    server: RunningServer, tmp_path: Path
) -> None:
    said = tradegen(*flags(server, 5, "--rpm", 40), cwd=tmp_path, expect=2).stderr
    assert "engine designer cannot keep to nim.rpm" in said


def test_a_dry_run_counts_the_schema_that_is_told_twice(tmp_path: Path) -> None:
    def tokens(engine: str) -> float:
        said = tradegen("run", "--dry-run", "--json", "--engine", engine, cwd=tmp_path).stdout
        return float(json.loads(said)["estimate"]["by_role"]["generator"]["tokens_in"])

    assert tokens("designer") > tokens("nim")
