"""What the documentation says of `status.json` and of tolerances is what the code does."""

import re
from pathlib import Path

from tradegen.nightly.health import UNHEALTHY
from tradegen.nightly.status import Difference, Failure, Metric, State, Status
from tradegen.nightly.steps import STEPS
from tradegen.nightly.tolerances import LEAST, STANDARD_ERRORS

TEXT = (Path(__file__).parents[2] / "docs" / "nightly.md").read_text(encoding="utf-8")


def test_every_field_and_state_is_explained() -> None:
    section = TEXT.partition("## `status.json`")[2].partition("\n## ")[0]
    named = set(re.findall(r"`(\w+)`", section))
    for model in (Status, Metric, Failure):
        assert model.model_fields.keys() <= named
    assert Difference.model_fields.keys() - {"metric"} <= named
    assert {state.value for state in State} <= named


def test_the_steps_are_those_of_the_code() -> None:
    table = TEXT.partition("## What a night is")[2].partition("\n\nThe date")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [step.name for step in STEPS]


def test_the_numbers_are_those_of_the_code() -> None:
    assert f"{STANDARD_ERRORS:g} standard errors of the\n  difference, and {LEAST:g}." in TEXT
    assert f"| {UNHEALTHY} | `--check` only" in TEXT
