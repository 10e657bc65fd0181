"""The dataset of a job: what is of use in it, and what it is asked."""

import io
import json
import math
import tarfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.rows import demo_gold
from tradegen.engines.nim.answers import AnswerError, trade_form
from tradegen.engines.nim.estimate import silent_roles
from tradegen.engines.nim.prompting import as_data
from tradegen.engines.nim.wire import WireForm
from tradegen.engines.protocols import Brief
from tradegen.errors import EngineUnavailableError
from tradegen.pipeline.prepare import prepare
from tradegen.remote.answers import read_answers, write_answers
from tradegen.remote.asked import job_config, questions, read_row_id, row_id
from tradegen.settings import load_settings

Member = tuple[str, bytes]


def packed(path: Path, *members: Member, link: str = "") -> Path:
    with tarfile.open(path, "w") as tar:
        for name, data in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
        if link:
            entry = tarfile.TarInfo("dataset/link.parquet")
            entry.type, entry.linkname = tarfile.SYMTYPE, link
            tar.addfile(entry)
    return path


def parquet(rows: list[dict[str, object]]) -> bytes:
    place = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), place)
    return place.getvalue()


def test_only_parquet_files_are_read_and_nothing_is_unpacked(tmp_path: Path) -> None:
    rows = parquet([{"row_id": "row-1-0", "trade": {"side": "long"}, "verdict": None}])
    archive = packed(
        tmp_path / "dataset.tar",
        ("../../evil.parquet", rows),
        ("dataset/metadata.json", b"{}"),
        link="/etc/passwd",
    )
    answers = read_answers(archive, 5)
    assert answers.of_rows == {(1, 0): ('{"side": "long"}', None)}
    assert [path.name for path in tmp_path.iterdir()] == ["dataset.tar"]


def test_fields_that_arrow_filled_in_from_other_rows_are_left_out(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"row_id": "row-0-0", "trade": {"side": "long", "extras": {"note": None}}},
        {"row_id": "row-1-0", "trade": {"side": "short", "odd": 1, "extras": {"note": "n"}}},
    ]
    answers = read_answers(packed(tmp_path / "dataset.tar", ("a.parquet", parquet(rows))), 5)
    (first, _), (second, _) = answers.of_rows[0, 0], answers.of_rows[1, 0]
    assert json.loads(first or "") == {"side": "long", "extras": {"note": None}}
    assert json.loads(second or "") == {"side": "short", "odd": 1, "extras": {"note": "n"}}


IDS = [
    "row-5-0",
    None,
    "1",
    "row--1-0",
    "row-1-0 ",
    "row-1-1",
    f"row-{'9' * 5000}-0",
    "row-\u0661-0",
]


@pytest.mark.parametrize("ids", [[one] for one in IDS])
def test_rows_that_were_not_asked_for_are_counted(tmp_path: Path, ids: list[str | None]) -> None:
    rows: list[dict[str, object]] = [{"row_id": one, "trade": "{}"} for one in [*ids, "row-0-0"]]
    answers = read_answers(packed(tmp_path / "dataset.tar", ("a.parquet", parquet(rows))), 5)
    assert list(answers.of_rows) == [(0, 0)]
    assert answers.left_out == {"rows that were not asked for": 1}


@pytest.mark.parametrize(
    "odd",
    [datetime(2026, 1, 1), Decimal("1.5"), b"\xff", math.nan, [{"side": "long"}]],
    ids=lambda odd: type(odd).__name__,
)
def test_values_that_json_does_not_know_are_kept_for_the_reader_to_refuse(
    tmp_path: Path, odd: object
) -> None:
    rows: list[dict[str, object]] = [{"row_id": "row-0-0", "trade": {"symbol": odd}}]
    answers = read_answers(packed(tmp_path / "dataset.tar", ("a.parquet", parquet(rows))), 5)
    write_answers(tmp_path / "answers.parquet", answers)
    (trade,) = pq.read_table(tmp_path / "answers.parquet")["trade"].to_pylist()
    with pytest.raises(AnswerError):
        trade_form(demo_gold()).read(trade)


def test_few_bytes_that_stand_for_millions_of_rows_are_refused(tmp_path: Path) -> None:
    many = pa.table({name: pa.array([name]).take([0] * 200_000) for name in ("row_id", "trade")})
    place = io.BytesIO()
    pq.write_table(many, place)
    with pytest.raises(EngineUnavailableError, match="200,000 rows and more"):
        read_answers(packed(tmp_path / "dataset.tar", ("a.parquet", place.getvalue())), 5)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([], "holds no Parquet file"),
        ([("a.parquet", b"PAR1 no more")], "damaged or ends too early"),
        ([("a.parquet", parquet([{"row_id": "row-0-0"}]))], "no column trade; it has row_id"),
    ],
)
def test_an_archive_of_no_use_is_named(tmp_path: Path, members: list[Member], words: str) -> None:
    with pytest.raises(EngineUnavailableError, match=words):
        read_answers(packed(tmp_path / "dataset.tar", *members), 5)


def test_a_job_is_asked_what_engine_nim_would_ask() -> None:
    prepared = prepare(load_settings({"n": 3, "nim": {"judge": {"model": "j"}}}))
    gold, options = prepared.blueprint.order.gold, prepared.settings.nim
    asked = list(questions(gold, options, prepared.sampler, 3))
    roles, wire = silent_roles(gold, options), WireForm(gold.market, gold.train)
    for number, question in enumerate(asked):
        draw = prepared.sampler.draw(number, 0)
        seeds = tuple(gold.train.row(int(k)) for k in draw.seeds)
        brief = Brief(number, 0, draw.constraint, seeds)
        system, user = roles.generator.messages(brief)
        assert (question["system"], question["question"]) == (system.text, user.text)
        system, user = roles.judge.messages(seeds[0], brief)
        trade = as_data(wire.encode(seeds[0]))
        assert question["judge_before"] + trade + question["judge_after"] == user.text
        assert question["judge_system"] == system.text
        assert read_row_id(question["row_id"]) == (number, 0)
    config = job_config(gold, options, "a/b.jsonl", None)
    named = {column["name"] for column in config["columns"]}
    assert set(asked[0]) <= named
    assert row_id(7, 1) == "row-7-1"
