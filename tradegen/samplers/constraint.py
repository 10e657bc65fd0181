"""The diversity constraint: how the rows of a run are to spread over volatility buckets."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from tradegen.data.row import FloatArray, IntArray
from tradegen.data.rows import Rows
from tradegen.errors import InputError
from tradegen.samplers.buckets import Bucket, buckets_of, gold_buckets
from tradegen.samplers.columns import (
    VOLATILITY_COLUMN,
    CategoryParams,
    Params,
    SamplerColumn,
)
from tradegen.samplers.conditions import Value, condition_columns, holds
from tradegen.samplers.quotas import largest_remainder, spread

GOLD = "gold"
"""Instead of columns: take buckets and weights from gold itself."""

SEEDS = 3
"""Gold rows shown to the generator for each new row."""

_ROUNDING = 1e-3
"""Weights written with a few digits may miss 1 by this much without a word."""

_ROW_COLUMNS = ("symbol", "side", "interval")


@dataclass(frozen=True, slots=True)
class VolatilityConstraint:
    """What one row must satisfy: its volatility in `[low, high)`, and the columns of `where`."""

    value: float
    low: float
    high: float
    where: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class DiversityConstraint:
    """The buckets of a run, with what was noticed about them while they were made.

    `groups` nests the buckets for exact quotas: the rows are first split over the groups, then
    within each. With plain volatility buckets every group holds one bucket.
    """

    groups: tuple[tuple[Bucket, ...], ...]
    notes: tuple[str, ...] = ()

    @property
    def buckets(self) -> tuple[Bucket, ...]:
        """All buckets, group by group."""
        return tuple(bucket for group in self.groups for bucket in group)

    def quotas(self, n: int) -> IntArray:
        """Return how many of `n` rows each bucket gets (largest remainder), shape `(buckets,)`."""
        outer = largest_remainder([sum(b.weight for b in group) for group in self.groups], n)
        parts = [
            largest_remainder([bucket.weight for bucket in group], int(quota))
            if quota
            else np.zeros(len(group), dtype=np.int64)
            for group, quota in zip(self.groups, outer, strict=True)
        ]
        return np.concatenate(parts)

    def assign(self, n: int, seed: int) -> IntArray:
        """Return the bucket index of each row number, shape `(n,)`; quotas are met exactly."""
        return spread(self.quotas(n), seed)

    def eligible(self, rows: Rows, volatility: FloatArray) -> list[npt.NDArray[np.intp]]:
        """Return for each bucket the indices of rows that satisfy it."""
        return [
            np.flatnonzero(
                (volatility >= bucket.low) & (volatility < bucket.high) & _matches(rows, bucket)
            )
            for bucket in self.buckets
        ]


def resolve_constraint(
    columns: Sequence[SamplerColumn] | str, rows: Rows, volatility: FloatArray
) -> DiversityConstraint:
    """Turn sampler columns, or the word `gold`, into the buckets of a run.

    `rows` are gold's train rows and `volatility` theirs, shape `(n_train,)`. Columns other than
    `target_volatility` must be categories over `symbol`, `side`, `interval` or one of gold's own
    columns; a column that only a condition speaks of is distributed as in gold.

    Raises `InputError` for columns that gold does not have or that describe no volatility.
    """
    if isinstance(columns, str):
        if columns != GOLD:
            raise InputError(f"weights {columns!r}: expected {GOLD!r} or value=weight pairs")
        return DiversityConstraint(tuple((bucket,) for bucket in gold_buckets(volatility)))
    volatility_columns = [column for column in columns if column.name == VOLATILITY_COLUMN]
    if len(volatility_columns) != 1:
        names = ", ".join(column.name for column in columns) or "none"
        raise InputError(
            f"expected one sampler column named {VOLATILITY_COLUMN!r}; found columns: {names}"
        )
    target = volatility_columns[0]
    others = _other_columns(target, columns, rows)
    cells = _cells(others)
    notes = tuple(note for column in columns for note in _unnormalised(column))
    if target.conditional_params:
        groups = tuple(
            tuple(
                replace(bucket, weight=bucket.weight * share, where=tuple(cell.items()))
                for bucket in buckets_of(_params_for(target, cell))
            )
            for cell, share in cells
        )
    else:
        groups = tuple(
            tuple(
                replace(bucket, weight=bucket.weight * share, where=tuple(cell.items()))
                for cell, share in cells
            )
            for bucket in buckets_of(target.params)
        )
    return DiversityConstraint(groups, notes)


def _other_columns(
    target: SamplerColumn, columns: Sequence[SamplerColumn], rows: Rows
) -> dict[str, dict[Value, float]]:
    """Return the shares of the values of every column besides the volatility."""
    shares: dict[str, dict[Value, float]] = {}
    for column in columns:
        if column is target:
            continue
        if not isinstance(column.params, CategoryParams) or column.conditional_params:
            raise InputError(
                f"sampler column {column.name!r}: only {VOLATILITY_COLUMN} may be continuous or "
                "conditional; expected a plain category"
            )
        known = {value: value for value in _gold_column(column.name, rows).tolist()}
        unknown = [value for value in column.params.values if value not in known]
        if unknown:
            raise InputError(
                f"sampler column {column.name!r}: gold has no {column.name} "
                f"{', '.join(repr(value) for value in unknown)}"
            )
        values = zip(column.params.values, column.params.shares(), strict=True)
        shares[column.name] = {known[value]: share for value, share in values if share > 0}
    mentioned = {name for text in target.conditional_params for name in condition_columns(text)}
    for name in sorted(mentioned - set(shares)):
        counts = Counter(_gold_column(name, rows).tolist())
        shares[name] = {
            value: counts[value] / len(rows)
            for value in sorted(counts, key=lambda value: (value is None, value))
        }
    return shares


def _gold_column(name: str, rows: Rows) -> npt.NDArray[Any]:
    if name in _ROW_COLUMNS:
        return np.asarray(getattr(rows, name))
    if name in rows.extras:
        return rows.extras[name]
    have = ", ".join([*_ROW_COLUMNS, *rows.extras])
    raise InputError(f"sampler column {name!r}: gold has no such column; it has {have}")


def _cells(shares: Mapping[str, Mapping[Value, float]]) -> list[tuple[dict[str, Value], float]]:
    """Return every combination of the columns' values with its share."""
    names = list(shares)
    return [
        (
            {name: value for name, (value, _) in zip(names, combination, strict=True)},
            float(np.prod([share for _, share in combination])),
        )
        for combination in product(*(shares[name].items() for name in names))
    ]


def _params_for(column: SamplerColumn, cell: Mapping[str, Value]) -> Params:
    """Return the parameters that hold in a cell; of several conditions the last one wins."""
    chosen = column.params
    for condition, params in column.conditional_params.items():
        if holds(condition, cell):
            chosen = params
    return chosen


def _unnormalised(column: SamplerColumn) -> Iterator[str]:
    """Yield a note for each set of the column's weights that does not sum to 1."""
    places = {column.name: column.params}
    for condition, params in column.conditional_params.items():
        places[f"{column.name} where {condition}"] = params
    for place, params in places.items():
        if isinstance(params, CategoryParams) and params.weights is not None:
            total = sum(params.weights)
            if abs(total - 1) > _ROUNDING:
                yield f"weights of {place} sum to {total:g}, not 1; they were divided by their sum"


def _matches(rows: Rows, bucket: Bucket) -> npt.NDArray[np.bool_]:
    mask = np.ones(len(rows), dtype=np.bool_)
    for name, value in bucket.where:
        mask &= np.array([item == value for item in _gold_column(name, rows)], dtype=np.bool_)
    return mask
