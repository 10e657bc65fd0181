"""The verdict's band: the worst of the checks behind each question speaks."""

import pytest

from tests.report.made import Report
from tradegen.report.evaluation_files import CheckRecord, Verdict
from tradegen.report.parts.verdict import Band, band, checks_shown
from tradegen.verdict.limits import LIMITS

PASSED = {"low": 0.0, "high": 0.0, "half_of_gold": 0.01, "gold_holdout": None}


def record(name: str, outcome: str = "passed", value: float | None = 0.02) -> CheckRecord:
    limit = LIMITS[name]
    return CheckRecord(
        check=name,
        outcome=outcome,
        fault=limit.fault.value,
        value=value,
        limit=0.05,
        worse="higher" if limit.higher_is_worse else "lower",
        says=limit.says,
        **PASSED,
    )


def verdict(*changed: CheckRecord) -> Verdict:
    by_name = {name: record(name) for name in LIMITS} | {one.check: one for one in changed}
    return Verdict(
        verdict="well_fit",
        headline="well fit. The rows are fine. All checks passed.",
        reasons=[],
        next="Use them.",
        of={"gold_fingerprint": "", "quick": True, "seed": 0, "tradegen": "0.1.0"},
        rows={},
        notes=[],
        checks=list(by_name.values()),
        facts=[],
    )


def checks_of(found: Band) -> list[str]:
    return [tile.check for tile in found.tiles]


def test_where_all_is_well_the_plainest_number_answers_each_question() -> None:
    found = band(verdict())
    assert (found.word, found.sentence) == ("Well fit", "The rows are fine. All checks passed.")
    assert checks_of(found) == [
        "rows near gold",
        "told apart by features (AUC)",
        "what is learned holds on real rows",
    ]
    assert found.tiles[0].number == "2.0 %"
    assert "Limit: at most 5.0 %" in found.tiles[0].sentence
    assert "1.0 % between halves of gold" in found.tiles[0].sentence


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_a_failed_check_speaks_and_an_open_one_does_where_none_has_failed(name: str) -> None:
    for outcome in ("failed", "open"):
        found = band(verdict(record(name, outcome)))
        (tile,) = [tile for tile in found.tiles if tile.outcome == outcome]
        assert tile.check == name


def test_what_could_not_be_measured_is_called_unknown() -> None:
    tile = band(verdict(record("rows near gold", "open", None))).tiles[0]
    assert (tile.number, tile.fill) == ("unknown", None)
    assert "could not be measured" in tile.sentence


@pytest.mark.parametrize(
    ("name", "value", "beyond"),
    [
        ("rows near gold", 0.04, False),
        ("rows near gold", 0.06, True),
        ("gold covered", 0.06, False),
        ("gold covered", 0.04, True),
    ],
)
def test_the_gauge_is_past_its_mark_only_where_the_limit_allows_it(
    name: str, value: float, beyond: bool
) -> None:
    outcome = "failed"  # so that it speaks
    (tile,) = [
        tile for tile in band(verdict(record(name, outcome, value))).tiles if tile.check == name
    ]
    assert tile.fill is not None
    higher_is_worse = LIMITS[name].higher_is_worse
    assert (tile.fill > tile.mark) == (beyond if higher_is_worse else not beyond)


def test_all_checks_are_listed_with_their_outcome() -> None:
    shown = checks_shown(
        verdict(record("gold covered", "failed"), record("rows near gold", "open"))
    )
    assert shown.title == f"{len(LIMITS)} checks: {len(LIMITS) - 2} passed, 1 failed, 1 open"
    assert len(shown.table.rows) == len(LIMITS)


def test_the_page_begins_with_the_verdict(report: Report) -> None:
    words = ("Well fit", "Overfit", "Underfit", "Inconclusive")
    first = report.text.index("Verdict: ")
    assert any(report.text[first:].startswith(f"Verdict: {word}") for word in words)
    assert first < report.text.index("Is it a copy?") < report.text.index("Side by side")
