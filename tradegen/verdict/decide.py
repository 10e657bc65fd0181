"""The decision: what the checks together say of synthetic rows."""

from dataclasses import dataclass
from enum import StrEnum

from tradegen.verdict.check import Check, Fault, Outcome


class Verdict(StrEnum):
    """What `tradegen evaluate` says of synthetic rows."""

    WELL_FIT = "well_fit"
    OVERFIT = "overfit"
    UNDERFIT = "underfit"
    INCONCLUSIVE = "inconclusive"


EXIT_CODES = {
    Verdict.WELL_FIT: 0,
    Verdict.OVERFIT: 10,
    Verdict.UNDERFIT: 11,
    Verdict.INCONCLUSIVE: 12,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict and the checks that led to it, those that matter most first."""

    verdict: Verdict
    because: tuple[Check, ...]


def decide(checks: list[Check]) -> Decision:
    """Return the verdict of judged checks.

    A failed check decides. Where both kinds fail, rows are called overfit: a copy can do harm that
    noise cannot. Rows are well fit only if every check has passed; an open one leaves it open.
    """
    failed = [check for check in checks if check.outcome is Outcome.FAILED]
    for fault, verdict in (
        (Fault.OVERFIT, Verdict.OVERFIT),
        (Fault.UNDERFIT, Verdict.UNDERFIT),
    ):
        of_it = [check for check in failed if check.fault is fault]
        if of_it:
            others = [check for check in failed if check.fault is not fault]
            return Decision(verdict, (*of_it, *others))
    left = [check for check in checks if check.outcome is Outcome.OPEN]
    if left:
        return Decision(Verdict.INCONCLUSIVE, tuple(left))
    return Decision(Verdict.WELL_FIT, tuple(checks))
