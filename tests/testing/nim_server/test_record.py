"""The record of what was asked and answered."""

from pathlib import Path

from tests.testing.nim_server.asking import SCRIPT, ask, question
from tradegen.testing.nim_server.process import nim_server
from tradegen.testing.nim_server.record import read_record


def test_what_was_asked_and_answered_is_kept_in_order(tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    with nim_server(SCRIPT, folder=tmp_path, record=path) as server:
        heard = [ask(server.base_url, question(number)).content for number in range(3)]
    kept = read_record(path)
    assert [one.asked for one in kept] == [question(number) for number in range(3)]
    assert [one.answered for one in kept] == heard
