"""Buckets of volatility: which range a value stands for, and what share of rows it gets."""

from dataclasses import dataclass

import numpy as np

from tradegen.data.row import FloatArray
from tradegen.errors import InputError
from tradegen.samplers.columns import (
    CategoryParams,
    GaussianParams,
    Params,
    ScipyParams,
    UniformParams,
)
from tradegen.samplers.conditions import Value

BUCKET_WIDTH = 0.1
"""Width of a bucket where the values themselves do not say: 0.3 stands for [0.25, 0.35)."""

HIGHEST = 100.0
"""Highest volatility to ask for: 10,000 % a year is beyond any market."""

_NEGLIGIBLE = 1e-4
_GOLD_BUCKETS = 20
_ROWS_A_GOLD_BUCKET = 30


@dataclass(frozen=True, slots=True)
class Bucket:
    """A volatility value, the half-open range `[low, high)` it stands for, and its weight.

    `where` holds further columns that rows of this bucket must have, e.g. `(("side", "long"),)`.
    """

    value: float
    low: float
    high: float
    weight: float
    where: tuple[tuple[str, Value], ...] = ()

    @property
    def label(self) -> str:
        """Short name to show: the value, and what else rows must have."""
        conditions = ", ".join(f"{name}={value}" for name, value in self.where)
        return f"{round(self.value, 4)}" + (f" ({conditions})" if conditions else "")


def buckets_of(params: Params) -> tuple[Bucket, ...]:
    """Return the buckets of a sampler's distribution, by increasing value.

    Categories reach half-way to their neighbours, the outermost as far outward as inward.
    Continuous distributions are cut into buckets of width 0.1 around multiples of 0.1 (or of
    their coarser rounding), each weighted with its probability.

    Raises `InputError` for values that are no volatility, or an unknown distribution.
    """
    if isinstance(params, CategoryParams):
        return _category(params)
    return _continuous(params)


def gold_buckets(volatility: FloatArray) -> tuple[Bucket, ...]:
    """Return buckets that hold equal parts of gold, tails included, at most 20 of them.

    Each bucket holds about 30 gold rows or more, so that there are seeds to choose from.
    """
    n = int(np.clip(len(volatility) // _ROWS_A_GOLD_BUCKET, 1, _GOLD_BUCKETS))
    ordered = np.sort(volatility)
    cuts = np.linspace(0, len(ordered), n + 1).round().astype(np.int64)
    inner = (ordered[cuts[1:-1] - 1] + ordered[cuts[1:-1]]) / 2
    edges = np.concatenate([[ordered[0] * 0.999], inner, [ordered[-1] * 1.001]])
    counts, _ = np.histogram(volatility, edges)
    return tuple(
        Bucket(
            value=float(np.round(np.median(ordered[cuts[k] : cuts[k + 1]]), 4)),
            low=float(edges[k]),
            high=float(edges[k + 1]),
            weight=float(counts[k] / len(ordered)),
        )
        for k in range(n)
    )


def _category(params: CategoryParams) -> tuple[Bucket, ...]:
    try:
        pairs = sorted(
            (float(value), share)
            for value, share in zip(params.values, params.shares(), strict=True)
        )
    except ValueError as error:
        raise InputError(f"target_volatility: {error}; expected numbers such as 0.7") from error
    values = np.array([value for value, _ in pairs])
    _require_positive(values)
    if len(set(values.tolist())) < len(values):
        raise InputError(
            f"target_volatility has values {values.tolist()}; expected each of them once"
        )
    edges = _edges(values)
    return tuple(
        Bucket(value, float(edges[k]), float(edges[k + 1]), share)
        for k, (value, share) in enumerate(pairs)
    )


def _edges(values: FloatArray) -> FloatArray:
    if len(values) == 1:
        half = np.array([-BUCKET_WIDTH / 2, BUCKET_WIDTH / 2])
        result: FloatArray = np.round(np.maximum(values[0] + half, 0.0), 9)
        return result
    middles = (values[1:] + values[:-1]) / 2
    first, last = 2 * values[0] - middles[0], 2 * values[-1] - middles[-1]
    return np.round(np.concatenate([[max(first, 0.0)], middles, [last]]), 9)


def _require_positive(values: FloatArray) -> None:
    wrong = values[~((values > 0) & (values <= HIGHEST))]
    if len(wrong):
        raise InputError(
            f"target_volatility has values {values.tolist()[:20]}; {wrong[0]:g} is wrong: expected "
            f"fractions above 0 (0.7 is 70 % a year) and at most {HIGHEST:g}"
        )


def _continuous(params: UniformParams | GaussianParams | ScipyParams) -> tuple[Bucket, ...]:
    from scipy import stats

    frozen: stats.distributions.rv_frozen
    if isinstance(params, UniformParams):
        frozen = stats.uniform(loc=params.low, scale=params.high - params.low)
    elif isinstance(params, GaussianParams):
        frozen = stats.norm(loc=params.mean, scale=params.stddev)
    else:
        frozen = _scipy(params)
    low, high = (float(frozen.ppf(q)) for q in (_NEGLIGIBLE, 1 - _NEGLIGIBLE))
    if not (np.isfinite([low, high]).all() and high <= HIGHEST):
        raise InputError(
            f"target_volatility: the distribution reaches from {low:g} to {high:g}; expected "
            f"parameters that it knows, and at most {HIGHEST:g} (0.7 is 70 % a year)"
        )
    if frozen.cdf(0.0) > _NEGLIGIBLE:
        raise InputError(
            f"target_volatility: {frozen.cdf(0.0):.1%} of the distribution lies below 0; "
            "expected a distribution of fractions above 0"
        )
    rounding = 0.0 if params.decimal_places is None else 10.0**-params.decimal_places
    width = max(BUCKET_WIDTH, rounding)
    centres = np.arange(np.round(low / width), np.round(high / width) + 1) * width
    edges = np.append(centres - width / 2, centres[-1] + width / 2)
    mass = np.diff(frozen.cdf(edges))
    return tuple(
        Bucket(
            float(np.round(centre, 9)),
            float(np.round(max(edges[k], 0.0), 9)),
            float(np.round(edges[k + 1], 9)),
            float(mass[k] / mass.sum()),
        )
        for k, centre in enumerate(centres)
        if mass[k] > 0
    )


def _scipy(params: ScipyParams):  # type: ignore[no-untyped-def]  # scipy's frozen types are private
    from scipy import stats

    distribution = getattr(stats, params.dist_name, None)
    if not isinstance(distribution, stats.rv_continuous):
        raise InputError(
            f"scipy sampler: {params.dist_name!r} is not a continuous distribution of scipy.stats"
        )
    try:
        return distribution(**params.dist_params)
    except (TypeError, ValueError) as error:
        raise InputError(f"scipy sampler {params.dist_name}: {error}") from error
