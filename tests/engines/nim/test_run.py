"""Whole runs with the NIM engine, over HTTP, against a server in a process of its own."""

import json
import random
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.support.processes import descendants, start, tradegen, wait_until_gone
from tradegen.engines.nim.endpoint import ROLES
from tradegen.testing.nim_server.process import RunningServer, nim_server

ON_ITS_WAY_S = 0.25
NO_KEY = {"NVIDIA_API_KEY": ""}


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """Run a server that answers with the embedded engine's rows."""
    with nim_server(latency_ms=20) as running:
        yield running


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NVIDIA_API_KEY", raising=False)
    monkeypatch.delenv("NVIDIA_BASE_URL", raising=False)


@pytest.fixture
def few_rows_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let rows be dealt to all workers, though there are few."""
    monkeypatch.setenv("TRADEGEN_RUN__IN_FLIGHT", "8")


def flags(server: RunningServer, n: int, *more: object) -> tuple[object, ...]:
    return ("run", "--n", n, "--engine", "nim", "--base-url", server.base_url, *more)


def manifest(folder: Path, name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "runs" / name / "run.json").read_text())
    return found


def ids(folder: Path, name: str) -> list[str]:
    table = pq.read_table(folder / "runs" / name / "rows.parquet", columns=["trade_id"])
    return [str(one) for one in table["trade_id"].to_pylist()]


@pytest.mark.usefixtures("few_rows_at_once")
def test_a_run_is_whole_and_says_what_it_used(server: RunningServer, tmp_path: Path) -> None:
    before = server.counters()["answered"]
    said = tradegen(*flags(server, 40, "--name", "a", "--workers", 2), cwd=tmp_path).stdout
    assert len(set(ids(tmp_path, "a"))) == 40
    attempts = manifest(tmp_path, "a")["attempts"]
    assert isinstance(attempts, dict)
    assert attempts["calls"] == server.counters()["answered"] - before
    assert set(attempts["usage"]) >= {"generator", "judge"}
    assert attempts["calls"] == sum(used["calls"] for used in attempts["usage"].values())
    assert f"{attempts['calls']:,} calls, {attempts['calls'] / 40:.2f} a row that passed" in said
    assert f"generator: {attempts['usage']['generator']['calls']} answered, " in said
    assert not (tmp_path / "runs/a/calls.sqlite").exists()


@pytest.mark.parametrize(
    "rules",
    [
        {"no_json_schema": True},
        {"no_json_schema": True, "no_json_object": True},
        {"thinking": True},
    ],
)
def test_models_that_know_no_schema_or_think_aloud_are_understood(
    server: RunningServer, tmp_path: Path, rules: dict[str, bool]
) -> None:
    try:
        server.faults(**rules)
        tradegen(*flags(server, 6, "--name", "a", "-q"), cwd=tmp_path)
    finally:
        server.faults(**dict.fromkeys(rules, False))
    assert len(ids(tmp_path, "a")) == 6


@pytest.mark.usefixtures("few_rows_at_once")
def test_chaos_loses_and_doubles_nothing(server: RunningServer, tmp_path: Path) -> None:
    n, kills = 120, 10
    run = flags(server, n, "--seed", 77, "--name", "a", "-q", "--workers", 2)
    moments = random.Random(1)
    killed: list[float] = []
    before = server.counters(keys=True)["answers"]
    try:
        server.faults(
            too_many_requests=0.05, server_error=0.02, malformed=0.03, latency_ms=200, reset=0.01
        )
        for _ in range(kills):
            process = start(*run, cwd=tmp_path, env={"TRADEGEN_NIM__CALLS_AT_ONCE": "6"})
            wanted = server.counters()["answered"] + 6
            deadline = time.monotonic() + 60
            while server.counters()["answered"] < wanted:
                assert time.monotonic() < deadline, "the run makes no calls"
                time.sleep(0.02)
            time.sleep(moments.uniform(0.1, 0.8))
            helpers = descendants(process)
            process.kill()
            killed.append(time.monotonic())
            process.communicate()
            assert process.returncode == -signal.SIGKILL, "the run had ended before the kill"
            wait_until_gone(helpers)
        tradegen(*run, "--resume", cwd=tmp_path)
    finally:
        server.faults(
            too_many_requests=0.0, server_error=0.0, malformed=0.0, latency_ms=20, reset=0.0
        )
    assert len(ids(tmp_path, "a")) == len(set(ids(tmp_path, "a"))) == n
    answers = server.counters(keys=True)["answers"]
    doubled = [times for key, times in answers.items() if len(times) > 1 and key not in before]
    # Only what was on its way in the moment of a kill, and reached nobody, is asked for again.
    lost = [time for times in doubled for time in sorted(times)[:-1]]
    assert all(any(abs(kill - time) < ON_ITS_WAY_S for kill in killed) for time in lost)


def test_a_preview_leaves_no_connection_open(server: RunningServer, tmp_path: Path) -> None:
    env = {"TRADEGEN_ENGINE": "nim", "TRADEGEN_NIM__BASE_URL": server.base_url}
    said, complaints = start("preview", "--n", 1, cwd=tmp_path, env=env).communicate()
    assert "judge" in said
    assert complaints == ""


def test_calls_never_pass_their_limit(server: RunningServer, tmp_path: Path) -> None:
    before = server.counters()["requests"]
    run = flags(server, 200, "--name", "a", "--max-calls", 60)
    said = tradegen(*run, cwd=tmp_path, expect=3).stdout
    assert server.counters()["requests"] - before <= 60
    assert "spent" in said
    kept = len(ids(tmp_path, "a"))
    assert 0 < kept < 60
    tradegen(*flags(server, 200, "--name", "a", "--max-calls", 150), cwd=tmp_path, expect=3)
    assert server.counters()["requests"] - before <= 150
    assert len(ids(tmp_path, "a")) > kept


def test_tries_that_failed_are_counted_beside_the_calls_that_are_limited(tmp_path: Path) -> None:
    with nim_server(latency_ms=10, truncated=0.3) as damaging:
        tradegen(*flags(damaging, 200, "--name", "a", "--max-calls", 60), cwd=tmp_path, expect=3)
        seen = damaging.counters()
    attempts = manifest(tmp_path, "a")["attempts"]
    assert isinstance(attempts, dict)
    assert attempts["calls"] == seen["answered"] <= 60
    assert sum(used["requests"] for used in attempts["usage"].values()) == seen["requests"] > 60


def test_a_limit_of_cost_needs_prices(server: RunningServer, tmp_path: Path) -> None:
    said = tradegen(*flags(server, 5, "--max-cost", 1), cwd=tmp_path, expect=2).stderr
    assert "--max-cost needs prices" in said


def test_cost_stays_below_its_limit(
    server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADEGEN_NIM__GENERATOR__PRICE_IN", "1000")
    run = flags(server, 200, "--name", "a", "--max-cost", 100)
    assert "spent" in tradegen(*run, cwd=tmp_path, expect=3).stdout
    attempts = manifest(tmp_path, "a")["attempts"]
    assert isinstance(attempts, dict)
    assert 50 < sum(used["cost"] for used in attempts["usage"].values()) <= 100


def test_what_was_answered_before_an_early_end_is_not_asked_again(tmp_path: Path) -> None:
    with nim_server(latency_ms=100) as server:
        run = flags(server, 12, "--name", "a", "--workers", 1)
        process = start(*run, cwd=tmp_path)
        while server.counters()["answered_by_role"].get("generator", 0) < 4:
            time.sleep(0.01)
        server.faults(models=["nobody/none"])
        _, said = process.communicate()
        assert process.returncode == 4, said
        server.faults(models=[])
        tradegen(*run, cwd=tmp_path)
        assert server.counters()["answered_more_than_once"] == {}
    assert len(ids(tmp_path, "a")) == 12


def test_a_key_goes_to_the_endpoint_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NVIDIA_API_KEY", "nvapi-right-and-secret")
    with nim_server(latency_ms=10, api_key="nvapi-right-and-secret") as one:
        said = tradegen(*flags(one, 5, "--name", "a"), cwd=tmp_path)
    assert len(ids(tmp_path, "a")) == 5
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or b"right-and-secret" not in path.read_bytes()
    assert "right-and-secret" not in said.stdout + said.stderr


def test_an_endpoint_that_is_not_there_is_named_at_once(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/v1"
    said = tradegen("run", "--engine", "nim", "--base-url", url, cwd=tmp_path, expect=4).stderr
    assert f"{url} cannot be reached" in said
    assert "Traceback" not in said


def test_without_a_key_the_hosted_models_are_not_asked(tmp_path: Path) -> None:
    said = tradegen("run", "--engine", "nim", cwd=tmp_path, expect=4).stderr
    assert "set NVIDIA_API_KEY" in said
    assert "--base-url" in said


def test_an_unknown_model_is_told_with_those_there_are(
    server: RunningServer, tmp_path: Path
) -> None:
    said = tradegen(*flags(server, 5, "--model", "nobody/none"), cwd=tmp_path, expect=4).stderr
    assert "has no model nobody/none; it offers" in said


def test_a_refused_key_is_told_and_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NVIDIA_API_KEY", "nvapi-wrong-and-secret")
    with nim_server({"generator": [], "judge": []}, folder=tmp_path, api_key="nvapi-right") as one:
        said = tradegen(*flags(one, 5), cwd=tmp_path, expect=4)
    assert "refused the key" in said.stderr
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"wrong-and-secret" not in path.read_bytes()
    assert "wrong-and-secret" not in said.stdout + said.stderr


def test_a_key_that_no_header_can_hold_is_told_and_never_shown(
    server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NVIDIA_API_KEY", "nvapi-secret\nnvapi-secret")
    said = tradegen(*flags(server, 3), cwd=tmp_path, expect=4)
    assert "NVIDIA_API_KEY holds characters that no key has" in said.stderr
    assert "nvapi-secret" not in said.stdout + said.stderr


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://me:s3cret@host/v1", "leave it out"),
        ("http://[::1", "is no address"),
        ("localhost:8000", "expected an address such as"),
    ],
)
def test_an_address_that_is_none_is_told(url: str, told: str, tmp_path: Path) -> None:
    said = tradegen("run", "--engine", "nim", "--base-url", url, cwd=tmp_path, expect=4).stderr
    assert told in said
    assert "s3cret" not in said


def test_a_run_keeps_to_the_models_it_began_with(tmp_path: Path) -> None:
    with nim_server(latency_ms=10, models=["alpha"]) as server:
        run = flags(server, 40, "--name", "a")
        tradegen(*run, "--max-calls", 30, cwd=tmp_path, expect=3)
        settings = manifest(tmp_path, "a")["settings"]
        assert isinstance(settings, dict)
        assert {settings["nim"][role]["model"] for role in ROLES} == {"alpha"}
        server.faults(models=["beta"])
        more = ("run", "--resume", "--name", "a", "--max-calls", 400)
        assert "has no model alpha" in tradegen(*more, cwd=tmp_path, expect=4).stderr
        server.faults(models=["beta", "alpha"])
        tradegen(*more, cwd=tmp_path)


def test_an_endpoint_that_changes_its_mind_about_schemas_is_asked_in_another_way(
    tmp_path: Path,
) -> None:
    with nim_server(latency_ms=50) as server:
        process = start(*flags(server, 60, "--name", "a", "-q"), cwd=tmp_path)
        while server.counters()["answered"] < 10:
            time.sleep(0.01)
        server.faults(no_json_schema=True)
        process.communicate()
    assert process.returncode == 0
    attempts = manifest(tmp_path, "a")["attempts"]
    assert isinstance(attempts, dict)
    assert "bad_request" not in attempts["thrown_away_by_kind"]


def test_a_stop_does_not_wait_for_ever(tmp_path: Path) -> None:
    with nim_server(latency_ms=20_000) as server:
        stop = {"TRADEGEN_RUN__STOP_PATIENCE_S": "0.5"}
        process = start(*flags(server, 20, "--name", "a"), cwd=tmp_path, env=stop)
        while server.counters()["in_flight"] < 10:
            time.sleep(0.05)
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 130
    assert time.monotonic() - asked < 10
    assert "go on with:" in out
    assert "Traceback" not in err
