"""Rows to backtest: of known form, and of markets of which it is known what can be earned."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tests.support.made_rows import rows_at, us
from tradegen.backtest.costs import Costs
from tradegen.data.interval import INTERVAL_US
from tradegen.data.row import LOOKBACK, Bars, FloatArray, IntArray
from tradegen.data.rows import Rows

FREE = Costs(commission_bps=0, spread_bps=0, slippage_bps=0, impact_bps=0)
"""No costs at all."""

DEAR = Costs(
    commission_bps=7, commission_per_share=0.01, spread_bps=20, slippage_bps=5, impact_bps=50
)
"""Costs of which every part is felt."""


def made_trades(n: int, interval: str = "1d", seed: int = 0, step: int = 30) -> Rows:
    """Return long and short trades, of 1 to 40 bars, filled anywhere in their bars.

    They lie in a market without rest, each begins `step` bars after the one before.
    """
    rng = np.random.default_rng(seed)
    first = us("2021-01-04")
    windows = [
        first + INTERVAL_US[interval] * (step * k + np.arange(LOOKBACK + rng.integers(1, 41)))
        for k in range(n)
    ]
    rows = rows_at([window.astype(np.int64) for window in windows], interval)
    return replace(
        rows,
        side=np.where(rng.random(n) < 0.5, "long", "short"),
        entry_price=_inside(rows, rows.entry_bar, rng),
        exit_price=_inside(rows, rows.exit_bar, rng),
        exit_time=rows.bars.time[rows.exit_bar] + INTERVAL_US[interval] // 2,
        quantity=np.round(rng.lognormal(3, 1, n) + 1),
    )


def one_trade(
    bars: Sequence[Sequence[float]], side: str, entry: float, exit_: float, interval: str = "1d"
) -> Rows:
    """Return one trade of 1 unit over these (open, high, low, close), after 64 quiet bars."""
    time = us("2021-01-04") + INTERVAL_US[interval] * np.arange(LOOKBACK + len(bars))
    rows = rows_at([time], interval)
    flat = rows.bars
    for k, name in enumerate(("open", "high", "low", "close")):
        column = np.concatenate([np.full(LOOKBACK, 100.0), [bar[k] for bar in bars]])
        flat = replace(flat, **{name: column})
    return replace(
        rows,
        bars=flat,
        side=np.array([side]),
        entry_price=np.array([entry]),
        exit_price=np.array([exit_]),
        quantity=np.ones(1),
    )


def martingale(rows: Rows, seed: int = 0, drift: float = 0.0, steps: int = 200) -> Rows:
    """Return the same trades on bars of a market in which nothing can be earned but its drift.

    Each bar's log price makes `steps` Gaussian steps, of 2 % together; `drift` is added per bar.
    """
    rng = np.random.default_rng(seed)
    n = len(rows.bars)
    size = 0.02 / np.sqrt(steps)
    walk = np.cumsum(rng.normal(drift / steps - size**2 / 2, size, (n, steps)), axis=1)
    start = np.cumsum(walk[:, -1]) - walk[:, -1]
    start -= start[rows.offsets[:-1]][np.repeat(np.arange(len(rows)), rows.n_bars)]
    path = 100 * np.exp(np.column_stack([start, start[:, None] + walk]))
    bars = Bars(
        rows.bars.time, path[:, 0], path.max(1), path.min(1), path[:, -1], rng.lognormal(8, 1, n)
    )
    return replace(
        rows,
        bars=bars,
        entry_price=bars.close[rows.entry_bar],
        exit_price=bars.close[rows.exit_bar],
    )


def _inside(rows: Rows, bar: IntArray, rng: np.random.Generator) -> FloatArray:
    low, high = rows.bars.low[bar], rows.bars.high[bar]
    return low + rng.random(len(rows)) * (high - low)
