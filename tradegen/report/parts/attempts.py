"""How the rows came about: accepted, refined, thrown away, and what models took for it."""

from collections.abc import Mapping
from typing import Any

from tradegen.engines.attempt_log import Usage
from tradegen.report.figures.attempts import attempts_figure
from tradegen.report.parts.part import Chart, Missing, Part, Shown, Table, TableShown

_HOW = (
    "Plain bars were kept, hatched ones thrown away. Many retries or one large reason mean that "
    "the engine strains against what was asked for; rejected.parquet has every critique."
)


def attempts_shown(attempts: Mapping[str, Any], engine: str) -> list[Part]:
    """Return what became of the attempts, and what they cost if any model was asked."""
    total = attempts["attempts"]
    if not total:
        return [Missing("No attempt has ended yet.")]
    accepted = {
        _label(int(retries)): count for retries, count in attempts["accepted_by_retries"].items()
    }
    thrown = {f"thrown away: {kind}": n for kind, n in attempts["thrown_away_by_kind"].items()}
    refined = sum(n for retries, n in attempts["accepted_by_retries"].items() if retries != "0")
    share = 100 * attempts["accepted"] / total
    title = f"{share:.1f} % of {total:,} attempts were accepted, {refined:,} after being refined"
    every = {**accepted, **thrown}
    shown = Shown(
        title,
        _HOW,
        Chart("attempts", attempts_figure(accepted, thrown), f"{title}. {_listed(every)}."),
        Table(("outcome", "attempts"), [(label, f"{n:,}") for label, n in every.items()]),
        wide=True,
    )
    return [shown, _usage(attempts, engine)]


def _usage(attempts: Mapping[str, Any], engine: str) -> Part:
    usage = {role: Usage(**used) for role, used in attempts.get("usage", {}).items()}
    if not usage:
        return Missing(f"The {engine} engine asked no language model: no tokens, no cost.")
    cost = sum(used.cost for used in usage.values())
    rows = [
        (
            role,
            *(f"{n:,}" for n in (used.calls, used.tokens_in, used.tokens_out)),
            f"{used.seconds:,.0f}",
            f"{used.cost:,.2f}" if used.cost else "no price set",
        )
        for role, used in usage.items()
    ]
    calls = sum(used.calls for used in usage.values())
    return TableShown(
        f"{calls:,} calls to language models" + (f", cost {cost:,.2f}" if cost else ""),
        "By role, thrown-away attempts included. Cost is at the prices in the settings.",
        Table(("role", "calls", "tokens in", "tokens out", "seconds", "cost"), rows),
    )


def _label(retries: int) -> str:
    if retries == 0:
        return "accepted at once"
    return f"accepted after {retries} refinement{'' if retries == 1 else 's'}"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{label}: {count:,}" for label, count in counts.items())
