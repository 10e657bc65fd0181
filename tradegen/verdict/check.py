"""A check: one measured number, what it is held against, and what that says of synthetic rows."""

import math
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from tradegen.backtest.clustered import Measured

LEVEL = 0.05
"""Share of false alarms that is accepted among checks that fail."""

_CERTAIN = 1.645
"""Standard errors beyond a limit of which chance alone gives one in twenty."""

_TINY = 1e-9


class Fault(StrEnum):
    """What a failed check says of synthetic rows."""

    OVERFIT = "overfit"
    UNDERFIT = "underfit"


class Outcome(StrEnum):
    """What a check says."""

    PASSED = "passed"
    FAILED = "failed"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Check:
    """A number, its limit, and the same number of real rows beside it.

    `half` is the number of one half of gold train against the other, `holdout` that of the later
    gold holdout against gold train; None where it makes no sense. `rows` is how many rows decide
    how sure the number is, and `whose` which these are. `q` is the chance of such a number if it
    truly were at its limit, after Benjamini and Hochberg (1995); set by `judged`.
    """

    name: str
    fault: Fault
    measured: Measured
    limit: float
    higher_is_worse: bool
    half: float | None
    holdout: float | None
    rows: int
    whose: str
    says: str
    within: tuple[float, float] = (-math.inf, math.inf)
    q: float = float("nan")

    @property
    def is_known(self) -> bool:
        """Whether it could be measured, and what it is held against too."""
        return all(map(math.isfinite, (self.measured.value, self.measured.error, self.limit)))

    @property
    def excess(self) -> float:
        """How far the number is beyond its limit; negative on the good side."""
        beyond = self.measured.value - self.limit
        return beyond if self.higher_is_worse else -beyond

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the number, `within` what it can be at all."""
        reach = 1.96 * self.measured.error
        low, high = np.clip(
            [self.measured.value - reach, self.measured.value + reach], *self.within
        )
        return float(low), float(high)

    @property
    def p(self) -> float:
        """The chance of such a number or a worse one if it truly were at its limit."""
        from scipy.stats import norm

        return float(norm.sf(self.excess / max(self.measured.error, _TINY)))

    @property
    def outcome(self) -> Outcome:
        """Failed if surely beyond the limit, passed if surely not, else open."""
        if not self.is_known:
            return Outcome.OPEN
        if self.q <= LEVEL:
            return Outcome.FAILED
        surely_good = self.excess + _CERTAIN * self.measured.error <= 0
        return Outcome.PASSED if surely_good else Outcome.OPEN

    @property
    def rows_needed(self) -> int | None:
        """About how many rows would decide if it is open; None where no number of rows can.

        The error falls with the root of the number of rows.
        """
        if not self.is_known or abs(self.excess) < _TINY:
            return None
        needed = math.ceil(self.rows * (_CERTAIN * self.measured.error / self.excess) ** 2)
        return max(needed, self.rows + 1)


def judged(checks: list[Check]) -> list[Check]:
    """Return checks with their `q`: Benjamini and Hochberg over those of a fault that are known.

    Each fault is a family of its own: many signs of noise must not make a chance sign of copying
    count for more.
    """
    from scipy.stats import false_discovery_control

    result = list(checks)
    for fault in Fault:
        known = [k for k, one in enumerate(checks) if one.is_known and one.fault is fault]
        if known:
            q = false_discovery_control([checks[k].p for k in known], method="bh")
            for k, value in zip(known, np.atleast_1d(q).tolist(), strict=True):
                result[k] = replace(checks[k], q=value)
    return result
