"""Bars and the prices of trades in them, with faults planted at a known place."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.support.real_gold import REAL_GOLD
from tradegen.data.bars_files import RawBars
from tradegen.data.interval import DAY_US, HOUR_US
from tradegen.data.row import BAR_FIELDS, PRICE_FIELDS, Bars, IntArray
from tradegen.importers.bar_faults.prices import Prices

MARKET = REAL_GOLD.parent / "market"


def made_bars(n: int = 1_000, seed: int = 0, time: IntArray | None = None) -> Bars:
    """Return hourly bars of a random walk (or bars at the times given), on a grid of cents."""
    rng = np.random.default_rng(seed)
    time = 19_000 * DAY_US + HOUR_US * np.arange(n) if time is None else time
    close = np.round(200 * np.exp(np.cumsum(rng.normal(0, 0.01, len(time)))), 2)
    open_ = np.concatenate([[200.0], close[:-1]])
    high = np.round(np.maximum(open_, close) * (1 + rng.uniform(0.001, 0.01, len(time))), 2) + 0.01
    low = np.round(np.minimum(open_, close) * (1 - rng.uniform(0.001, 0.01, len(time))), 2) - 0.01
    return Bars(time, open_, high, low, close, rng.integers(100, 900, len(time)).astype(float))


def prices_in(bars: Bars, n: int, seed: int = 0, length: int = HOUR_US) -> Prices:
    """Return prices of trades, each in a bar of its own, anywhere in it."""
    rng = np.random.default_rng(seed)
    at = np.sort(rng.choice(len(bars), n, replace=False))
    time = bars.time[at] + rng.integers(0, length, n)
    price = bars.low[at] + (bars.high[at] - bars.low[at]) * rng.random(n)
    return Prices(time, price, [f"row {k}" for k in range(n)])


def raw(*parts: Bars) -> list[RawBars]:
    """Return bars as they lie in files a.csv, b.csv ..."""
    return [
        RawBars(Path(f"{letter}.csv"), np.arange(1, len(part) + 1), part)
        for letter, part in zip("abcdef", parts, strict=False)
    ]


def taken(bars: Bars, index: Sequence[int] | IntArray) -> Bars:
    """Return some bars, in the order of their numbers."""
    return Bars(*(getattr(bars, name)[index] for name in BAR_FIELDS))


def changed(bars: Bars, at: int, **values: float) -> Bars:
    """Return bars with fields of one of them changed."""
    columns = {name: getattr(bars, name).copy() for name in values}
    for name, value in values.items():
        columns[name][at] = value
    return replace(bars, **columns)


def before_split(bars: Bars, at: int, ratio: float) -> Bars:
    """Return bars of which those before `at` are of shares before a split into `ratio`."""
    before = np.arange(len(bars)) < at
    prices = {n: np.where(before, getattr(bars, n) * ratio, getattr(bars, n)) for n in PRICE_FIELDS}
    return replace(bars, **prices, volume=np.where(before, bars.volume / ratio, bars.volume))
