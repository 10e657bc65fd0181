"""The verdict in words, the three numbers behind it, and the table of all checks."""

from collections.abc import Sequence
from dataclasses import dataclass

from tradegen.report.evaluation_files import CheckRecord, Verdict
from tradegen.report.parts.part import Table, TableShown

_WORDS = {
    "well_fit": "Well fit",
    "overfit": "Overfit",
    "underfit": "Underfit",
    "inconclusive": "Inconclusive",
}

_QUESTIONS = (
    (
        "Is it a copy?",
        (
            "rows near gold",
            "rows with copied bars",
            "gold train is known better than holdout",
            "more is promised than holds",
        ),
    ),
    (
        "Does it look real?",
        (
            "told apart by features (AUC)",
            "told apart by raw bars (AUC)",
            "rows no real one looks like",
            "trades out of place",
            "column shapes and pairs",
            "stylised facts visibly off",
            "gold covered",
            "rows that repeat each other",
            "rows that keep every invariant",
        ),
    ),
    (
        "Does what it teaches hold?",
        (
            "what is learned holds on real rows",
            "strategies rank alike",
            "there is something to learn",
            "strategies better than in gold",
        ),
    ),
)
_WORST_FIRST = ("failed", "open", "passed")

_SHARES = frozenset(
    {
        *("rows that keep every invariant", "rows near gold", "rows with copied bars"),
        *("rows that repeat each other", "rows no real one looks like", "trades out of place"),
        *("stylised facts visibly off", "gold covered"),
        *("what is learned holds on real rows", "there is something to learn"),
    }
)
_GAUGE = 0.78
"""Where on its gauge a limit lies, of 1."""


@dataclass(frozen=True)
class Tile:
    """One number behind the verdict; `fill` is how much of the gauge it takes, `mark` the limit."""

    question: str
    outcome: str
    number: str
    check: str
    sentence: str
    fill: float | None
    mark: float


@dataclass(frozen=True)
class Band:
    """The verdict as it stands on top of the page."""

    kind: str
    word: str
    sentence: str
    reasons: Sequence[str]
    next: str
    tiles: Sequence[Tile]


def band(verdict: Verdict) -> Band:
    """Return the verdict's band.

    Of the checks behind each question the worst speaks: a failed one, else an open one, else the
    one that says most.
    """
    word = _WORDS[verdict.verdict]
    sentence = verdict.headline.partition(". ")[2] or verdict.headline
    tiles = [
        _tile(question, worst)
        for question, names in _QUESTIONS
        if (worst := _worst(verdict.checks, names)) is not None
    ]
    return Band(verdict.verdict, word, sentence, verdict.reasons, verdict.next, tiles)


def checks_shown(verdict: Verdict) -> TableShown:
    """Return the table of all checks."""
    counts = [
        f"{n} {outcome}"
        for outcome in ("passed", "failed", "open")
        if (n := sum(check.outcome == outcome for check in verdict.checks))
    ]
    return TableShown(
        f"{len(verdict.checks)} checks: {', '.join(counts)}",
        "Each number stands beside the same number of real rows: of one half of gold against the "
        "other, and of the later holdout. A check fails if its number is surely beyond its limit.",
        Table(
            ("check", "outcome", "value", "limit", "half of gold", "holdout", "what it is"),
            [
                (
                    check.check,
                    check.outcome,
                    _number(check, check.value),
                    _limit(check),
                    _number(check, check.half_of_gold),
                    _number(check, check.gold_holdout),
                    check.says,
                )
                for check in verdict.checks
            ],
        ),
    )


def _worst(checks: Sequence[CheckRecord], names: Sequence[str]) -> CheckRecord | None:
    own = [check for name in names for check in checks if check.check == name]
    return min(own, key=lambda check: _WORST_FIRST.index(check.outcome), default=None)


def _tile(question: str, check: CheckRecord) -> Tile:
    says = f"{check.says[0].upper()}{check.says[1:]}"
    beside = []
    if check.half_of_gold is not None:
        beside.append(f"{_number(check, check.half_of_gold)} between halves of gold")
    if check.gold_holdout is not None:
        beside.append(f"{_number(check, check.gold_holdout)} in gold's later holdout")
    real = f" Real trades: {' and '.join(beside)}." if beside else ""
    known = "" if check.value is not None else " It could not be measured: too few rows."
    return Tile(
        question,
        check.outcome,
        _number(check, check.value) or "unknown",
        check.check,
        f"{says}. Limit: {_limit(check)}.{real}{known}",
        _fill(check),
        _GAUGE if check.worse == "higher" else 1 - _GAUGE,
    )


def _fill(check: CheckRecord) -> float | None:
    """Return how much of a gauge the value takes, so that its limit lies at the mark."""
    if check.value is None or check.limit is None or check.limit <= 0:
        return None
    mark = _GAUGE if check.worse == "higher" else 1 - _GAUGE
    if check.check.endswith("(AUC)"):  # 0.5 is where an AUC begins
        share = (check.value - 0.5) / (check.limit - 0.5)
    else:
        share = check.value / check.limit
    if check.worse == "lower" and share > 1:
        return min(mark + (1 - mark) * (1 - 1 / share), 1.0)
    return min(max(share * mark, 0.0), 1.0)


def _limit(check: CheckRecord) -> str:
    if check.limit is None:
        return "not known"
    return f"at {'most' if check.worse == 'higher' else 'least'} {_number(check, check.limit)}"


def _number(check: CheckRecord, value: float | None) -> str:
    if value is None:
        return ""
    if check.check in _SHARES:
        return f"{100 * value:.1f} %" if abs(value) < 0.9995 else f"{100 * value:.0f} %"
    return f"{value:.2f}"
