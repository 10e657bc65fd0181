from pathlib import Path

import pytest

from tests.support.rows import records, write_parquet
from tradegen.pipeline.prepare import prepare
from tradegen.settings import load_settings


@pytest.mark.parametrize(("rows", "told"), [(18, True), (19, False)])
def test_gold_too_small_for_the_judge_to_reject_anything_is_told(
    tmp_path: Path, rows: int, told: bool
) -> None:
    gold = write_parquet(tmp_path / "gold.parquet", records(rows))
    settings = load_settings(
        {
            "n": 5,
            "gold": {"files": [gold], "holdout": 0.0},
            "diversity": {"weights": {"0.7": 1.0}, "widen": True},
        }
    )
    notes = [note for note in prepare(settings).notes if "too few for the judge" in note]
    assert bool(notes) is told
    assert all("19 or more are needed" in note for note in notes)


def test_the_engine_is_told_how_many_rows_to_choose_from() -> None:
    settings = load_settings({"n": 5, "embedded": {"candidates": 7}})
    assert prepare(settings).blueprint.order.embedded.candidates == 7
