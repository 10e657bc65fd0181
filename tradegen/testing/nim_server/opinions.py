"""Opinions: a critique as a judge model writes it, three criteria with scores and reasons."""

from collections.abc import Sequence

from tradegen.engines.critique import Critique, Finding
from tradegen.testing.nim_server.answers import Answer
from tradegen.testing.nim_server.wire_fields import on_the_wire

BEST_SCORE, FAILING_SCORE = 5, 2
_LONGEST = 1000

CRITERIA = ("realism", "consistency", "completeness")


def opinion(critique: Critique) -> Answer:
    """Return a critique as a judge's answer: each criterion's score, reason and wire fields."""
    return {
        name: _score([f for f in critique.findings if _criterion(f) == name]) for name in CRITERIA
    }


def _criterion(finding: Finding) -> str:
    return "realism" if finding.criterion == "copy" else finding.criterion


def _score(findings: Sequence[Finding]) -> Answer:
    if not findings:
        return {"score": BEST_SCORE, "reason": "nothing to object to", "fields": []}
    return {
        "score": FAILING_SCORE,
        "reason": "; ".join(f"{f.field}: {f.problem} ({f.evidence})" for f in findings)[:_LONGEST],
        "fields": on_the_wire(name for finding in findings for name in finding.fields),
    }
