"""The story of a run: sections in the order in which a sceptic asks."""

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tradegen.backtest.costs import Costs
from tradegen.report.material import Material
from tradegen.report.parts.attempts import attempts_shown
from tradegen.report.parts.distances import distances_shown
from tradegen.report.parts.distributions import distributions
from tradegen.report.parts.equity import book_of, books_of_evaluation, equity_shown
from tradegen.report.parts.facts import facts_shown
from tradegen.report.parts.learning import learning_shown
from tradegen.report.parts.pairs import pairs_shown
from tradegen.report.parts.part import Missing, Part, Section
from tradegen.report.parts.verdict import checks_shown
from tradegen.report.parts.volatilities import volatilities

if TYPE_CHECKING:
    from tradegen.report.figures.equity import Book

NO_ROWS = "No row is accepted yet, so there is nothing to show here."
NO_GOLD = "This needs the gold, which cannot be shown: the top of the page says why."
LEFT_OUT = (
    "Left out as asked: these charts would show single gold trades. How near the rows come to gold "
    "is measured below."
)


def sections(found: Material) -> list[Section]:
    """Return the sections of the page."""
    return list(_sections(found))


def _sections(found: Material) -> Iterator[Section]:
    yield Section(
        "pairs",
        "Side by side",
        "Synthetic trades, each beside the gold trade nearest to it, from 64 bars before entry to "
        "exit. Hollow candles rose, full ones fell; the shaded part is the trade. Look whether the "
        "two are different trades, and whether you would believe the left one.",
        _pairs(found),
    )
    yield Section(
        "distances",
        "Is any of it a copy?",
        "",
        _distances(found),
    )
    yield Section(
        "spread",
        "How the trades spread",
        "Bars are the synthetic rows, lines and diamonds are gold's train rows: they should keep "
        "together. Nothing here looks at two columns at once; the checks below do.",
        _distributions(found),
    )
    yield Section(
        "volatilities",
        "Volatilities asked for and got",
        "",
        [volatilities(found.manifest["buckets"])],
    )
    yield Section("equity", "How the trades fared", "", [_equity(found)])
    yield Section("facts", "How the markets behave", "", _facts(found))
    yield Section("learning", "What models learn", "", _learning(found))
    yield Section("checks", "Every check", "", _checks(found))
    yield Section(
        "attempts",
        "How the rows came about",
        "",
        attempts_shown(found.manifest["attempts"], found.manifest["settings"].get("engine", "")),
    )


def _pairs(found: Material) -> list[Part]:
    if missing := _needing_both(found):
        return missing
    return list(pairs_shown(found.pairs)) if found.shows_gold else [Missing(LEFT_OUT)]


def _distances(found: Material) -> list[Part]:
    if missing := _needing_both(found):
        return missing
    assert found.real is not None
    assert found.survey is not None
    assert found.survey.nearest is not None
    return [distances_shown(found.real.space, found.survey.nearest.distance)]


def _distributions(found: Material) -> list[Part]:
    if missing := _needing_both(found):
        return missing
    assert found.real is not None
    assert found.survey is not None
    return list(distributions(found.real.traits, found.survey.traits))


def _equity(found: Material) -> Part:
    if found.evaluation is not None and found.evaluation.equity:
        return equity_shown(books_of_evaluation(found.evaluation.equity))
    if found.survey is None:
        return Missing(NO_ROWS)
    costs = Costs(**found.manifest["settings"].get("costs", {}))
    books: dict[str, Book] = {}
    if found.real is not None:
        gold = found.real.gold
        books = {
            "gold train": book_of(gold.train, costs),
            "gold holdout": book_of(gold.holdout, costs),
        }
    return equity_shown({**books, "synthetic": book_of(found.survey.sample, costs)})


def _facts(found: Material) -> list[Part]:
    if found.evaluation is None:
        return [_needing_evaluation(found, "Stylised facts")]
    return list(facts_shown(found.evaluation.says.facts, found.evaluation.says.checks))


def _learning(found: Material) -> list[Part]:
    if found.evaluation is None:
        return [_needing_evaluation(found, "Learning curves")]
    return list(learning_shown(found.evaluation.curves))


def _checks(found: Material) -> list[Part]:
    if found.evaluation is None:
        return [_needing_evaluation(found, "Checks")]
    return [checks_shown(found.evaluation.says)]


def _needing_both(found: Material) -> list[Part]:
    """Return the sentence for want of rows or of gold, or nothing."""
    if found.survey is None:
        return [Missing(NO_ROWS)]
    return [Missing(NO_GOLD)] if found.real is None else []


def _needing_evaluation(found: Material, what: str) -> Missing:
    if found.survey is None:
        return Missing(NO_ROWS)
    return Missing(f"{what} come with an evaluation: {evaluate_command(found.name)}")


def evaluate_command(name: str) -> str:
    """Return the command that evaluates a run."""
    return f"python -m tradegen evaluate {shlex.quote(name)}"
