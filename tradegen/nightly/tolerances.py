"""Tolerances: how much worse a metric may get from one night to the next without an alarm."""

import math
from collections.abc import Mapping

from tradegen.nightly.status import Metric
from tradegen.settings import ACCEPTANCE, COST, SECONDS

STANDARD_ERRORS = 4.0
"""Of the difference of two nights: chance alone passes it once in 30,000 comparisons."""

LEAST = 0.03
_LEAST = {
    ACCEPTANCE: 0.05,
}

_NOT_WATCHED = frozenset({SECONDS, COST})
"""Unless a tolerance is set: they depend on the machine, or on an endpoint."""


def allowed(
    name: str, then: Metric, now: Metric, tolerances: Mapping[str, float | None]
) -> float | None:
    """Return how much worse a metric may be now, or None if it is not watched.

    A tolerance that was set is taken as it is: in the metric's own unit, of seconds and cost as a
    share of what it was. Else chance has its room: `STANDARD_ERRORS` of the difference of the two,
    and a least amount that two honest runs with different seeds were found to stay within.
    """
    if name in tolerances:
        return tolerances[name]
    if name in _NOT_WATCHED:
        return None
    return STANDARD_ERRORS * math.hypot(then.error, now.error) + _LEAST.get(name, LEAST)
