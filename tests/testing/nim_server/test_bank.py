"""The bank, and a whole server that answers from one."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.rows import demo_gold
from tests.testing.nim_server.asking import Heard, ask, ask_all, question
from tradegen.data.invariants import find_violations
from tradegen.data.rows import Rows
from tradegen.testing.nim_server.answers import CannotAnswerError, ScriptedAnswerer
from tradegen.testing.nim_server.bank import (
    Bank,
    BankAnswerer,
    Deposit,
    deposits_as_text,
    read_deposits,
)
from tradegen.testing.nim_server.codec import WireCodec
from tradegen.testing.nim_server.process import RunningServer, nim_server

DEPOSITS = [Deposit((0.25, 0.35), f'{{"nth":{k}}}') for k in range(3)]
BANKED = 40


def task(role: str = "generator", low: float = 0.25, high: float = 0.35) -> dict[str, Any]:
    return {"role": role, "volatility": {"value": 0.3, "low": low, "high": high}}


def answers(answerer: BankAnswerer, *tasks: dict[str, Any]) -> list[Any]:
    async def run() -> list[Any]:
        return [await answerer.answer(one, {}) for one in tasks]

    return asyncio.run(run())


def other() -> ScriptedAnswerer:
    return ScriptedAnswerer({"generator": [{"other": True}], "refiner": [{"patch": []}]})


def test_no_trade_comes_twice_before_all_have_come_once() -> None:
    bank = Bank(DEPOSITS)
    taken = [bank.take((0.25, 0.35)) for _ in range(7)]
    assert taken == [{"nth": k % 3} for k in range(7)]


def test_judges_pass_and_what_the_bank_does_not_have_goes_elsewhere() -> None:
    answerer = BankAnswerer(Bank(DEPOSITS), other)
    passed, unknown, refined = answers(
        answerer, task("judge"), task(low=0.9, high=1.0), task("refiner")
    )
    assert {criterion["score"] for criterion in passed.values()} == {5}
    assert (unknown, refined) == ({"other": True}, {"patch": []})


def test_a_task_without_a_bucket_cannot_be_answered() -> None:
    with pytest.raises(CannotAnswerError, match="volatility"):
        answers(BankAnswerer(Bank(DEPOSITS), other), {"role": "generator"})


def test_deposits_come_back_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "bank.jsonl"
    path.write_text(deposits_as_text(DEPOSITS), encoding="utf-8")
    assert read_deposits(path) == DEPOSITS


@pytest.fixture(scope="module")
def bank_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bank") / "bank.jsonl"
    with nim_server(bank=BANKED, bank_file=path, seed=3) as server:
        assert json.loads(ask(server.base_url, question()).content)["bars"]
    return path


def test_banked_trades_are_sound_rows_of_their_buckets(bank_file: Path) -> None:
    deposits = read_deposits(bank_file)
    assert len(deposits) == BANKED
    codec = WireCodec(demo_gold())
    rows = Rows.from_models([codec.decode(json.loads(one.text)) for one in deposits])
    limits = [one.bucket for one in deposits]
    assert find_violations(rows, demo_gold().market, volatility_range=np.array(limits)) == []


def test_from_a_file_a_server_starts_without_gold_and_hands_out_each_trade_once(
    bank_file: Path,
) -> None:
    started = time.monotonic()
    with nim_server(bank=BANKED, bank_file=bank_file, gold=Path("there-is-none.csv")) as server:
        assert time.monotonic() - started < 10
        mine = [one for one in read_deposits(bank_file) if one.bucket == (0.65, 0.75)]
        heard = ask_all(server.base_url, [question(i) for i in range(len(mine))])
        contents = {one.content for one in heard if isinstance(one, Heard)}
        assert contents == {one.text for one in mine}
        assert passes(server)


def passes(server: RunningServer) -> bool:
    verdict = json.loads(ask(server.base_url, question(role="judge")).content)
    return all(criterion["score"] == 5 for criterion in verdict.values())
