from dataclasses import replace

import pytest

from tests.support.engine import SEED, brief, demo_model
from tradegen.data.row import ExtraValue, Row
from tradegen.data.rows import Rows
from tradegen.engines.critique import Finding
from tradegen.engines.embedded.generator import EmbeddedGenerator
from tradegen.engines.rules import Rules


def findings(row: Row, where: tuple[tuple[str, ExtraValue], ...]) -> list[Finding]:
    task = brief(0)
    task = replace(task, constraint=replace(task.constraint, where=where))
    rules = Rules(demo_model().market, demo_model().guard)
    return rules.findings([(row, task)], Rows.from_models([row]))[0]


@pytest.fixture(scope="module")
def row() -> Row:
    made = EmbeddedGenerator(demo_model().donors, SEED).write([brief(0)])[0]
    return made.model_copy(update={"side": "long", "extras": {**made.extras, "paper": True}})


def test_a_row_that_has_the_columns_its_quota_asks_for_is_sound(row: Row) -> None:
    where = (("symbol", row.symbol), ("side", "long"), ("interval", row.interval), ("paper", True))
    assert findings(row, where) == []


@pytest.mark.parametrize(
    ("where", "field", "value"),
    [
        (("side", "short"), "side", "'long'"),
        (("symbol", "OTHER"), "symbol", "'SIM"),
        (("interval", "5m"), "interval", "'1"),
        (("paper", False), "extras.paper", "True"),
        (("desk", "A"), "extras.desk", "None"),
    ],
)
def test_a_row_that_would_miss_its_quota_is_found(
    row: Row, where: tuple[str, ExtraValue], field: str, value: str
) -> None:
    (finding,) = findings(row, (where,))
    assert (finding.criterion, finding.field, finding.fields) == ("consistency", field, (field,))
    assert finding.problem.startswith(f"columns_as_asked: is {value}")
    assert finding.evidence == f"expected {where[1]!r}"
