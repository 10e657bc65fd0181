"""Critiques: what a judge found wrong with a row, as data and in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Criterion = Literal["realism", "consistency", "completeness", "copy"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason against a row.

    `fields` are the fields that may be changed to answer it: names of the row contract, where
    `bars` stands for all of a row's bars and `bars.volume` for one column of them.
    """

    criterion: Criterion
    field: str
    problem: str
    evidence: str
    fields: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.criterion}: {self.field}: {self.problem} ({self.evidence})"


@dataclass(frozen=True, slots=True)
class Critique:
    """A judge's opinion of a row: what is wrong with it; nothing if it passes.

    `scores` are the judge's own measures by name, e.g. `realism_p_value`.
    """

    findings: tuple[Finding, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether the row passes."""
        return not self.findings

    @property
    def fields(self) -> frozenset[str]:
        """All fields that may be changed to answer the critique."""
        return frozenset(name for finding in self.findings for name in finding.fields)

    @property
    def text(self) -> str:
        """The critique in words, one finding a line."""
        return "\n".join(str(finding) for finding in self.findings)
