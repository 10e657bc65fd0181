"""Evaluations of planted sets against the demo gold, and the files they leave."""

import json
import math
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.fidelity.planted import jittered, random_walks
from tests.support.rows import demo_gold
from tradegen.backtest.costs import Costs
from tradegen.data.gold import Gold
from tradegen.data.rows import Rows
from tradegen.fidelity.overlap import halves, overlap_groups
from tradegen.verdict.check import Outcome
from tradegen.verdict.copying import NEAR
from tradegen.verdict.decide import Verdict
from tradegen.verdict.evaluation import Effort, Evaluation, Question, evaluate
from tradegen.verdict.learning import TRANSFER
from tradegen.verdict.likeness import MISPLACED
from tradegen.verdict.mix import Range
from tradegen.verdict.validity import VALID
from tradegen.verdict.write import write_evaluation

NO_LEARNING = Effort(trials=0, rows_learned_from=100, rows_for_runs=100)
LITTLE_LEARNING = Effort(trials=2, rows_learned_from=200, rows_for_runs=100)


@cache
def demo_halves() -> tuple[Gold, Rows]:
    """Return gold with half of its train rows, and the other half."""
    gold = demo_gold()
    ours, theirs = halves(overlap_groups(gold.train), np.random.default_rng(0))
    part = replace(gold, train=gold.train.select(ours), volatility=gold.volatility[ours])
    return part, gold.train.select(theirs)


def evaluated(rows: Rows, effort: Effort = NO_LEARNING, workers: int = 1) -> Evaluation:
    gold, _ = demo_halves()
    return evaluate(Question(gold, rows, None, Costs(), effort, 0, workers=workers))


@cache
def of_unseen_rows() -> Evaluation:
    return evaluated(demo_halves()[1], LITTLE_LEARNING)


def test_unseen_real_rows_are_not_blamed() -> None:
    verdict = of_unseen_rows().decision.verdict
    assert verdict in (Verdict.WELL_FIT, Verdict.INCONCLUSIVE)


def test_what_decides_how_sure_a_check_is_are_the_rows_it_counts() -> None:
    checks = {check.name: check for check in of_unseen_rows().checks}
    gold, others = demo_halves()
    assert (checks[NEAR].whose, checks[NEAR].rows) == ("synthetic", len(others))
    assert checks[MISPLACED].whose in ("gold", "synthetic")
    assert (checks[TRANSFER].whose, checks[TRANSFER].rows) == ("gold holdout", len(gold.holdout))


def test_where_gold_itself_does_not_tell_a_check_is_left_out_and_that_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tradegen.fidelity.coherence._LEAST_APART", 1.0)
    found = evaluated(demo_halves()[1])
    assert MISPLACED not in {check.name for check in found.checks}
    assert any(note.startswith(f"{MISPLACED}: left out") for note in found.notes)


def test_copies_are_overfit_also_where_they_are_a_quarter() -> None:
    gold, others = demo_halves()
    n = len(others) // 3
    some = replace(
        jittered(gold.train.slice(0, n), 1e-4), trade_id=np.array([f"x{k}" for k in range(n)])
    )
    found = evaluated(Rows.concatenate([others, some]))
    assert found.decision.verdict is Verdict.OVERFIT
    assert NEAR in [check.name for check in found.decision.because]


def test_random_walks_are_underfit() -> None:
    found = evaluated(random_walks(demo_halves()[1]))
    assert found.decision.verdict is Verdict.UNDERFIT
    assert len(found.decision.because) > 3


def test_rows_that_nothing_can_be_computed_of_count_as_broken_and_are_told() -> None:
    _, others = demo_halves()
    price = others.entry_price.copy()
    price[:40] = np.nan
    found = evaluated(replace(others, entry_price=price))
    valid = next(check for check in found.checks if check.name == VALID)
    assert valid.outcome is Outcome.FAILED
    assert any(note.startswith("40 rows have prices") for note in found.notes)


def test_an_odd_mix_of_volatilities_that_was_asked_for_is_no_fault() -> None:
    """Rows of the lower half of volatilities only: in their own ranges they are as gold's."""
    gold, others = demo_halves()
    middle = float(np.median(gold.volatility))
    year = gold.market.bars_per_year(others)
    from tradegen.data.volatility import lookback_volatility

    calm = others.select(lookback_volatility(others, year) < middle)
    asked = Question(gold, calm, [Range(0.0, middle, 1.0)], Costs(), NO_LEARNING, 0)
    found = evaluate(asked)
    blind = evaluate(replace(asked, ranges=None))

    def auc(one: Evaluation) -> float:
        return next(c.measured.value for c in one.checks if c.name.startswith("told apart by f"))

    assert auc(found) < auc(blind) - 0.05
    assert any("in gold's mix" in note for note in found.notes)
    ((asked_for, made, in_gold),) = found.volatilities
    assert (asked_for.asked, made) == (1, 1)
    assert in_gold == pytest.approx(0.5, abs=0.01)


def test_the_same_question_gives_the_same_files_whatever_the_processes(tmp_path: Path) -> None:
    again = evaluated(demo_halves()[1], LITTLE_LEARNING, workers=2)
    for name, found in (("one", of_unseen_rows()), ("other", again)):
        write_evaluation(found, tmp_path / name, "rows", {"seed": 0})
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*"))
    assert len(files) == 11
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes()


def test_the_files_say_what_was_found(tmp_path: Path) -> None:
    found = of_unseen_rows()
    write_evaluation(found, tmp_path, "unseen rows", {"seed": 0})
    record = json.loads(
        (tmp_path / "evaluation.json").read_text(encoding="utf-8"),
        parse_constant=lambda word: pytest.fail(f"{word} is no JSON"),
    )
    assert record["verdict"] == found.decision.verdict
    assert [check["check"] for check in record["checks"]] == [one.name for one in found.checks]
    checks = pq.read_table(tmp_path / "evaluation" / "checks.parquet")
    assert checks["value"].to_pylist() == [check["value"] for check in record["checks"]]
    page = (tmp_path / "evaluation.md").read_text(encoding="utf-8")
    assert "nan" not in page.split()
    assert page.startswith("# Evaluation of unseen rows")
    assert all(one.name in page and one.says in page for one in found.checks)
    curves = pq.read_table(tmp_path / "evaluation" / "learning_curves.parquet").to_pylist()
    assert {curve["scored_on"] for curve in curves} == {"validation", "gold train", "gold holdout"}
    assert all(math.isfinite(curve["skill"]) for curve in curves)
