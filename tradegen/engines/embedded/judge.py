"""The embedded judge: invariants, the copy guard, and a calibrated test of realism."""

from collections.abc import Sequence

import numpy as np

from tradegen.data.invariants import Violation, find_violations
from tradegen.data.market import Market
from tradegen.data.row import FloatArray, Row
from tradegen.data.rows import Rows
from tradegen.engines.critique import Critique, Finding
from tradegen.engines.embedded.batching import Batcher
from tradegen.engines.embedded.features import FEATURES
from tradegen.engines.embedded.realism import Realism, RealismTest
from tradegen.engines.protocols import Brief
from tradegen.guards.copies import CopyGuard

PATH_FIELDS = ("bars", "entry_price", "exit_price")
"""A new path needs new fills on it."""

_NAMED = 2


class EmbeddedJudge:
    """See `engines.protocols.Judge`.

    Consistency and completeness are the row contract's invariants. Realism is a p-value against
    gold train; `false_rejections` is the share of real rows that may be rejected by it.
    """

    def __init__(
        self, market: Market, guard: CopyGuard, realism: RealismTest, false_rejections: float
    ) -> None:
        """Judge against what was learned from gold train."""
        self._market = market
        self._guard = guard
        self._realism = realism
        self._level = false_rejections
        self._judge = Batcher(self.opinions)

    async def judge(self, row: Row, brief: Brief) -> Critique:
        """Return what is wrong with the row."""
        return await self._judge((row, brief))

    def opinions(self, items: Sequence[tuple[Row, Brief]]) -> list[Critique]:
        """Return one critique for each row; rows are judged independently of each other."""
        rows = Rows.from_models([row for row, _ in items])
        limits = np.array([(b.constraint.low, b.constraint.high) for _, b in items])
        findings: list[list[Finding]] = [[] for _ in items]
        for violation in find_violations(rows, self._market, volatility_range=limits):
            findings[violation.row].append(_of_invariant(violation))
        sound = [i for i, found in enumerate(findings) if not found]
        scores: list[dict[str, float]] = [{} for _ in items]
        if sound:
            self._judge_sound(rows, sound, items, findings, scores)
        return [
            Critique(tuple(found), score) for found, score in zip(findings, scores, strict=True)
        ]

    def _judge_sound(
        self,
        rows: Rows,
        sound: list[int],
        items: Sequence[tuple[Row, Brief]],
        findings: list[list[Finding]],
        scores: list[dict[str, float]],
    ) -> None:
        part = rows if len(sound) == len(rows) else rows.select(sound)
        seeds = [[seed.trade_id for seed in items[i][1].seeds] for i in sound]
        for copied in self._guard.find(part, seeds):
            problem = f"repeats gold row {copied.trade_id}"
            finding = Finding("copy", "bars", problem, copied.evidence, PATH_FIELDS)
            findings[sound[copied.row]].append(finding)
        realism = self._realism(part)
        for k, i in enumerate(sound):
            scores[i]["realism_p_value"] = float(realism.p_value[k])
            if realism.p_value[k] <= self._level:
                findings[i].extend(self._unrealistic(realism, k))

    def _unrealistic(self, realism: Realism, k: int) -> list[Finding]:
        deviation: FloatArray = realism.deviation[k]
        worst = np.argsort(-np.abs(deviation), kind="stable")[:_NAMED]
        return [
            Finding(
                "realism",
                FEATURES[w].field,
                f"unusual {FEATURES[w].name}",
                f"{deviation[w]:+.1f} standard deviations from the most similar gold rows, "
                f"p = {realism.p_value[k]:.3f} against {self._level:g}",
                FEATURES[w].fields,
            )
            for w in worst.tolist()
        ]


def _of_invariant(violation: Violation) -> Finding:
    name = violation.field.split("[")[0].split(".")[0]
    return Finding(
        criterion=violation.criterion,
        field=violation.field,
        problem=f"{violation.invariant}: is {violation.value}",
        evidence=f"expected {violation.expected}",
        fields=PATH_FIELDS if name == "bars" else (name,),
    )
