from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.support.engine import brief, demo_model
from tests.support.rows import demo_gold
from tradegen.data.row import Row
from tradegen.engines.critique import Critique
from tradegen.engines.embedded.generator import EmbeddedGenerator
from tradegen.engines.embedded.judge import EmbeddedJudge


def judge() -> EmbeddedJudge:
    found = demo_model().start().judge
    assert isinstance(found, EmbeddedJudge)
    return found


def good_row(i: int = 0) -> Row:
    return EmbeddedGenerator(demo_model().donors, demo_model().seed).write([brief(i)])[0]


def opinion(row: Row, i: int = 0) -> Critique:
    return judge().opinions([(row, brief(i))])[0]


def altered(row: Row, **changes: Any) -> Row:
    return row.model_copy(update=changes)


def passing() -> tuple[int, Row]:
    return next((i, row) for i in range(50) for row in [good_row(i)] if opinion(row, i).passed)


def test_a_good_row_passes_and_is_scored() -> None:
    i, row = passing()
    critique = opinion(row, i)
    assert critique.text == ""
    assert critique.scores["realism_p_value"] > 0.05


@pytest.mark.parametrize(
    ("field", "change"),
    [("entry_price", lambda row: row.entry_price * 3), ("quantity", lambda _row: -1.0)],
)
def test_a_broken_invariant_is_a_finding_about_its_field(field: str, change: Any) -> None:
    i, row = passing()
    critique = opinion(altered(row, **{field: change(row)}), i)
    assert not critique.passed
    assert {finding.criterion for finding in critique.findings} == {"consistency"}
    assert critique.findings[0].fields[0] == field
    assert field in critique.text


def test_a_missing_number_is_a_matter_of_completeness() -> None:
    i, row = passing()
    critique = opinion(altered(row, exit_price=float("nan")), i)
    assert critique.findings[0].criterion == "completeness"


def test_volatility_outside_the_bucket_asked_for_fails() -> None:
    i, row = passing()
    other = next(k for k in range(200) if brief(k).constraint.value != brief(i).constraint.value)
    critique = judge().opinions([(row, brief(other))])[0]
    assert "volatility_in_bucket" in critique.text


def test_a_gold_row_handed_in_is_called_a_copy() -> None:
    task = brief(3)
    critique = judge().opinions([(task.seeds[0], task)])[0]
    assert "copy" in {finding.criterion for finding in critique.findings}
    assert task.seeds[0].trade_id in critique.text


def test_a_row_that_is_nearly_a_gold_row_is_said_to_be_so() -> None:
    task = brief(3)
    seed = task.seeds[0]
    twin = altered(seed, bars=replace(seed.bars, volume=seed.bars.volume * 1.001))
    (finding,) = [
        one for one in judge().opinions([(twin, task)])[0].findings if "nearly" in one.problem
    ]
    assert finding.criterion == "copy"
    assert seed.trade_id in finding.problem
    assert "entry_price" in finding.fields


def test_where_the_trade_may_change_the_columns_that_follow_it_may_too() -> None:
    task = brief(3)
    critique = judge().opinions([(task.seeds[0], task)])[0]
    assert {"bars", "extras.exit_reason"} <= critique.fields
    i, row = passing()
    assert opinion(altered(row, quantity=-1.0), i).fields == {"quantity"}


def test_nonsense_volume_is_unrealistic_and_only_volume_may_be_changed() -> None:
    i, row = passing()
    rng = np.random.default_rng(0)
    noise = np.exp(14 * rng.random(len(row.bars)))
    spoilt = altered(row, bars=replace(row.bars, volume=noise))
    critique = opinion(spoilt, i)
    assert {finding.criterion for finding in critique.findings} == {"realism"}
    assert "bars.volume" in critique.fields
    assert "p = " in critique.text


def test_opinions_do_not_depend_on_the_batch() -> None:
    items = [(good_row(i), brief(i)) for i in range(12)]
    together = judge().opinions(items)
    assert [judge().opinions([item])[0] for item in items] == together


def test_demo_holdout_rows_pass_about_as_often_as_asked_for() -> None:
    gold = demo_gold()
    realism = demo_model().realism(gold.holdout)
    assert (realism.p_value <= 0.05).mean() < 0.15
