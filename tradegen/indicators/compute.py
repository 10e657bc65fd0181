"""Indicators of many rows at their entries."""

from collections.abc import Callable, Sequence

import numpy as np

from tradegen.data.row import FloatArray
from tradegen.data.rows import Rows
from tradegen.indicators.asked import Asked, compute_asked
from tradegen.indicators.catalogue import DEFAULT_SET
from tradegen.indicators.windows import Windows


def at_entry(
    rows: Rows,
    bars_per_year: FloatArray,
    asked: Sequence[Asked] = (),
    computed: Callable[[int], None] | None = None,
) -> dict[str, FloatArray]:
    """Return the default set and what else was asked for, one array of shape `(n,)` a column.

    Only the bars before each row's entry bar are used. NaN stands where there is no value: too few
    bars, a formula that divides by nothing, or `bars_per_year`, shape `(n,)`, that are not known.
    `computed` is called with the number of rows after each of `asked`, since these take long.
    """
    windows = Windows.before_entry(rows, bars_per_year)
    values: dict[str, FloatArray] = {}
    for indicator in DEFAULT_SET:
        values.update(zip(indicator.columns, indicator.compute(windows), strict=True))
    for one in asked:
        values.update(compute_asked(one, windows))
        if computed is not None:
            computed(len(rows))
    return {name: np.where(np.isfinite(value), value, np.nan) for name, value in values.items()}
