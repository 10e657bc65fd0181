"""Rows whose future is nonsense: what must not be seen from before it."""

from dataclasses import fields, replace

import numpy as np

from tradegen.data.row import LOOKBACK, Bars
from tradegen.data.rows import Rows


def with_a_nonsense_future(rows: Rows, seed: int = 0, first: int = LOOKBACK) -> Rows:
    """Return rows whose bars from number `first` on, and all that follows, are nonsense."""
    rng = np.random.default_rng(seed)
    at = np.arange(len(rows.bars)) - np.repeat(rows.offsets[:-1], rows.n_bars)
    future = at >= first
    bars = Bars(
        *(
            np.where(future, _nonsense(column.dtype, future.size, rng), column)
            for column in (getattr(rows.bars, field.name) for field in fields(Bars))
        )
    )
    n = len(rows)
    return replace(
        rows,
        bars=bars,
        side=rows.side[::-1],
        entry_price=rng.normal(size=n) * 1e9,
        exit_price=np.full(n, np.nan),
        quantity=np.full(n, -np.inf),
        entry_time=rows.entry_time[::-1],
        exit_time=np.zeros(n, dtype=np.int64),
    )


def _nonsense(kind: np.dtype, size: int, rng: np.random.Generator) -> np.ndarray:
    if kind == np.int64:
        return rng.integers(-(2**62), 2**62, size)
    odd = np.array([np.nan, np.inf, -np.inf, 0.0, -1.0, 1e300])
    return np.where(rng.random(size) < 0.5, rng.choice(odd, size), rng.normal(size=size) * 1e6)
