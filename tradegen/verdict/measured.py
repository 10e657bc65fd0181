"""Ways to a measured number with its standard error."""

import numpy as np

from tradegen.backtest.clustered import Measured
from tradegen.data.row import FloatArray


def share(count: float, n: int) -> Measured:
    """Return a share; its error is never 0 (Agresti and Coull, 1998: as if 4 more were seen)."""
    middle = (count + 2) / (n + 4)
    return Measured(count / n, float(np.sqrt(middle * (1 - middle) / (n + 4))))


def drawn(value: float, draws: FloatArray) -> Measured:
    """Return a value whose error is the spread of its bootstrap draws."""
    return Measured(value, float(np.nanstd(draws)))


def average(several: list[Measured]) -> Measured:
    """Return the mean of measurements of one thing, and as its error their mean error."""
    return Measured(
        float(np.mean([one.value for one in several])),
        float(np.mean([one.error for one in several])),
    )
