"""Column shapes and pair trends of a flat table, as SDMetrics' quality report defines them.

Datacebo, Inc. (2022 ...), "SDMetrics", docs.sdv.dev/sdmetrics. The report's default looks at
strongly related pairs only; here every pair counts. Rare categories are pooled, or a column such
as the symbol would tell real rows from other real rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from tradegen.data.interval import DAY_US
from tradegen.data.row import LOOKBACK, FloatArray, IntArray
from tradegen.data.rows import Rows, TextArray
from tradegen.fidelity.features import excursions, log_bars

_BINS = 10
_RARE = 0.05
_OTHER = "(other)"

Column = FloatArray | TextArray


@dataclass(frozen=True, slots=True)
class Shapes:
    """Scores from 0 to 1, 1 being best, for each column and each pair of columns."""

    columns: dict[str, float]
    pairs: dict[tuple[str, str], float]

    @property
    def quality(self) -> float:
        """The mean of the columns' mean and the pairs' mean, as the report's overall score."""
        parts = [list(self.columns.values()), list(self.pairs.values())]
        return float(np.mean([np.mean(part) for part in parts if part]))


def shapes(real: Rows, synthetic: Rows) -> Shapes:
    """Compare the trades' own columns, those that both have, and the main facts of their bars."""
    ours, theirs = table(real), table(synthetic)
    shared = [name for name in ours if name in theirs]
    return compare(*pool_rare(*({name: one[name] for name in shared} for one in (ours, theirs))))


def table(rows: Rows) -> dict[str, Column]:
    """Return rows as a flat table: text is categories, numbers are numbers, shape `(n,)` each.

    Prices, sizes, volumes and volatilities are logs, since equal bins of raw ones hold next to
    everything in the first. The user's own text columns are categories; other own columns are not
    compared.
    """
    parts = log_bars(rows)
    up, down = excursions(rows)
    days = rows.entry_time // DAY_US
    own = {
        name: np.array([str(value) for value in values], dtype=np.str_)
        for name, values in rows.extras.items()
        if all(value is None or isinstance(value, str) for value in values)
        and any(value is not None for value in values)
    }
    return {
        "symbol": rows.symbol,
        "side": rows.side,
        "interval": rows.interval,
        "weekday": ((days + 3) % 7).astype(np.str_),
        **own,
        "bars held": (rows.n_bars - 1 - LOOKBACK).astype(np.float64),
        "log price": np.log(rows.entry_price),
        "log value": np.log(rows.entry_price * rows.quantity),
        "return": np.log(rows.exit_price / rows.entry_price),
        "highest": up,
        "lowest": down,
        "log volatility": np.log(np.maximum(parts.returns.std(axis=1), 1e-9)),
        "log range": np.log(np.maximum(parts.ranges.mean(axis=1), 1e-9)),
        "log volume": parts.volume.mean(axis=1),
        "spread of volume": parts.volume.std(axis=1),
    }


def compare(real: Mapping[str, Column], synthetic: Mapping[str, Column]) -> Shapes:
    """Score two tables of the same columns, as they are."""
    columns = {}
    binned: dict[str, tuple[IntArray, IntArray]] = {}
    for name, values in real.items():
        other = synthetic[name]
        if _is_text(values) or _is_text(other):
            binned[name] = _coded(values, other)
            columns[name] = tv_complement(*binned[name])
        else:
            binned[name] = _in_bins(values, other)
            columns[name] = ks_complement(values, other)
    pairs = {}
    for a, b in combinations(real, 2):
        if _is_text(real[a]) or _is_text(real[b]):
            (real_a, other_a), (real_b, other_b) = binned[a], binned[b]
            pairs[a, b] = contingency_similarity(real_a, real_b, other_a, other_b)
        else:
            pairs[a, b] = correlation_similarity(
                _floats(real[a]), _floats(real[b]), _floats(synthetic[a]), _floats(synthetic[b])
            )
    return Shapes(columns, pairs)


def pool_rare(
    real: Mapping[str, Column], synthetic: Mapping[str, Column]
) -> tuple[dict[str, Column], dict[str, Column]]:
    """Return both tables with categories that hold less than 5 % of the real rows as one."""
    ours, theirs = dict(real), dict(synthetic)
    for name, values in real.items():
        if _is_text(values):
            found, counts = np.unique(values, return_counts=True)
            frequent = found[counts >= _RARE * len(values)]
            for table_ in (ours, theirs):
                table_[name] = np.where(np.isin(table_[name], frequent), table_[name], _OTHER)
    return ours, theirs


def ks_complement(real: Column, synthetic: Column) -> float:
    """Return 1 less the two-sample Kolmogorov-Smirnov statistic of numbers `(n,)` and `(m,)`."""
    ours, theirs = np.sort(real), np.sort(synthetic)
    at = np.concatenate([ours, theirs])
    below_ours = np.searchsorted(ours, at, side="right") / len(ours)
    below_theirs = np.searchsorted(theirs, at, side="right") / len(theirs)
    return 1 - float(np.abs(below_ours - below_theirs).max())


def tv_complement(real: IntArray, synthetic: IntArray) -> float:
    """Return 1 less the total variation distance of two samples of whole numbers from 0 on."""
    size = int(max(real.max(), synthetic.max())) + 1
    ours = np.bincount(real, minlength=size) / len(real)
    theirs = np.bincount(synthetic, minlength=size) / len(synthetic)
    return 1 - float(np.abs(ours - theirs).sum()) / 2


def correlation_similarity(
    real_a: FloatArray, real_b: FloatArray, synthetic_a: FloatArray, synthetic_b: FloatArray
) -> float:
    """Return 1 less half the difference of the two Pearson correlations; a constant has none: 0."""
    return 1 - abs(_pearson(real_a, real_b) - _pearson(synthetic_a, synthetic_b)) / 2


def contingency_similarity(
    real_a: IntArray, real_b: IntArray, synthetic_a: IntArray, synthetic_b: IntArray
) -> float:
    """Return 1 less the total variation distance of two joint samples of whole numbers from 0."""
    width = int(max(real_b.max(), synthetic_b.max())) + 1
    return tv_complement(real_a * width + real_b, synthetic_a * width + synthetic_b)


def _pearson(a: FloatArray, b: FloatArray) -> float:
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def _is_text(values: Column) -> bool:
    return values.dtype.kind == "U"


def _floats(values: Column) -> FloatArray:
    return values.astype(np.float64)


def _coded(real: Column, synthetic: Column) -> tuple[IntArray, IntArray]:
    _, code = np.unique(np.concatenate([real, synthetic]), return_inverse=True)
    return code[: len(real)], code[len(real) :]


def _in_bins(real: Column, synthetic: Column) -> tuple[IntArray, IntArray]:
    """Return both in ten equal bins of the real range, and one bin beyond each end."""
    edges = np.histogram_bin_edges(_floats(real), _BINS)
    return np.digitize(_floats(real), edges), np.digitize(_floats(synthetic), edges)
