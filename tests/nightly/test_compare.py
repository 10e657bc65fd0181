"""The comparison of nights: what counts as worse, what as chance, and what is not compared."""

import itertools
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegen.nightly.compare import Comparison, Judged, compare
from tradegen.nightly.status import Metric
from tradegen.settings import Settings
from tradegen.verdict.decide import Verdict

HONEST: Mapping[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "honest_nights.json").read_text()
)
"""Real runs of the embedded engine that differ in their seed alone: verdict and metrics, measured
by `tradegen evaluate --quick`. 1,000 rows of two golds, and 300 rows of one."""


def judged(
    name: str = "now",
    verdict: Verdict = Verdict.WELL_FIT,
    metrics: Mapping[str, Metric] | None = None,
    *,
    of: Mapping[str, Any] | None = None,
    version: str = "1.0",
    **settings: Any,
) -> Judged:
    tree = Settings(**settings).model_dump(mode="json")
    evaluation = {
        "of": {"gold_fingerprint": "a", "quick": True, "seed": 0, "costs": {}, **(of or {})}
    }
    manifest = {"settings": tree, "versions": {"tradegen": version}}
    return Judged(name, verdict, metrics or {}, manifest, evaluation)


def metric(value: float, error: float = 0.0, *, higher_is_worse: bool = True) -> Metric:
    return Metric(value=value, error=error, higher_is_worse=higher_is_worse)


def held(then: Judged, now: Judged, **tolerances: float) -> Comparison:
    return compare(then, now, tolerances, accept_inconclusive=True)


COVERED = "gold covered"


def one(
    then: Metric, now: Metric, name: str = COVERED, tolerance: float | None = None
) -> Comparison:
    tolerances = {} if tolerance is None else {name: tolerance}
    return held(judged("then", metrics={name: then}), judged(metrics={name: now}), **tolerances)


@pytest.mark.parametrize("gold", HONEST)
def test_no_two_honest_nights_with_different_seeds_raise_an_alarm(gold: str) -> None:
    nights = [
        judged(
            verdict=Verdict(night["verdict"]),
            metrics={
                name: metric(value, error, higher_is_worse=worse)
                for name, (value, error, worse) in night["metrics"].items()
            },
            seed=seed,
        )
        for seed, night in enumerate(HONEST[gold])
    ]
    pairs = list(itertools.permutations(nights, 2))
    assert len(pairs) >= 6
    for then, now in pairs:
        found = held(then, now)
        assert not found.is_worse, found.says


metrics = st.builds(
    Metric,
    value=st.floats(-1e6, 1e6),
    error=st.floats(0, 1e3),
    higher_is_worse=st.booleans(),
)


@given(st.dictionaries(st.sampled_from(["gold covered", "acceptance", "seconds", "cost"]), metrics))
def test_a_run_is_never_worse_than_itself(found: dict[str, Metric]) -> None:
    said = held(judged("then", metrics=found), judged(metrics=found), cost=0.0, seconds=0.0)
    assert not said.is_worse
    assert said.says == ("no worse than then",)


@given(st.floats(-10, 10), st.floats(-10, 10), st.booleans())
def test_of_two_metrics_that_differ_one_is_worse_in_one_direction_only(
    a: float, b: float, higher_is_worse: bool
) -> None:
    before, after = (metric(value, higher_is_worse=higher_is_worse) for value in (a, b))
    there, back = (
        one(before, after, tolerance=0.0),
        one(after, before, tolerance=0.0),
    )
    assert there.is_worse == ((b > a) if higher_is_worse else (b < a))
    assert not (there.is_worse and back.is_worse)


def test_a_metric_that_got_worse_beyond_chance_is_named_with_its_numbers() -> None:
    found = one(metric(0.73, 0.01), metric(0.95, 0.01), "told apart by features (AUC)")
    assert found.is_worse
    assert found.says == (
        "worse than then:",
        "told apart by features (AUC): 0.95, it was 0.73; worse by 0.22, allowed 0.0866",
    )
    (difference,) = found.differences
    assert difference.worse_by == pytest.approx(0.22)
    assert difference.allowed == pytest.approx(4 * math.hypot(0.01, 0.01) + 0.03)


def test_a_tolerance_that_was_set_is_taken_as_it_is() -> None:
    then, now = metric(0.9, 0.1, higher_is_worse=False), metric(0.8, 0.1, higher_is_worse=False)
    assert not one(then, now).is_worse
    assert one(then, now, tolerance=0.05).is_worse
    assert not one(then, now, tolerance=0.2).is_worse
    assert not one(then, metric(0.0, higher_is_worse=False), tolerance=False).is_worse


@pytest.mark.parametrize("name", ["seconds", "cost"])
def test_time_and_cost_are_watched_only_if_asked_and_as_a_share(name: str) -> None:
    assert not one(metric(100), metric(10_000), name).is_worse
    assert one(metric(100), metric(151), name, 0.5).is_worse
    assert not one(metric(100), metric(149), name, 0.5).is_worse
    assert not one(metric(0), metric(5), name, 0.5).is_worse


def test_a_worse_verdict_is_worse() -> None:
    then = judged("then")
    for verdict in (Verdict.UNDERFIT, Verdict.OVERFIT):
        found = held(then, judged(verdict=verdict))
        assert found.says == ("worse than then:", f"verdict: {verdict.value}, it was well fit")
        assert found.is_worse
    assert not held(then, judged(verdict=Verdict.INCONCLUSIVE)).is_worse
    strict = compare(then, judged(verdict=Verdict.INCONCLUSIVE), {}, accept_inconclusive=False)
    assert strict.is_worse


def test_nothing_is_compared_across_another_gold_or_another_way_of_evaluating() -> None:
    bad = {"gold covered": metric(0.0, higher_is_worse=False)}
    then = judged("then", metrics={"gold covered": metric(0.9, higher_is_worse=False)})
    for of, why in (
        ({"gold_fingerprint": "b"}, "gold changed"),
        ({"quick": False}, "evaluation changed (quick: True then, False now)"),
        ({"costs": {"spread_bps": 9}}, "evaluation changed (costs:"),
    ):
        found = held(then, judged(metrics=bad, of=of))
        assert not found.is_worse
        assert found.differences == ()
        assert found.says[0].startswith(why)
        assert found.says[0].endswith("not compared with then")


def test_across_other_settings_differences_are_told_but_none_is_called_worse() -> None:
    then = judged("then", metrics={"acceptance": metric(0.9, higher_is_worse=False)})
    now = judged(metrics={"acceptance": metric(0.1, higher_is_worse=False)}, engine="theirs")
    found = held(then, now)
    assert not found.is_worse
    assert "engine: 'embedded' then, 'theirs' now" in found.says[0]
    assert [(d.metric, d.is_worse) for d in found.differences] == [("acceptance", False)]


def test_settings_of_how_the_work_is_done_and_the_seed_make_no_other_run() -> None:
    then = judged("then", metrics={"acceptance": metric(0.9, higher_is_worse=False)})
    now = judged(
        metrics={"acceptance": metric(0.1, higher_is_worse=False)},
        seed=7,
        run={"workers": 3, "name": "now"},
        nightly={"keep": 3},
    )
    assert held(then, now).is_worse


def test_another_version_of_tradegen_is_held_to_account_and_named() -> None:
    then = judged("then", metrics={"acceptance": metric(0.9, higher_is_worse=False)})
    now = judged(metrics={"acceptance": metric(0.1, higher_is_worse=False)}, version="2.0")
    found = held(then, now)
    assert found.is_worse
    assert found.says[0] == "tradegen 1.0 then, 2.0 now"


def test_a_metric_that_only_one_night_has_is_left_out() -> None:
    then = judged("then", metrics={"acceptance": metric(0.9), "gold covered": metric(0.9)})
    found = held(then, judged(metrics={"acceptance": metric(0.9), "rows near gold": metric(1.0)}))
    assert [d.metric for d in found.differences] == ["acceptance"]
    assert not found.is_worse
