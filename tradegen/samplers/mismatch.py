"""Mismatch: says when a constraint asks mostly for what gold hardly has."""

from collections.abc import Sequence

import numpy as np

from tradegen.data.row import IntArray
from tradegen.samplers.buckets import Bucket

_MOST_ASKED = 0.5
_LITTLE_GOLD = 0.1


def mismatch(buckets: Sequence[Bucket], asked: IntArray, gold_rows: IntArray, n_gold: int) -> str:
    """Return a note if most rows asked for lie in buckets that hold little of gold, else nothing.

    `asked` and `gold_rows` have shape `(buckets,)`; `n_gold` counts gold in and outside of them.
    The buckets with the least gold for each row asked for are looked at first; single buckets
    would say nothing, since of twenty equal ones each holds a twentieth.
    """
    wanted = np.flatnonzero(asked)
    order = wanted[np.argsort(gold_rows[wanted] / asked[wanted], kind="stable")]
    shares = np.cumsum(asked[order]) / asked.sum()
    count = int(np.searchsorted(shares, _MOST_ASKED, side="right")) + 1
    gold_share = float(gold_rows[order[:count]].sum() / n_gold)
    if count > len(order) or gold_share >= _LITTLE_GOLD:
        return ""
    named = ", ".join(buckets[k].label for k in sorted(order[:count].tolist()))
    return (
        f"{shares[count - 1]:.0%} of the rows asked for lie in buckets that hold {gold_share:.1%} "
        f"of gold ({named}); --weights gold spreads them as gold does"
    )
