"""Rows of which it is known what is wrong with them, made from real ones."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from tradegen.data.gold import Gold
from tradegen.data.grid import snap
from tradegen.data.row import LOOKBACK, Bars, FloatArray, IntArray
from tradegen.data.rows import Rows

_DISTINCT = 10


def copies(gold: Gold, good: Rows, n: int, rng: np.random.Generator) -> Rows:  # noqa: ARG001
    """Return gold train rows as they are."""
    return gold.train.select(rng.integers(0, len(gold.train), n))


def jittered(size: float, gold: Gold, good: Rows, n: int, rng: np.random.Generator) -> Rows:
    """Return gold train rows whose bars each move up or down by `size`, a fraction of the price."""
    rows = copies(gold, good, n, rng)
    return _moved(gold, rows, size * rng.standard_normal(len(rows.bars)))


def repeated(gold: Gold, good: Rows, n: int, rng: np.random.Generator) -> Rows:  # noqa: ARG001
    """Return ten good rows, again and again."""
    return good.select(rng.integers(0, _DISTINCT, n))


def independent(gold: Gold, good: Rows, n: int, rng: np.random.Generator) -> Rows:
    """Return gold train rows in which every column is shuffled by itself, bars among them."""
    rows = copies(gold, good, n, rng)
    return replace(
        rows.select(rng.permutation(n)),
        symbol=rng.permutation(rows.symbol),
        side=rng.permutation(rows.side),
        entry_price=rng.permutation(rows.entry_price),
        exit_price=rng.permutation(rows.exit_price),
        quantity=rng.permutation(rows.quantity),
    )


def random_walks(gold: Gold, good: Rows, n: int, rng: np.random.Generator) -> Rows:
    """Return gold's trades on Gaussian random walks of their own volatility, volume and range."""
    rows = copies(gold, good, n, rng)
    owner = np.repeat(np.arange(n), rows.n_bars)
    scale = np.diff(np.log(rows.lookback(rows.bars.close)), axis=1).std(axis=1)[owner]
    steps = scale * rng.standard_normal(len(owner))
    path = np.cumsum(steps)
    path += (np.log(rows.entry_price) - path[rows.entry_bar])[owner]
    top, bottom = np.maximum(path, path - steps), np.minimum(path, path - steps)
    reach = 0.5 * scale * np.abs(rng.standard_normal((2, len(owner))))
    volume = rows.lookback(rows.bars.volume).mean(axis=1)[owner]
    logs = (path - steps, top + reach[0], bottom - reach[1], path)
    return _on(gold, rows, logs, np.round(volume * rng.lognormal(0, 0.5, len(owner))))


def shuffled_labels(gold: Gold, good: Rows, n: int, rng: np.random.Generator) -> Rows:
    """Return good lookbacks that each go on as another row did: side, size, bars held and all.

    What follows is scaled to the price at which the lookback ends, and keeps its times.
    """
    before = good.select(rng.integers(0, len(good), n))
    after = before.select(rng.permutation(n))
    last = before.lookback(before.bars.close)[:, -1] / after.lookback(after.bars.close)[:, -1]
    rows = after.select(np.arange(n))
    early = np.arange(len(rows.bars)) - np.repeat(rows.offsets[:-1], rows.n_bars) < LOOKBACK
    factor = np.repeat(last, rows.n_bars)
    tick = np.repeat(gold.market.steps(before.symbol, "usual_tick"), rows.n_bars)

    def joined(name: str) -> FloatArray:
        values: FloatArray = getattr(rows.bars, name).copy()
        if name != "volume":
            values = np.maximum(snap(values * factor, tick), tick)
        values[early] = before.lookback(getattr(before.bars, name)).ravel()
        return values

    names = ("open", "high", "low", "close", "volume")
    bars = Bars(rows.bars.time, *(joined(name) for name in names))
    return _filled(gold, replace(rows, symbol=before.symbol), after, bars)


PLANTS: dict[str, Callable[[Gold, Rows, int, np.random.Generator], Rows]] = {
    "verbatim copies": copies,
    "copies jittered by 0.1 %": partial(jittered, 0.001),
    "copies jittered by 1 %": partial(jittered, 0.01),
    "copies jittered by 5 %": partial(jittered, 0.05),
    "ten rows repeated": repeated,
    "columns independent": independent,
    "Gaussian random walks": random_walks,
    "labels shuffled": shuffled_labels,
}


def with_planted(
    name: str, share: float, gold: Gold, good: Rows, n: int, rng: np.random.Generator
) -> Rows:
    """Return `n` rows, of which a share is planted and the rest good ones, none of them twice."""
    bad = round(share * n)
    kept = good.select(rng.permutation(len(good))[: n - bad])
    if not bad:
        return kept
    planted = PLANTS[name](gold, good, bad, rng)
    return _renumbered(Rows.concatenate([kept, planted]))


def _renumbered(rows: Rows) -> Rows:
    return replace(rows, trade_id=np.array([f"planted-{k}" for k in range(len(rows))]))


def _moved(gold: Gold, rows: Rows, shift: FloatArray) -> Rows:
    bars = rows.bars
    logs = tuple(np.log(price) + shift for price in (bars.open, bars.high, bars.low, bars.close))
    return _on(gold, rows, (logs[0], logs[1], logs[2], logs[3]), bars.volume)


def _on(
    gold: Gold,
    rows: Rows,
    logs: tuple[FloatArray, FloatArray, FloatArray, FloatArray],
    volume: FloatArray,
) -> Rows:
    """Return rows on other bars, given by log open, high, low and close; prices keep the grid."""
    tick = np.repeat(gold.market.steps(rows.symbol, "usual_tick"), rows.n_bars)
    open_, high, low, close = (np.maximum(snap(np.exp(one), tick), tick) for one in logs)
    return _filled(gold, rows, rows, Bars(rows.bars.time, open_, high, low, close, volume))


def _filled(gold: Gold, rows: Rows, was: Rows, bars: Bars) -> Rows:
    """Return rows on bars; fills keep the place in their bar that they had."""

    def price(old: FloatArray, at: IntArray) -> FloatArray:
        width = was.bars.high[at] - was.bars.low[at]
        place = np.clip((old - was.bars.low[at]) / np.where(width > 0, width, 1.0), 0, 1)
        raw = bars.low[at] + place * (bars.high[at] - bars.low[at])
        tick = gold.market.steps(rows.symbol, "fill_tick")
        return np.clip(snap(raw, tick), bars.low[at], bars.high[at])

    return replace(
        rows,
        bars=bars,
        entry_price=price(was.entry_price, rows.entry_bar),
        exit_price=price(was.exit_price, rows.exit_bar),
    )
