"""The spacing of bars: the intervals tradegen knows and their length."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
WEEK_US = 7 * DAY_US

INTERVAL_US: Mapping[str, int] = MappingProxyType(
    {
        "1m": MINUTE_US,
        "3m": 3 * MINUTE_US,
        "5m": 5 * MINUTE_US,
        "15m": 15 * MINUTE_US,
        "30m": 30 * MINUTE_US,
        "1h": HOUR_US,
        "2h": 2 * HOUR_US,
        "4h": 4 * HOUR_US,
        "6h": 6 * HOUR_US,
        "8h": 8 * HOUR_US,
        "12h": 12 * HOUR_US,
        "1d": DAY_US,
    }
)
"""Length of every known interval in microseconds."""


def interval_lengths(intervals: npt.NDArray[np.str_]) -> npt.NDArray[np.int64]:
    """Return the length in microseconds of each interval name, shape `(n,)`; 0 if unknown."""
    names, inverse = np.unique(intervals, return_inverse=True)
    lengths = np.array([INTERVAL_US.get(str(name), 0) for name in names], dtype=np.int64)
    return lengths[inverse]
