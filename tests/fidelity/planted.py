"""Planted sets: rows of which it is known how far they are from the demo gold."""

from dataclasses import replace
from functools import cache

import numpy as np

from tests.support.rows import demo_gold
from tradegen.data.row import Bars, IntArray
from tradegen.data.rows import Rows
from tradegen.fidelity.overlap import halves, overlap_groups


@cache
def two_halves() -> tuple[Rows, Rows, IntArray, IntArray]:
    """Return two halves of the demo gold that share no window, and the groups of each."""
    rows = demo_gold().train
    groups = overlap_groups(rows)
    first, second = halves(groups, np.random.default_rng(0))
    return rows.select(first), rows.select(second), groups[first], groups[second]


def jittered(rows: Rows, size: float, seed: int = 0) -> Rows:
    """Return copies whose bar prices all move by `size`, as a fraction."""
    rng = np.random.default_rng(seed)
    bars = rows.bars
    prices = [
        price * np.exp(size * rng.standard_normal(len(price)))
        for price in (bars.open, bars.high, bars.low, bars.close)
    ]
    moved = Bars(bars.time, prices[0], prices[1], prices[2], prices[3], bars.volume)
    return replace(rows, bars=moved)


def random_walks(rows: Rows, seed: int = 0) -> Rows:
    """Return the same trades on bars of Gaussian random walks."""
    rng = np.random.default_rng(seed)
    n = len(rows.bars)
    owner = np.repeat(np.arange(len(rows)), rows.n_bars)
    steps = 0.02 * rng.standard_normal(n)
    path = np.cumsum(steps)
    close = np.exp(path - path[rows.entry_bar][owner]) * rows.entry_price[owner]
    open_ = close * np.exp(-steps)
    high = np.maximum(open_, close) * np.exp(0.01 * rng.random(n))
    low = np.minimum(open_, close) * np.exp(-0.01 * rng.random(n))
    volume = rng.lognormal(8, 1, n)
    return replace(rows, bars=Bars(rows.bars.time, open_, high, low, close, volume))
