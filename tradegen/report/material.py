"""The material of a report: what lies in a run folder, read once."""

from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tradegen.data.gold import Gold
from tradegen.data.ledger import Ledger
from tradegen.data.rows import Rows
from tradegen.data.run_folder import RunFolder
from tradegen.data.run_rows import rows_of
from tradegen.data.yearly_bars import YearlyBars, bars_per_year
from tradegen.pipeline.manifest import up_to_date
from tradegen.report.evaluation_files import EvaluationFiles, read_evaluation
from tradegen.report.nearest import GoldSpace
from tradegen.report.pairs import choose_pairs
from tradegen.report.parts.pairs import Seen
from tradegen.report.survey import Survey, read_row, survey_rows
from tradegen.report.traits import Traits

_SAMPLE_WITHOUT_GOLD = 1000


@dataclass(frozen=True)
class RealTrades:
    """Gold as a report needs it: itself, its traits, and the space in which rows are near it."""

    gold: Gold
    traits: Traits
    space: GoldSpace


@dataclass(frozen=True)
class Material:
    """All that a report shows.

    `real` is None where gold cannot be had, and `why_no_gold` says why; `survey` is None where no
    row is accepted; `evaluation` is None where there is none. Where gold is not to be shown, no
    part of the page is of a single gold trade: there are no pairs.
    """

    name: str
    manifest: Mapping[str, Any]
    real: RealTrades | None
    why_no_gold: str
    survey: Survey | None
    pairs: tuple[Seen, ...]
    evaluation: EvaluationFiles | None
    shows_gold: bool = True


def gather(
    run: RunFolder,
    gold: Gold | None,
    why_no_gold: str,
    evaluation_folder: Path,
    *,
    shows_gold: bool = True,
) -> Material:
    """Read a run's folder. Raises `StorageError` if something in it is damaged."""
    manifest = run.read_manifest()
    with closing(Ledger.read(run.ledger)) as ledger:
        manifest = up_to_date(run, manifest, ledger)
    known: YearlyBars = manifest["gold"].get("bars_per_year", {})
    real = None if gold is None else _real_trades(gold)
    survey, pairs = None, tuple[Seen, ...]()
    if manifest["accepted"]:
        n_sample = _SAMPLE_WITHOUT_GOLD if gold is None else len(gold.train)
        space = None if real is None else real.space
        with ExitStack() as stack:
            file = stack.enter_context(rows_of(run))
            survey = survey_rows(file, known, space, n_sample)
            if survey is not None and real is not None and shows_gold:
                pairs = _pairs(file, survey, real, known)
    evaluation = read_evaluation(evaluation_folder)
    return Material(run.name, manifest, real, why_no_gold, survey, pairs, evaluation, shows_gold)


def _real_trades(gold: Gold) -> RealTrades:
    traits = Traits.of(gold.train, gold.market.bars_per_year(gold.train))
    return RealTrades(gold, traits, GoldSpace.of(gold.train, gold.holdout))


def _pairs(file: Path, survey: Survey, real: RealTrades, known: YearlyBars) -> tuple[Seen, ...]:
    """Return the pairs to look at, read from the file of rows."""
    assert survey.nearest is not None
    found = []
    for pair in choose_pairs(survey.nearest, survey.traits.volatility):
        row = read_row(file, int(survey.number[pair.row]))
        twin = real.gold.train.select([pair.gold])
        traits = (_traits(row, known), _traits(twin, known))
        found.append(Seen(row, twin, traits, pair.distance, pair.why))
    return tuple(found)


def _traits(rows: Rows, known: YearlyBars) -> Traits:
    return Traits.of(rows, bars_per_year(known, rows))
