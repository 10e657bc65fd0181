"""Progress of a run in plain lines, and the numbers in it."""

import io
import itertools
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from tests.support.rows import records, write_jsonl
from tradegen.data.run_folder import RunFolder
from tradegen.engines.attempt_log import Usage
from tradegen.pipeline.job import Progress
from tradegen.pipeline.prepare import prepare
from tradegen.progress import Pace, PlainProgress, _fill, duration
from tradegen.settings import load_settings


def progress(**changed: object) -> Progress:
    numbers: dict[str, object] = {
        "asked": 1000,
        "accepted": 240,
        "ready": 250,
        "thrown_away": 7,
        "retries": 12,
        "session_ready": 200,
        "session_seconds": 4.0,
        "usage": {},
        **changed,
    }
    return Progress(accepted_by_bucket=np.array([240]), **numbers)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "?"),
        (0.4, "0 s"),
        (59.4, "59 s"),
        (60, "1 min 00 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 00 min"),
        (90_061, "25 h 01 min"),
    ],
)
def test_a_duration_is_shown_in_a_persons_units(seconds: float | None, shown: str) -> None:
    assert duration(seconds) == shown


def test_seconds_never_reach_sixty() -> None:
    assert duration(59.7) == "1 min 00 s"


def test_the_rate_counts_this_session_alone_and_gives_the_time_that_is_left() -> None:
    assert progress().rows_per_second == 50
    assert progress().seconds_left == (1000 - 250) / 50


def test_nothing_is_promised_before_the_first_row_is_ready() -> None:
    assert progress(session_ready=0).seconds_left is None
    assert progress(session_seconds=0.0).seconds_left is None


def test_the_time_left_is_told_once_enough_is_known_and_without_the_start() -> None:
    pace = Pace()
    assert pace.told(progress(session_ready=0, session_seconds=8.0)) == "0 rows/s"
    assert pace.told(progress(session_ready=40, session_seconds=10.0)) == "4 rows/s"
    assert pace.told(progress(session_ready=90, session_seconds=10.5)) == "9 rows/s"
    assert pace.told(progress(session_ready=50, session_seconds=20.0)) == "2 rows/s"
    later = progress(session_ready=540, session_seconds=20.0, ready=500)
    assert pace.told(later) == "50 rows/s, 10 s left"


def test_a_bucket_fills_up() -> None:
    assert [_fill(count, 8) for count in (0, 1, 4, 8)] == ["····", "▌···", "██··", "████"]
    assert _fill(0, 0) == "····"


def headline_of(gold: Path) -> str:
    settings = load_settings({"n": 3, "gold": {"files": [gold], "skip_bad": True}})
    text = io.StringIO()
    PlainProgress(Console(file=text, width=200, soft_wrap=True)).started(
        prepare(settings), RunFolder(Path("runs/first")), 2
    )
    return text.getvalue()


def test_a_run_begins_with_what_is_about_to_be_done_and_what_was_dropped(tmp_path: Path) -> None:
    spoilt = records(600)
    spoilt[4]["entry_price"] = "a lot"
    said = headline_of(write_jsonl(tmp_path / "gold.jsonl", spoilt))
    assert said.startswith("run first: 3 rows, engine embedded, seed 0\n")
    assert "going on with 2 rows accepted before" in said
    assert "note: dropped 1 of 600 bad gold rows, by field: entry_price (1)" in said
    assert "gold.jsonl, row 5: entry_price is 'a lot'; expected a valid number" in said


def test_what_is_kept_back_and_left_out_is_said_with_the_moment_and_the_flag() -> None:
    text = io.StringIO()
    plain = PlainProgress(Console(file=text, width=200))
    prepared = prepare(load_settings({"n": 3}))
    plain.started(prepared, RunFolder(Path("runs/first")), 0)
    gold = prepared.gold
    assert gold.purged
    assert gold.begins is not None
    moment = datetime.fromtimestamp(gold.begins / 1e6, UTC).strftime("%Y-%m-%d %H:%M")
    assert (
        f"gold: {len(gold.train)} simulated demo trades to learn from, {len(gold.holdout)} kept "
        f"back, from {moment} UTC on (--holdout); {gold.purged} overlap that moment and are left "
        "out\n"
    ) in text.getvalue()


def test_without_a_holdout_nothing_is_said_to_be_kept_back() -> None:
    text = io.StringIO()
    prepared = prepare(load_settings({"n": 3, "gold": {"holdout": 0}}))
    PlainProgress(Console(file=text)).started(prepared, RunFolder(Path("runs/first")), 0)
    assert "600 simulated demo trades to learn from, none kept back\n" in text.getvalue()


@pytest.mark.parametrize("value", ["[/b]", "[n/a]"])
def test_a_bad_value_with_brackets_is_shown_as_it_is(tmp_path: Path, value: str) -> None:
    spoilt = records(600)
    spoilt[4]["entry_price"] = value
    assert f"entry_price is '{value}'" in headline_of(write_jsonl(tmp_path / "gold.jsonl", spoilt))


def test_lines_come_every_few_seconds_with_all_that_matters() -> None:
    text = io.StringIO()
    seconds = itertools.count()
    plain = PlainProgress(Console(file=text, width=80), clock=lambda: float(next(seconds)))
    prepared = prepare(load_settings({"n": 1000, "diversity": {"weights": "0.3=0.75,0.6=0.25"}}))
    plain.started(prepared, RunFolder(Path("runs/first")), 0)
    text.truncate(0)
    text.seek(0)
    for _ in range(12):
        plain.progressed(replace(progress(), accepted_by_bucket=np.array([200, 40])))
    line = (
        "250 of 1,000 rows made, 240 accepted, 50 rows/s; 12 retries, 7 thrown away; "
        "0.3 200/750, 0.6 40/250"
    )
    assert text.getvalue().splitlines() == [line] * 2


def test_what_each_roles_calls_took_is_told_while_the_run_goes_on() -> None:
    used = Usage(calls=40, tokens_in=90_000, tokens_out=8_000, requests=43, seconds=24.0, cost=1.5)
    text = io.StringIO()
    seconds = iter(range(0, 100, 10))
    plain = PlainProgress(Console(file=text, width=80), clock=lambda: float(next(seconds)))
    plain.progressed(progress(usage={"generator": used, "judge": Usage(calls=1, requests=1)}))
    assert text.getvalue().splitlines()[1:] == [
        (
            "generator: 40 answered, 0.60 s each, 3 retried, 90,000 tokens read, 8,000 written, "
            "cost 1.50"
        ),
        "judge: 1 answered, 0.00 s each, 0 retried, 0 tokens read, 0 written",
    ]
