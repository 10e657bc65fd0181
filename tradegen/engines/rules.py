"""The rules every engine's rows must keep: invariants, the columns asked for, no copy of gold."""

from collections.abc import Iterator, Sequence

import numpy as np

from tradegen.data.invariants import Violation, find_violations
from tradegen.data.market import Market
from tradegen.data.row import CORE_FIELDS, Row
from tradegen.data.rows import Rows
from tradegen.engines.critique import Finding
from tradegen.engines.protocols import Brief
from tradegen.guards.copies import CopyGuard

PATH_FIELDS = ("bars", "entry_price", "exit_price")
"""A new path needs new fills on it."""


class Rules:
    """Consistency, completeness and originality, as far as code can tell."""

    def __init__(self, market: Market, guard: CopyGuard) -> None:
        """Hold rows against a market, and against the gold rows that `guard` knows."""
        self._market = market
        self._guard = guard

    def findings_of(self, items: Sequence[tuple[Row, Brief]]) -> list[list[Finding]]:
        """Return what is wrong with each row, see `findings`."""
        return self.findings(items, Rows.from_models([row for row, _ in items]))

    def findings(self, items: Sequence[tuple[Row, Brief]], rows: Rows) -> list[list[Finding]]:
        """Return what is wrong with each row, judged independently of each other.

        `rows` holds the same rows as arrays. Only rows that keep every invariant are searched
        for copies.
        """
        limits = np.array([(b.constraint.low, b.constraint.high) for _, b in items])
        findings: list[list[Finding]] = [[] for _ in items]
        for violation in find_violations(rows, self._market, volatility_range=limits):
            findings[violation.row].append(_of_invariant(violation))
        for found, (row, brief) in zip(findings, items, strict=True):
            found.extend(_not_as_asked(row, brief))
        sound = [i for i, found in enumerate(findings) if not found]
        if sound:
            seeds = [[seed.trade_id for seed in items[i][1].seeds] for i in sound]
            for copied in self._guard.find(part_of(rows, sound), seeds):
                problem = f"repeats gold row {copied.trade_id}"
                finding = Finding("copy", "bars", problem, copied.evidence, PATH_FIELDS)
                findings[sound[copied.row]].append(finding)
        return findings


def part_of(rows: Rows, index: Sequence[int]) -> Rows:
    """Return some of the rows, without a copy if that is all of them."""
    return rows if len(index) == len(rows) else rows.select(index)


def _not_as_asked(row: Row, brief: Brief) -> Iterator[Finding]:
    """Yield a finding for each column besides the volatility that is not as its quota says."""
    for name, asked in brief.constraint.where:
        field = name if name in CORE_FIELDS else f"extras.{name}"
        value = getattr(row, name) if name in CORE_FIELDS else row.extras.get(name)
        if value != asked:
            yield Finding(
                criterion="consistency",
                field=field,
                problem=f"columns_as_asked: is {value!r}",
                evidence=f"expected {asked!r}",
                fields=(field,),
            )


def _of_invariant(violation: Violation) -> Finding:
    name = violation.field.split("[")[0].split(".")[0]
    return Finding(
        criterion=violation.criterion,
        field=violation.field,
        problem=f"{violation.invariant}: is {violation.value}",
        evidence=f"expected {violation.expected}",
        fields=PATH_FIELDS if name == "bars" else (name,),
    )
