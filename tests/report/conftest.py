"""A run with an evaluation and its report, made once."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.report.made import HOSTILE, Report, hostile_rows, shown, with_manifest
from tests.support.rows import demo_gold
from tests.support.runs import FinishedRun
from tradegen.backtest.costs import Costs
from tradegen.data.gold import Gold
from tradegen.data.run_folder import RunFolder
from tradegen.report.material import Material, RealTrades, gather
from tradegen.report.nearest import GoldSpace
from tradegen.report.parts.pairs import Seen
from tradegen.report.survey import Survey
from tradegen.report.traits import Traits
from tradegen.report.write import write_report
from tradegen.run_gold import gold_of_run
from tradegen.settings import GoldSettings
from tradegen.verdict.evaluation import Effort, Question, evaluate
from tradegen.verdict.write import write_evaluation


@pytest.fixture(scope="session")
def run_gold(finished_run: FinishedRun) -> Gold:
    """Gold of the finished run, as the run reads it."""
    run = RunFolder(finished_run.path)
    return gold_of_run(run, run.read_manifest(), GoldSettings())


@pytest.fixture(scope="session")
def evaluated_run(
    finished_run: FinishedRun, run_gold: Gold, tmp_path_factory: pytest.TempPathFactory
) -> RunFolder:
    """The finished run with an evaluation of little effort; not to be changed by a test.

    40 rows are too few to search with. So what is evaluated is half of gold, and the run is said to
    have as many rows as were evaluated.
    """
    run = RunFolder(finished_run.copied_to(tmp_path_factory.mktemp("evaluated")))
    half = run_gold.train.select(np.arange(len(run_gold.train)) % 2 == 0)
    found = evaluate(Question(run_gold, half, None, Costs(), Effort(2, 400, 100), 0))
    says = {
        "gold_fingerprint": run_gold.fingerprint,
        "quick": True,
        "seed": 0,
        "tradegen": "0.1.0",
    }
    record = write_evaluation(found, run.path, "run first", says)
    record["rows"]["synthetic"] = finished_run.result.accepted
    (run.path / "evaluation.json").write_text(json.dumps(record), encoding="utf-8")
    return run


@pytest.fixture(scope="session")
def report(
    evaluated_run: RunFolder, run_gold: Gold, tmp_path_factory: pytest.TempPathFactory
) -> Report:
    """The report of the evaluated run."""
    target = tmp_path_factory.mktemp("report") / "report.html"
    return Report(write_report(evaluated_run, GoldSettings(), gold=run_gold, target=target))


@pytest.fixture
def plain_report(finished_run: FinishedRun, run_gold: Gold, tmp_path: Path) -> Report:
    """The report of a run that nobody has evaluated."""
    run = RunFolder(finished_run.path)
    target = tmp_path / "report.html"
    return Report(write_report(run, GoldSettings(), gold=run_gold, target=target))


@pytest.fixture(scope="session")
def material(evaluated_run: RunFolder, run_gold: Gold) -> Material:
    return gather(evaluated_run, run_gold, "", evaluated_run.path)


@pytest.fixture
def hostile_report(material: Material, tmp_path: Path) -> Report:
    """A report of rows whose symbols, own columns, notes and name are written by an attacker."""
    gold = demo_gold()
    train = hostile_rows(gold.train)
    year = gold.market.bars_per_year(gold.train)
    traits = Traits.of(train, year)
    real = RealTrades(replace(gold, train=train), traits, GoldSpace.of(gold.train, gold.holdout))
    nearest = real.space.nearest(train)
    survey = Survey(len(train), np.arange(len(train)), traits, nearest, train.slice(0, 40))
    one = train.select([0])
    own = Traits.of(one, year[:1])
    seen = Seen(one, one, (own, own), 0.0, "the closest pair of all")
    found = replace(
        with_manifest(material, notes=list(HOSTILE)),
        name=HOSTILE[0],
        real=real,
        survey=survey,
        pairs=(seen,),
    )
    return shown(found, tmp_path)
