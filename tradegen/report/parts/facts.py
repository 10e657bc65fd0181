"""Stylised facts of the bars: do synthetic markets behave as real ones do?"""

from collections.abc import Sequence

from tradegen.report.evaluation_files import CheckRecord, FactRecord
from tradegen.report.figures.facts import Fact, facts_figure
from tradegen.report.parts.part import Chart, Missing, Shown, Table

_GROUPS = (
    ("Memory of returns", "memory", ("ACF of returns", "ACF of absolute", "leverage")),
    ("Volume and ranges", "volume", ("ACF", "volume", "spread", "gap share")),
    ("Tails and sizes", "tails", ("",)),
)
"""Facts by how their names begin: each belongs to the first group that it fits."""

_CHECK = "stylised facts visibly off"


def facts_shown(
    facts: Sequence[FactRecord], checks: Sequence[CheckRecord]
) -> list[Shown | Missing]:
    """Return a figure for each group of facts, so that facts of one size stand together."""
    left = [fact for record in facts if (fact := _known(record)) is not None]
    if not left:
        return [Missing("The evaluation measured no stylised facts: too few rows.")]
    check = next((one for one in checks if one.check == _CHECK), None)
    off = ""
    if check is not None and check.value is not None:
        off = f" So far off are {100 * check.value:.0f} % of all."
    shown: list[Shown | Missing] = []
    for title, name, begins in _GROUPS:
        if own := [fact for fact in left if fact.name.startswith(begins)]:
            shown.append(_shown(title, name, own, off))
        left = [fact for fact in left if fact not in own]
    return shown


def _shown(title: str, name: str, facts: Sequence[Fact], off: str) -> Shown:
    apart = max(facts, key=lambda fact: abs(fact.synthetic - fact.gold))
    return Shown(
        f"{title}: widest apart is {apart.name}, {apart.gold:.2f} in gold and "
        f"{apart.synthetic:.2f} in the rows",
        "The two marks of a fact should nearly touch; with many rows even small gaps are certain "
        f"(the lines are 95 % intervals), but only wide ones change what a strategy meets.{off}",
        Chart(
            f"facts-{name}",
            facts_figure(facts, "value"),
            f"{len(facts)} stylised facts of gold and of the rows. "
            + "; ".join(f"{f.name}: {f.gold:.2f} and {f.synthetic:.2f}" for f in facts)
            + ".",
        ),
        Table(
            ("fact", "gold", "± s.e.", "synthetic", "± s.e."),
            [(f.name, *(f"{value:.3g}" for value in f[1:])) for f in facts],
        ),
        wide=name == "tails",
    )


def _known(record: FactRecord) -> Fact | None:
    values = (record.gold, record.gold_error, record.synthetic, record.synthetic_error)
    if any(value is None for value in values):
        return None
    return Fact(record.fact, *(float(value) for value in values if value is not None))
