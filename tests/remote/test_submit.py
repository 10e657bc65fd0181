"""Jobs on a service: created, followed, fetched, and their rows held to what all rows are."""

import json
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.support import cli as command_line
from tests.support.cli import Command, Said
from tests.support.designer_service import Designer, Record, designer_service
from tradegen.remote import service as service_module

N = 24


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Designer]:
    monkeypatch.setattr(service_module, "_FIRST_LOOK_S", 0.01)
    with designer_service() as designer:
        yield designer


def submit(cli: Command, service: Designer, *more: object) -> Said:
    where = ("--base-url", service.base_url, "--datastore", service.base_url)
    asked = ("--model", "nvidia/one", "--n", N, "--name", "a")
    return cli("designer", "submit", *where, *map(str, (*asked, *more)))


def rejected(folder: Path) -> Counter[str]:
    rows = pq.read_table(folder / "runs/a/rejected.parquet").to_pylist()
    return Counter(row["kind"] for row in rows)


def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "runs/a/run.json").read_text())
    return found


def test_a_job_of_a_service_that_falters_becomes_a_run_that_other_commands_know(
    cli: Command, service: Designer, tmp_path: Path
) -> None:
    looks = 0

    def falter(method: str, path: str) -> tuple[int, str, str] | None:
        nonlocal looks
        if method == "GET" and "/jobs/" in path and "results" not in path:
            looks += 1
            return (503, "text/plain", "busy") if looks < 5 else None
        return None

    service.refuse = falter
    said = submit(cli, service)
    assert said.code == 0, said
    assert "not reached" in said.out
    assert manifest(tmp_path)["accepted"] == N
    buckets = manifest(tmp_path)["buckets"]
    assert all(bucket["accepted"] == bucket["asked"] for bucket in buckets)
    assert f"{N} of {N} rows came back" in said.out
    assert cli("export", "a", "--to", "jsonl").code == 0
    (job,) = service.jobs.values()
    columns = job["spec"]["config"]["columns"]
    assert [column["name"] for column in columns][-2:] == ["trade", "verdict"]


def test_what_does_not_pass_is_thrown_away_with_its_reason(
    cli: Command, service: Designer, tmp_path: Path
) -> None:
    def spoilt(rows: list[Record]) -> list[Record]:
        rows[1]["trade"] = {**rows[1]["trade"], "quantity": -1.0}
        rows[2]["verdict"]["realism"] = {"score": 1, "reason": "odd", "fields": []}
        rows[3]["trade"] = {**rows[4]["trade"]}
        rows[5]["verdict"] = None
        return [row for k, row in enumerate(rows) if k != 6] + [rows[7], {**rows[8], "row_id": "x"}]

    service.rows = spoilt
    said = submit(cli, service)
    assert said.code == 3, said
    assert "1 rows that came twice" in said.out
    assert "1 rows that were not asked for" in said.out
    kinds = rejected(tmp_path)
    assert kinds["malformed"] == 1
    assert kinds["realism"] == 1
    assert kinds["missing"] == 2
    assert manifest(tmp_path)["accepted"] + sum(kinds.values()) == N
    assert manifest(tmp_path)["attempts"]["attempts"] == N


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        (["active", "error"], "ended as error: {'message': 'out of memory'}"),
        (["active", "cancelled"], "ended as cancelled"),
    ],
)
def test_a_job_that_fails_or_is_cancelled_leaves_no_run(
    cli: Command, service: Designer, tmp_path: Path, statuses: list[str], words: str
) -> None:
    service.statuses = statuses
    said = submit(cli, service)
    assert (said.code, words in said.err) == (4, True), said
    assert not (tmp_path / "runs/a").exists()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((401, "application/json", '{"detail": "who?"}'), "refuses the call (401)"),
        ((404, "application/json", "{}"), "no Data Designer service (404)"),
        ((200, "text/html", "<html>Welcome</html>"), "did not answer as the Data Designer"),
    ],
)
def test_what_is_no_service_of_ours_is_named(
    cli: Command, service: Designer, answer: tuple[int, str, str], words: str
) -> None:
    service.refuse = lambda _method, path: answer if path.startswith("/v1") else None
    said = submit(cli, service)
    assert (said.code, words in said.err) == (4, True), said


def test_an_address_without_anybody_is_named(cli: Command) -> None:
    asked = ("--model", "m", "--n", "2", "--seed-dataset", "r/f.jsonl")
    said = cli("designer", "submit", "--base-url", "http://127.0.0.1:9", *asked)
    assert said.code == 4
    assert "http://127.0.0.1:9 cannot be reached" in said.err


def test_a_damaged_dataset_is_refused_and_can_be_fetched_again(
    cli: Command, service: Designer, tmp_path: Path
) -> None:
    service.archive = lambda data: data[: len(data) // 2]
    said = submit(cli, service)
    assert (said.code, "damaged or ends too early" in said.err) == (4, True), said
    assert not (tmp_path / "runs/a").exists()
    service.archive = lambda data: b"<html>"
    said = cli("designer", "submit", "--resume", "a")
    assert (said.code, "damaged or ends too early" in said.err) == (4, True), said
    service.archive = lambda data: data
    assert cli("designer", "submit", "--resume", "job-1").code == 0
    assert manifest(tmp_path)["accepted"] == N


def test_a_dataset_without_our_columns_or_far_too_large_is_refused(
    cli: Command, service: Designer, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.rows = lambda rows: [{"text": "hello"} for _ in rows]
    said = submit(cli, service)
    assert "no column row_id, trade; it has text" in said.err
    monkeypatch.setattr(service_module, "_BYTES_A_ROW", 1)
    monkeypatch.setattr(service_module, "_BYTES_BESIDE", 0)
    said = cli("designer", "submit", "--resume", "job-1")
    assert (said.code, "its dataset is larger than" in said.err) == (4, True), said


def test_a_job_can_be_left_alone_and_cancelled(cli: Command, service: Designer) -> None:
    said = submit(cli, service, "--no-wait")
    assert said.code == 0
    assert "designer submit --resume job-1" in said.out
    assert "job job-1 was created" in said.out
    again = submit(cli, service)
    assert (again.code, "--resume job-1" in again.err) == (2, True)
    assert "job job-1: cancelled" in cli("designer", "submit", "--cancel", "job-1").out
    assert "there is: job-1" in cli("designer", "submit", "--resume", "job-9").err


def test_ctrl_c_leaves_the_job_and_says_how_to_go_on(service: Designer, tmp_path: Path) -> None:
    service.statuses = ["active"]
    process = command_line.start(
        tmp_path,
        *("designer", "submit", "--base-url", service.base_url, "--datastore", service.base_url),
        *("--model", "nvidia/one", "--n", str(N), "--name", "a"),
    )
    deadline = time.monotonic() + 100
    while not (service.jobs and service.jobs["job-1"]["looks"]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said = command_line.finish(process)
    assert said.code == 130
    assert "job job-1 goes on without this command" in said.out + said.err
    assert re.search(r"go on with: +python -m tradegen designer submit --resume job-1", said.out)


def test_what_a_service_says_cannot_steer_the_terminal(cli: Command, service: Designer) -> None:
    warning = {
        "message": "a\x1b]0;title\x07\x1b[2Jb" + 10_000 * "!",
        "message_type": "log",
        "extra": {"level": "warning"},
    }
    rows = {"message": '[{"row_id": "row-0-0"}]', "message_type": "dataset"}
    body = "".join(json.dumps(one) + "\n" for one in (warning, rows))
    service.refuse = lambda _method, path: (
        (200, "application/jsonl", body) if path.endswith("/preview") else None
    )
    said = submit(cli, service, "--no-wait")
    assert said.code == 0, said
    assert "the service warns: a ]0;title [2Jb!!!" in said.out
    assert not {"\x1b", "\x07"} & set(said.out)
    assert len(said.out) < 2_000


def test_a_model_must_be_named_and_the_services_own_are_told(
    cli: Command, service: Designer
) -> None:
    said = cli("designer", "submit", "--base-url", service.base_url, "--seed-dataset", "r/f.jsonl")
    assert said.code == 2
    assert "the service's own are nvidia/one" in said.err


def test_questions_can_be_uploaded_by_hand(cli: Command, service: Designer, tmp_path: Path) -> None:
    where = ("--base-url", service.base_url, "--model", "nvidia/one", "--n", "2", "--name", "a")
    said = cli("designer", "submit", *where)
    file = tmp_path / "runs/a-job/a-questions.jsonl"
    assert said.code == 2
    assert "upload the file" in said.err
    service.files["mine/q.jsonl"] = [json.loads(line) for line in file.read_text().splitlines()]
    said = cli("designer", "submit", *where, "--seed-dataset", "mine/q.jsonl", "--no-wait")
    assert said.code == 0, said
    assert len(service.jobs["job-1"]["seeds"]) == 2
