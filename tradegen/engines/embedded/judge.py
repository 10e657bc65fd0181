"""The embedded judge: the rules that hold for every row, and a calibrated test of realism."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tradegen.data.row import FloatArray, Row
from tradegen.data.rows import Rows
from tradegen.engines.batching import Batcher
from tradegen.engines.critique import Critique, Finding
from tradegen.engines.embedded.features import FEATURES
from tradegen.engines.embedded.own_columns import FOLLOWED
from tradegen.engines.embedded.realism import Realism, RealismTest
from tradegen.engines.protocols import Brief
from tradegen.engines.rules import PATH_FIELDS, Rules, part_of

_NAMED = 2
_NEAR_SHARE = 0.25


class EmbeddedJudge:
    """See `engines.protocols.Judge`.

    Consistency and completeness are the row contract's invariants. Realism is a p-value against
    gold train; `false_rejections` is the share of real rows that may be rejected by it, a quarter
    of them because they are nearly a gold row, the others because they are like none. Where a
    finding lets the trade be changed, the user's columns in `following` may follow it.
    """

    def __init__(
        self,
        rules: Rules,
        realism: RealismTest,
        false_rejections: float,
        following: Sequence[str] = (),
    ) -> None:
        """Judge against what was learned from gold train."""
        self._following = tuple(f"extras.{name}" for name in following)
        self._rules = rules
        self._realism = realism
        self._near_level = _NEAR_SHARE * false_rejections
        self._far_level = false_rejections - self._near_level
        self._judge = Batcher(self.opinions)

    async def judge(self, row: Row, brief: Brief) -> Critique:
        """Return what is wrong with the row."""
        return await self._judge((row, brief))

    def opinions(self, items: Sequence[tuple[Row, Brief]]) -> list[Critique]:
        """Return one critique for each row; rows are judged independently of each other."""
        rows = Rows.from_models([row for row, _ in items])
        findings = self._rules.findings(items, rows)
        scores: list[dict[str, float]] = [{} for _ in items]
        whole = [
            i for i, found in enumerate(findings) if all(one.criterion == "copy" for one in found)
        ]
        if whole:
            realism = self._realism(part_of(rows, whole))
            for k, i in enumerate(whole):
                scores[i]["realism_p_value"] = float(realism.p_value[k])
                if realism.p_value[k] <= self._far_level:
                    findings[i].extend(self._unrealistic(realism, k))
                if realism.nearness_p_value[k] <= self._near_level:
                    findings[i].append(self._too_near(realism, k))
        return [
            Critique(tuple(self._with_followers(one) for one in found), score)
            for found, score in zip(findings, scores, strict=True)
        ]

    def _with_followers(self, finding: Finding) -> Finding:
        if FOLLOWED.isdisjoint(finding.fields):
            return finding
        return replace(finding, fields=finding.fields + self._following)

    def _too_near(self, realism: Realism, k: int) -> Finding:
        return Finding(
            "copy",
            "bars",
            f"nearly gold row {realism.nearest[k]}",
            f"of gold rows, {realism.nearness_p_value[k]:.1%} have another one as near, against "
            f"{self._near_level:.1%}",
            PATH_FIELDS,
        )

    def _unrealistic(self, realism: Realism, k: int) -> list[Finding]:
        deviation: FloatArray = realism.deviation[k]
        worst = np.argsort(-np.abs(deviation), kind="stable")[:_NAMED]
        return [
            Finding(
                "realism",
                FEATURES[w].field,
                f"unusual {FEATURES[w].name}",
                f"{deviation[w]:+.1f} standard deviations from the most similar gold rows, "
                f"p = {realism.p_value[k]:.3f} against {self._far_level:g}",
                FEATURES[w].fields,
            )
            for w in worst.tolist()
        ]
