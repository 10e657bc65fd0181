"""The volatility mix in which gold and synthetic rows are compared."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tradegen.data.row import FloatArray, IntArray


class Range(NamedTuple):
    """A half-open range of volatility, `[low, high)`, and the share of rows asked for in it."""

    low: float
    high: float
    asked: float


def in_ranges(volatility: FloatArray, ranges: Sequence[Range]) -> IntArray:
    """Return which range each volatility lies in, shape `(n,)`; -1 for none, or for NaN."""
    bucket = np.full(len(volatility), -1, dtype=np.int64)
    for number, one in enumerate(ranges):
        bucket[(volatility >= one.low) & (volatility < one.high)] = number
    return bucket


def common_mix(
    gold: IntArray, synthetic: IntArray, rng: np.random.Generator
) -> tuple[IntArray, IntArray, IntArray]:
    """Return gold rows, synthetic rows with the same mix of buckets, and these buckets.

    Rows are increasing indices. `gold` and `synthetic` are the buckets of rows, -1 for none. The
    mix is gold's, and synthetic rows are thinned to it: of them there are plenty, and every real
    row left out would cost evidence. The constraint itself then is no fault. Buckets that hardly
    have synthetic rows are left out where they would cost more rows than they bring.
    """
    shared = np.intersect1d(gold[gold >= 0], synthetic[synthetic >= 0])
    if not len(shared):
        return np.arange(0), np.arange(0), shared
    wanted = np.array([(gold == one).sum() for one in shared])
    there = np.array([(synthetic == one).sum() for one in shared])
    order = np.argsort(there / wanted, kind="stable")
    start = max(range(len(order)), key=lambda k: _evidence(wanted[order[k:]], there[order[k:]]))
    kept = np.sort(order[start:])
    scale = (there[kept] / wanted[kept]).min()
    taken = [
        rng.permutation(np.flatnonzero(synthetic == shared[k]))[: int(np.floor(scale * wanted[k]))]
        for k in kept
    ]
    ours = np.flatnonzero(np.isin(gold, shared[kept]))
    return ours, np.sort(np.concatenate(taken)), shared[kept]


def _evidence(wanted: IntArray, there: IntArray) -> float:
    """Return what a comparison of that many gold rows with the thinned synthetic ones is worth.

    The inverse of its error's square: half the harmonic mean of both numbers of rows.
    """
    gold = float(wanted.sum())
    synthetic = float((there / wanted).min()) * gold
    return gold * synthetic / (gold + synthetic)
