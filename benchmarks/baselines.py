"""Plain ways to make synthetic trades, to hold an engine against: copies, resampling, a model.

Each takes gold's train rows and its market, and returns rows as far as such a method can keep the
contract. All keep a gold row's symbol, side, times, holding and size; what differs is the bars.
"""

from dataclasses import dataclass, replace

import numpy as np

from tradegen.data.gold import Gold
from tradegen.data.grid import snap
from tradegen.data.row import Bars, FloatArray, IntArray
from tradegen.data.rows import Rows

_JITTER = 0.05
_SIZE_JITTER = 0.05
_MEAN_BLOCK = 20
_TINY = 1e-9


def jitter(gold: Gold, n: int, rng: np.random.Generator) -> Rows:
    """Return copies of gold rows whose every number is moved a little.

    Prices move by a twentieth of the row's volatility per bar, sizes and volumes by 5 %.
    """
    rows = gold.train.select(_primaries(gold, n, rng))
    noise = _JITTER * _bar_volatility(rows)

    def moved(price: FloatArray, width: FloatArray) -> FloatArray:
        return price * np.exp(width * rng.standard_normal(len(price)))

    a_bar = np.repeat(noise, rows.n_bars)
    bars = rows.bars
    return replace(
        _renamed(rows),
        entry_price=moved(rows.entry_price, noise),
        exit_price=moved(rows.exit_price, noise),
        quantity=moved(rows.quantity, np.full(n, _SIZE_JITTER)),
        bars=Bars(
            bars.time,
            moved(bars.open, a_bar),
            moved(bars.high, a_bar),
            moved(bars.low, a_bar),
            moved(bars.close, a_bar),
            moved(bars.volume, np.full(len(bars), _SIZE_JITTER)),
        ),
    )


def block_bootstrap(gold: Gold, n: int, rng: np.random.Generator) -> Rows:
    """Return rows whose standardised bars come in blocks from gold rows of the same interval.

    The stationary bootstrap (Politis and Romano, 1994) with blocks of 20 bars on average.
    """
    donors = gold.train
    moves = _standardised(donors)
    rows = donors.select(_primaries(gold, n, rng))
    first, last = donors.offsets[:-1] + 1, donors.offsets[1:]
    peers = {name: np.flatnonzero(donors.interval == name) for name in np.unique(donors.interval)}
    taken = np.empty(len(rows.bars), dtype=np.int64)
    for i in range(n):
        at, end = int(rows.offsets[i]), int(rows.offsets[i + 1])
        while at < end:
            donor = int(rng.choice(peers[rows.interval[i]]))
            start = int(rng.integers(first[donor], last[donor]))
            size = min(int(rng.geometric(1 / _MEAN_BLOCK)), int(last[donor]) - start, end - at)
            taken[at : at + size] = np.arange(start, start + size)
            at += size
    return _on_new_bars(gold, rows, moves.take(taken))


def garch_t(gold: Gold, n: int, rng: np.random.Generator) -> Rows:
    """Return rows whose returns follow a GARCH(1,1) with Student-t shocks, fitted to gold.

    Bollerslev (1987). There are no gaps; shadows are half-normal around the body and volumes
    lognormal, both of the width they have in gold.
    """
    moves = _standardised(gold.train)
    reaction, persistence, freedom = _fit_garch(gold.train.lookback(moves.body + moves.gap)[:, 1:])
    rows = gold.train.select(_primaries(gold, n, rng))
    longest = int(rows.n_bars.max())
    shocks = rng.standard_t(freedom, (n, longest)) * np.sqrt((freedom - 2) / freedom)
    returns = np.empty((n, longest))
    variance = np.ones(n)
    for t in range(longest):
        returns[:, t] = np.sqrt(variance) * shocks[:, t]
        variance = _next_variance(variance, returns[:, t], reaction, persistence)
    kept = np.arange(longest) < rows.n_bars[:, None]
    size = len(rows.bars)
    half_normal = np.sqrt(np.pi / 2)
    made = _Moves(
        gap=np.zeros(size),
        body=returns[kept],
        upper=moves.upper.mean() * half_normal * np.abs(rng.standard_normal(size)),
        lower=moves.lower.mean() * half_normal * np.abs(rng.standard_normal(size)),
        volume=moves.volume.std() * rng.standard_normal(size),
    )
    return _on_new_bars(gold, rows, made)


@dataclass(frozen=True, slots=True)
class _Moves:
    """Log parts of flat bars in units of their row's volatility; volume less its row's mean."""

    gap: FloatArray
    body: FloatArray
    upper: FloatArray
    lower: FloatArray
    volume: FloatArray

    def take(self, index: IntArray) -> "_Moves":
        parts = (self.gap, self.body, self.upper, self.lower, self.volume)
        return _Moves(*(part[index] for part in parts))


def _primaries(gold: Gold, n: int, rng: np.random.Generator) -> IntArray:
    """Return gold rows to start from, each as often as the others but for the remainder."""
    count = len(gold.train)
    rounds = [rng.permutation(count) for _ in range(-(-n // count))]
    return np.concatenate(rounds)[:n]


def _renamed(rows: Rows) -> Rows:
    return replace(rows, trade_id=np.array([f"made-{k}" for k in range(len(rows))]))


def _bar_volatility(rows: Rows) -> FloatArray:
    returns = np.diff(np.log(rows.lookback(rows.bars.close)), axis=1)
    result: FloatArray = np.maximum(returns.std(axis=1, ddof=1), _TINY)
    return result


def _volume_level(rows: Rows) -> FloatArray:
    result: FloatArray = np.log1p(rows.lookback(rows.bars.volume)).mean(axis=1)
    return result


def _standardised(rows: Rows) -> _Moves:
    bars = rows.bars
    scale = np.repeat(_bar_volatility(rows), rows.n_bars)
    open_, high, low, close = (np.log(p) for p in (bars.open, bars.high, bars.low, bars.close))
    gap = open_ - np.roll(close, 1)
    gap[rows.offsets[:-1]] = 0.0
    return _Moves(
        gap / scale,
        (close - open_) / scale,
        (high - np.maximum(open_, close)) / scale,
        (np.minimum(open_, close) - low) / scale,
        np.log1p(bars.volume) - np.repeat(_volume_level(rows), rows.n_bars),
    )


def _on_new_bars(gold: Gold, rows: Rows, moves: _Moves) -> Rows:
    """Return gold rows on new bars of the same volatility; fills keep their place in the bar."""
    owner = np.repeat(np.arange(len(rows)), rows.n_bars)
    gap = moves.gap.copy()
    gap[rows.offsets[:-1]] = 0.0
    path = np.cumsum(gap + moves.body)
    spread = np.diff(rows.lookback(path), axis=1).std(axis=1, ddof=1)
    scale = (_bar_volatility(rows) / np.maximum(spread, _TINY))[owner]
    close = np.cumsum(scale * (gap + moves.body))
    open_ = close - scale * moves.body
    shift = np.log(rows.bars.open[rows.entry_bar]) - open_[rows.entry_bar]
    open_, close = open_ + shift[owner], close + shift[owner]
    high = np.maximum(open_, close) + scale * moves.upper
    low = np.minimum(open_, close) - scale * moves.lower
    tick = gold.market.steps(rows.symbol, "usual_tick")[owner]
    o, h, lo, c = (np.maximum(snap(np.exp(p), tick), tick) for p in (open_, high, low, close))
    volume = np.maximum(np.expm1(moves.volume + _volume_level(rows)[owner]), 0.0)
    step = gold.market.steps(rows.symbol, "volume_step")[owner]
    bars = Bars(
        rows.bars.time,
        o,
        np.maximum.reduce([h, o, c]),
        np.minimum.reduce([lo, o, c]),
        c,
        np.where(step > 0, np.round(volume), volume),
    )
    return replace(
        _renamed(rows),
        entry_price=_refilled(gold, rows, rows.entry_price, rows.entry_bar, bars),
        exit_price=_refilled(gold, rows, rows.exit_price, rows.exit_bar, bars),
        bars=bars,
    )


def _refilled(gold: Gold, rows: Rows, price: FloatArray, bar: IntArray, bars: Bars) -> FloatArray:
    high, low = rows.bars.high[bar], rows.bars.low[bar]
    share = np.clip((price - low) / np.maximum(high - low, _TINY), 0, 1)
    filled = bars.low[bar] + share * (bars.high[bar] - bars.low[bar])
    tick = gold.market.steps(rows.symbol, "fill_tick")
    return np.clip(snap(filled, tick), bars.low[bar], bars.high[bar])


def _next_variance(
    variance: FloatArray, returns: FloatArray, reaction: float, persistence: float
) -> FloatArray:
    return (1 - reaction - persistence) + reaction * returns**2 + persistence * variance


def _fit_garch(returns: FloatArray) -> tuple[float, float, float]:
    """Return reaction, persistence and degrees of freedom by maximum likelihood, variance 1."""
    from scipy.optimize import minimize
    from scipy.stats import t as student

    def cost(parameters: FloatArray) -> float:
        reaction, persistence, freedom = parameters
        if reaction < 0 or persistence < 0 or reaction + persistence > 0.999 or freedom < 2.1:
            return np.inf
        variance = np.empty_like(returns)
        variance[:, 0] = 1.0
        for k in range(1, returns.shape[1]):
            before = variance[:, k - 1]
            variance[:, k] = _next_variance(before, returns[:, k - 1], reaction, persistence)
        scale = np.sqrt(variance * (freedom - 2) / freedom)
        return -float(student.logpdf(returns / scale, freedom).sum() - np.log(scale).sum())

    start = np.array([0.08, 0.85, 5.0])
    found = minimize(cost, start, method="Nelder-Mead", options={"maxfev": 120})
    reaction, persistence, freedom = found.x.tolist()
    return reaction, persistence, freedom
