"""Tolerances: how much worse a metric may get from one night to the next without an alarm."""

import math
from collections.abc import Mapping

from tradegen.nightly.status import Metric
from tradegen.settings import COST, SECONDS

STANDARD_ERRORS = 4.0
"""Of the difference of two nights: by chance alone one comparison in 30,000 is beyond it."""

LEAST = 0.03
"""Room beyond chance, in the metric's own unit: less would be of no use to know."""

_NOT_WATCHED = frozenset({SECONDS, COST})
"""Unless a tolerance is set: they depend on the machine, or on an endpoint."""


def allowed(name: str, then: Metric, now: Metric, tolerances: Mapping[str, float]) -> float | None:
    """Return how much worse a metric may be now, or None if it is not watched.

    A tolerance that was set is taken as it is: in the metric's own unit, of seconds and cost as a
    share of what it was; False watches nothing. Else chance has its room, `STANDARD_ERRORS` of the
    difference of the two, and `LEAST` beyond. Honest runs that differ in their seed were found to
    stay within 3.3 standard errors of each other.
    """
    if name in tolerances:
        tolerance = tolerances[name]
        return None if tolerance is False else tolerance
    if name in _NOT_WATCHED:
        return None
    return STANDARD_ERRORS * math.hypot(then.error, now.error) + LEAST
