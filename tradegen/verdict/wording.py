"""The words of an evaluation: `evaluation.md`, for the person who has to act on it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tradegen.verdict.check import Check, Fault, Outcome
from tradegen.verdict.decide import Verdict
from tradegen.verdict.evaluation import Evaluation

Table = Sequence[Mapping[str, Any]]

_MEANS = {
    Verdict.WELL_FIT: "The rows are neither copies of gold nor noise, as far as these checks see.",
    Verdict.OVERFIT: "The rows tell too much of the gold rows they were made from.",
    Verdict.UNDERFIT: "The rows are not enough like gold: what is learned from them may not hold.",
    Verdict.INCONCLUSIVE: "Nothing was found that is wrong, but too few rows to be sure.",
}

_NEXT = {
    Verdict.WELL_FIT: (
        "Use them, beside gold rather than in its place, and keep gold's holdout for the last word."
    ),
    Verdict.OVERFIT: (
        "Do not share or train on them. Give more gold rows, or ask for fewer rows in the buckets "
        "that hold few gold rows; rejected.parquet says what the guards have caught already."
    ),
    Verdict.UNDERFIT: (
        "Look at the failed checks first: they say what is off. Another engine or model, a "
        "stricter judge (judge.false_rejections) or more gold may mend it."
    ),
    Verdict.INCONCLUSIVE: (
        "Give as many rows as the open checks ask for, of the kind they name, and evaluate again."
    ),
}

_HOW_TO_READ_CHECKS = (
    "Each number stands beside the same number of real rows, measured by the same code: one half "
    "of gold train against the other, and the later gold holdout against gold train. A check fails "
    "if its number is surely beyond its limit (5 % false alarms among all that fail, "
    "Benjamini-Hochberg), passes if it surely is not, and is open otherwise."
)
_HOW_TO_READ_BESIDE = (
    "Numbers that rows are often known by. They decide nothing here: noise or copies alone can "
    "make each of them look good."
)
_HOW_TO_READ_SKILLS = (
    "Skill (2 AUC - 1) of the model that Hyperband chose, by what it was trained on. Where gold "
    "has no signal nothing is trained on synthetic rows. regret: skill on the holdout lost by not "
    "training on gold; rank_correlation: of all trials' skill on their own validation rows with "
    "that on the holdout; overfitting: the chance that the trial whose bets fare best on half of "
    "the validation rows is no better than the median on the other half (PBO; 0.5 is choosing "
    "blindly); deflated_sharpe: near 1 its bets are better than the best of so many trials by "
    "luck; low it proves nothing, as trials that truly differ look like luck."
)
_HOW_TO_READ_STRATEGIES = (
    "Mean net result of a trade in average true ranges at the signal; z: how many standard errors "
    "better on synthetic rows."
)
_HOW_TO_READ_BOOKS = (
    "Equal stakes, after costs, as many trades of each (the holdout may have fewer, which then add "
    "up to less); 95 % bootstrap intervals."
)


def headline(evaluation: Evaluation) -> str:
    """Return the verdict in one sentence, with what led to it."""
    decision = evaluation.decision
    words = f"{decision.verdict.value.replace('_', ' ')}. {_MEANS[decision.verdict]}"
    if decision.verdict is Verdict.WELL_FIT:
        return f"{words} All {len(evaluation.checks)} checks passed."
    return words


def reasons(evaluation: Evaluation) -> list[str]:
    """Return what led to a verdict other than well fit, check by check."""
    if evaluation.decision.verdict is Verdict.WELL_FIT:
        return []
    return [_reason(check) for check in evaluation.decision.because]


def next_step(evaluation: Evaluation) -> str:
    """Return what a user would do next."""
    return _NEXT[evaluation.decision.verdict]


def as_markdown(evaluation: Evaluation, tables: Mapping[str, Table], title: str) -> str:
    """Return the whole page. `tables` are those of `tables.tables`."""
    parts = [
        f"# Evaluation of {title}",
        f"**Verdict: {headline(evaluation)}**",
        *(f"- {reason}" for reason in reasons(evaluation)),
        next_step(evaluation),
        _listed("Rows", (f"{name}: {n:,}" for name, n in evaluation.rows.items())),
        _listed("Notes", evaluation.notes),
        "## Checks",
        _HOW_TO_READ_CHECKS,
        _table(
            ("check", "outcome", "value", "95 %", "limit", "half of gold", "holdout", "a fault is"),
            (_check_cells(check) for check in evaluation.checks),
        ),
        *(f"- **{check.name}**: {check.says}." for check in evaluation.checks),
        "## Beside the checks",
        _HOW_TO_READ_BESIDE,
        _records(tables["beside"]),
        "## Volatilities",
        "Shares of rows by the volatility of their lookback: asked for, got, and in gold train.",
        _records(tables["volatilities"]),
        "## What models learn",
        _HOW_TO_READ_SKILLS,
        _records(tables["skills"]),
        "## Strategies",
        _HOW_TO_READ_STRATEGIES,
        _records(tables["strategies"]),
        "## Books",
        _HOW_TO_READ_BOOKS,
        _records(tables["metrics"]),
        "## Stylised facts",
        _records(tables["facts"]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _reason(check: Check) -> str:
    low, high = check.interval
    side = "at most" if check.higher_is_worse else "at least"
    if not check.is_known:
        return f"{check.name}: could not be measured, there are too few rows"
    words = (
        f"{check.name}: {check.measured.value:.3g} ({low:.3g} to {high:.3g}), "
        f"expected {side} {check.limit:.3g}"
    )
    if check.outcome is Outcome.OPEN:
        needed = check.rows_needed
        more = "no number of rows would tell" if needed is None else f"about {needed:,} would tell"
        return f"{words}: open with {check.rows:,} {check.whose} rows; {more}"
    return f"{words}: {check.says}"


def _check_cells(check: Check) -> Iterable[str]:
    low, high = check.interval
    side = "at most" if check.higher_is_worse else "at least"
    references = ("" if one is None else f"{one:.3f}" for one in (check.half, check.holdout))
    return (
        check.name,
        check.outcome.value.upper() if check.outcome is Outcome.FAILED else check.outcome.value,
        *(
            (f"{check.measured.value:.3f}", f"{low:.3f} to {high:.3f}")
            if check.is_known
            else ("", "")
        ),
        f"{side} {check.limit:.3f}",
        *references,
        "overfit" if check.fault is Fault.OVERFIT else "underfit",
    )


def _listed(title: str, lines: Iterable[str]) -> str:
    told = [f"- {line}" for line in lines]
    return "\n".join([f"## {title}", "", *told]) if told else ""


def _records(records: Table) -> str:
    if not records:
        return "None."
    names = list(dict.fromkeys(name for record in records for name in record))
    return _table(names, ([_cell(record.get(name)) for name in names] for record in records))


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _table(head: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
