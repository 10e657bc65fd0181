"""The demo gold: simulated trades for a first run, made by `python -m tradegen.data.demo`.

Markets: log returns follow a GARCH(1,1) with Student t shocks (Bollerslev, 1987) whose level
switches between a calm and a turbulent regime (Hamilton, 1989). Highs and lows are the extremes
of a Brownian bridge from open to close; volumes rise with the size of a bar. The trader follows
breakouts of a 20-bar range, fades exhausted moves, and leaves by stop, target or time.

Nothing here is real, and every row says so: `source` is `simulated`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from tradegen.data.gold import DEMO_GOLD
from tradegen.data.gold_files import tidy_extras
from tradegen.data.interval import DAY_US, HOUR_US
from tradegen.data.row import LOOKBACK, Bars, FloatArray, Row, from_microseconds, to_microseconds
from tradegen.data.rows import Rows
from tradegen.data.volatility import realised_volatility

SEED = 20240229
ROWS_A_BUCKET = 58
ROWS_IN_TAILS = 78

_TICK, _LOT = 0.01, 0.01
_SUBSTEPS = 24
_REACTION, _PERSISTENCE, _FREEDOM = 0.07, 0.90, 5.0
_STAY_CALM, _STAY_TURBULENT, _TURBULENCE = 0.995, 0.985, 1.7
_CHANNEL, _STRETCH = 20, 2.2
_STOP, _TARGET, _LONGEST = 1.6, 2.6, 40
_STAKE = 10_000.0


@dataclass(frozen=True, slots=True)
class _Instrument:
    symbol: str
    interval: str
    length: int
    bars: int
    start: str
    volatility: float
    price: float
    volume: float


_INSTRUMENTS = tuple(
    _Instrument(f"SIM{k + 1}", "1h", HOUR_US, 13_000, "2022-01-01T00:00:00+00:00", *rest)
    for k, rest in enumerate(
        [(0.35, 84.0, 900.0), (0.55, 31_000.0, 40.0), (0.75, 12.5, 8_000.0), (0.95, 210.0, 500.0)]
    )
) + tuple(
    _Instrument(f"SIM{k + 5}", "1d", DAY_US, 2_400, "2017-01-01T00:00:00+00:00", *rest)
    for k, rest in enumerate(
        [(0.32, 45.0, 2e5), (0.5, 160.0, 9e4), (0.7, 27.0, 4e5), (0.9, 640.0, 3e4)]
    )
)


def simulate_demo_gold(seed: int = SEED) -> Rows:
    """Return the demo gold: about 600 rows, long and short, 1h and 1d, over all default buckets."""
    rng = np.random.default_rng(seed)
    found = [row for one in _INSTRUMENTS for row in _trades(one, _market(one, rng), rng)]
    return Rows.from_models(_chosen(found, rng))


def _market(one: _Instrument, rng: np.random.Generator) -> Bars:
    """Simulate the bars of one instrument."""
    n = one.bars
    unit = one.volatility / np.sqrt(365 * DAY_US / one.length)
    shocks = rng.standard_t(_FREEDOM, n) / np.sqrt(_FREEDOM / (_FREEDOM - 2))
    switches = rng.random(n)
    scale = np.empty(n)
    turbulent, variance = False, 1.0
    for t in range(n):
        stay = _STAY_TURBULENT if turbulent else _STAY_CALM
        turbulent = turbulent if switches[t] < stay else not turbulent
        scale[t] = np.sqrt(variance) * (_TURBULENCE if turbulent else 0.8)
        shock = variance * shocks[t] ** 2
        variance = 1 - _REACTION - _PERSISTENCE + _REACTION * shock + _PERSISTENCE * variance
    returns = np.clip(unit * scale * shocks, -0.35, 0.35)
    log_close = np.log(one.price) + np.cumsum(returns)
    log_open = np.concatenate([[np.log(one.price)], log_close[:-1]])
    log_open = log_open + 0.03 * unit * scale * rng.standard_normal(n)
    highest, lowest = _bridge_extremes(log_open, log_close, unit * scale, rng)
    size = (highest - lowest) / (unit * 1.7)
    log_volume = np.log(one.volume) + 0.7 * np.log(size + 0.2) + 0.35 * rng.standard_normal(n)
    open_, high, low, close = (
        np.round(np.exp(value), 2) for value in (log_open, highest, lowest, log_close)
    )
    return Bars(
        time=to_microseconds(datetime.fromisoformat(one.start))
        + np.arange(n, dtype=np.int64) * one.length,
        open=open_,
        high=np.maximum(high, np.maximum(open_, close)),
        low=np.minimum(low, np.minimum(open_, close)),
        close=close,
        volume=np.round(np.exp(log_volume), 0),
    )


def _bridge_extremes(
    start: FloatArray, end: FloatArray, scale: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Return the highest and lowest points of Brownian bridges from `start` to `end`."""
    steps = rng.standard_normal((len(start), _SUBSTEPS)) / np.sqrt(_SUBSTEPS)
    walk = np.cumsum(steps, axis=1)
    time = np.arange(1, _SUBSTEPS + 1) / _SUBSTEPS
    bridge = 0.8 * scale[:, None] * (walk - time * walk[:, -1:])
    path = start[:, None] + time * (end - start)[:, None] + bridge
    return (
        np.maximum(path.max(axis=1), np.maximum(start, end)),
        np.minimum(path.min(axis=1), np.minimum(start, end)),
    )


def _trades(one: _Instrument, bars: Bars, rng: np.random.Generator) -> Iterator[Row]:
    """Trade one instrument by the plain rules, one position at a time."""
    t = LOOKBACK
    while t + _LONGEST + 1 < len(bars):
        signal = _signal(bars, t)
        if signal == "" or rng.random() < 0.4:
            t += 1
            continue
        row, exit_at = _round_trip(one, bars, t, signal, rng)
        yield row
        t = exit_at + 1


def _signal(bars: Bars, t: int) -> str:
    """Return what the rules say after bar `t - 1` has closed: a setup and a direction."""
    close = bars.close[t - 1]
    before = slice(t - 1 - _CHANNEL, t - 1)
    returns = np.diff(np.log(bars.close[t - 1 - _CHANNEL : t]))
    move = np.log(close / bars.close[t - 6]) / (returns.std() * np.sqrt(5) + 1e-12)
    if abs(move) > _STRETCH:
        return "reversal short" if move > 0 else "reversal long"
    if close > bars.high[before].max():
        return "breakout long"
    if close < bars.low[before].min():
        return "breakout short"
    return ""


def _round_trip(
    one: _Instrument, bars: Bars, t: int, signal: str, rng: np.random.Generator
) -> tuple[Row, int]:
    setup, side = signal.split()
    direction = 1 if side == "long" else -1
    volatility = np.diff(np.log(bars.close[t - _CHANNEL : t])).std()
    entry = _inside(bars, t, bars.open[t] + 0.4 * rng.random() * (bars.close[t] - bars.open[t]))
    stop = entry * np.exp(-direction * _STOP * volatility * 2)
    target = entry * np.exp(direction * _TARGET * volatility * 2)
    limit = int(rng.integers(6, _LONGEST + 1))
    exit_at, wanted, reason = t + limit, bars.close[t + limit], "time"
    for k in range(t + 1, t + limit + 1):
        worst = bars.low[k] if direction > 0 else bars.high[k]
        best = bars.high[k] if direction > 0 else bars.low[k]
        if direction * (worst - stop) <= 0:
            exit_at, wanted, reason = k, stop, "stop"
            break
        if direction * (best - target) >= 0:
            exit_at, wanted, reason = k, target, "target"
            break
    first, last = rng.uniform(0.02, 0.6), rng.uniform(0.05, 0.95)
    row = Row(
        trade_id=f"{one.symbol}-{t:05d}",
        symbol=one.symbol,
        side=side,
        interval=one.interval,
        entry_time=from_microseconds(bars.time[t] + int(first * one.length)),
        entry_price=entry,
        exit_time=from_microseconds(bars.time[exit_at] + int(last * one.length)),
        exit_price=_inside(bars, exit_at, wanted),
        quantity=round(max(round(_STAKE * rng.lognormal(0, 0.4) / entry / _LOT), 1) * _LOT, 2),
        extras={"source": "simulated", "setup": setup, "exit_reason": reason},
        bars=bars[t - LOOKBACK : exit_at + 1],
    )
    return row, exit_at


def _inside(bars: Bars, k: int, price: float) -> float:
    """Return a price on the tick inside bar `k`."""
    return float(np.clip(round(price / _TICK) * _TICK, bars.low[k], bars.high[k]).round(2))


def _chosen(found: list[Row], rng: np.random.Generator) -> list[Row]:
    """Choose equally many rows of each default volatility bucket, and some of the tails."""
    closes = np.stack([row.bars.close[:LOOKBACK] for row in found])
    per_year = np.array([365.0 if row.interval == "1d" else 8760.0 for row in found])
    volatility = realised_volatility(closes, per_year)
    bucket = np.clip(np.floor((volatility - 0.25) / 0.1), -1, 9).astype(int)
    chosen: list[int] = []
    for k in range(-1, 10):
        inside = 0 <= k <= 8
        mine = rng.permutation(np.flatnonzero(bucket == k))
        chosen += mine[: ROWS_A_BUCKET if inside else ROWS_IN_TAILS // 2].tolist()
    return sorted((found[k] for k in chosen), key=lambda row: (row.entry_time, row.trade_id))


def write_demo_gold(path: Path = DEMO_GOLD) -> None:
    """Write the file that ships with the package."""
    rows, extras = tidy_extras(simulate_demo_gold())
    table = rows.to_arrow(extras)
    pq.write_table(table, path, compression="zstd", compression_level=19)


if __name__ == "__main__":
    write_demo_gold()
