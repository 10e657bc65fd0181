"""Composition: puts paths, trades, prices and times together into rows of the contract."""

from dataclasses import dataclass, replace

import numpy as np

from tradegen.data.grid import snap
from tradegen.data.interval import WEEK_US
from tradegen.data.row import LOOKBACK, BoolArray, FloatArray, IntArray
from tradegen.data.rows import Rows
from tradegen.engines.embedded.donors import Donors
from tradegen.engines.embedded.own_columns import OWN_DRAWS, Asked
from tradegen.engines.embedded.paths import Start, draws_needed, scale_to, simulate, to_prices
from tradegen.engines.embedded.trades import (
    BarArrays,
    entry_donors,
    exit_donors,
    holdings,
    offsets,
    place,
    sizes,
)
from tradegen.engines.embedded.windows import places

_MILLISECOND_US = 1000
_PRICE_LEVEL_JITTER = 0.1
_VOLUME_LEVEL_JITTER = 0.15
_TARGET_JITTER = 0.25
_EDGE = 0.02

TRADE_DRAWS = 20
"""Uniform draws a row takes besides those of its path."""

OWN_DRAWS_AT = slice(15, 15 + OWN_DRAWS)
"""Those of them that the user's own columns take."""


@dataclass(frozen=True, slots=True)
class Task:
    """Rows to be written together: their numbers, seeds and volatility ranges.

    `seeds` are train indices of shape `(n, 3)`, in an order drawn by each row: the first is the
    primary seed, which gives symbol, interval and most of the user's own columns. `asked` names
    the columns that each row's constraint gives, and that are to stay as in all of its seeds.
    """

    numbers: IntArray
    seeds: IntArray
    low: FloatArray
    high: FloatArray
    asked: Asked

    def repeated(self, count: int) -> "Task":
        """Return the task with each row `count` times, one after the other."""
        return Task(
            numbers=np.repeat(self.numbers, count),
            seeds=np.repeat(self.seeds, count, axis=0),
            low=np.repeat(self.low, count),
            high=np.repeat(self.high, count),
            asked=[columns for columns in self.asked for _ in range(count)],
        )


def n_bars(donors: Donors) -> int:
    """Return how many bars are simulated for a row: lookback, entry and the longest holding."""
    return LOOKBACK + 1 + int(donors.longest.max())


def of_a_kind(donors: Donors, seeds: IntArray) -> BoolArray:
    """Return which seeds are of the primary's kind, as it is itself; shape `(n, 3)`."""
    same: BoolArray = donors.kind[seeds] == donors.kind[seeds[:, :1]]
    return same


def compose(donors: Donors, task: Task, path_draws: FloatArray, draws: FloatArray) -> Rows:
    """Write new rows.

    `path_draws` are uniform of shape `(n, draws_needed(n_bars(donors)))` and `draws` of shape
    `(n, TRADE_DRAWS)`. Row `i` depends on row `i` of the arguments alone.
    """
    from scipy.special import ndtri

    normals = ndtri(np.clip(draws, 1e-12, 1 - 1e-12))
    primary = task.seeds[:, 0]
    symbol = donors.rows.symbol[primary]
    steps = {
        name: donors.market.steps(symbol, name) for name in ("fill_tick", "lot", "volume_step")
    }
    kin = of_a_kind(donors, task.seeds)
    time = bar_times(donors, primary, draws[:, 10])
    long = donors.trades.long[primary]
    start = Start(task.seeds, kin, long, places(time, donors.kind[primary], donors.clocks))
    moves = simulate(donors.bars, start, path_draws)
    moves = scale_to(moves, target_volatility(donors, task, normals[:, 0]))
    level = donors.trades.entry_price[primary] * np.exp(_PRICE_LEVEL_JITTER * normals[:, 1])
    bars = snap_bars(to_prices(moves, level), donors.trades.tick[primary, None], moves.gap)
    volume_level = donors.trades.log_volume[primary] + _VOLUME_LEVEL_JITTER * normals[:, 2]
    volume = snap_volume(moves.volume + volume_level[:, None], steps["volume_step"][:, None])
    longest = donors.longest[donors.kind[primary]]
    holding = holdings(donors, primary, bars, volume, long, draws[:, 4], longest)
    entry_at, exit_at = np.full(len(primary), LOOKBACK), LOOKBACK + holding
    same_side = kin & (donors.trades.long[task.seeds] == long[:, None])
    like_entry = entry_donors(donors, task.seeds, same_side, bars.close, draws[:, 3])
    like_exit = exit_donors(donors, task.seeds, kin, bars.close, long, holding, draws[:, 5])
    trades, fill_tick = donors.trades, steps["fill_tick"]
    entry_price = place(trades.entry, like_entry, bars, entry_at, fill_tick, normals[:, 8])
    exit_price = place(trades.exit, like_exit, bars, exit_at, fill_tick, normals[:, 9])
    interval = donors.interval[primary]
    entry_offset = offsets(trades.entry, like_entry, normals[:, 11])
    exit_offset = offsets(trades.exit, like_exit, normals[:, 12])
    exit_offset = after_entry(entry_offset, exit_offset, holding, draws[:, 13])
    rows = np.arange(len(primary))
    keep = np.arange(time.shape[1]) <= exit_at[:, None]
    new = Rows(
        trade_id=task.numbers.astype(str),
        symbol=symbol,
        side=np.where(long, "long", "short"),
        interval=donors.rows.interval[primary],
        entry_time=moment(time[:, LOOKBACK], entry_offset, interval),
        entry_price=entry_price,
        exit_time=moment(time[rows, exit_at], exit_offset, interval),
        exit_price=exit_price,
        quantity=sizes(donors, primary, entry_price, steps["lot"], draws[:, 14]),
        bars=bars.flat(keep, time, volume),
        offsets=np.concatenate([[0], np.cumsum(exit_at + 1)]).astype(np.int64),
    )
    own = donors.own.write(new, task.seeds, draws[:, OWN_DRAWS_AT], task.asked)
    return replace(new, extras=own)


def path_draws_needed(donors: Donors) -> int:
    """Return how many uniform draws the path of a row takes."""
    return draws_needed(n_bars(donors))


def target_volatility(donors: Donors, task: Task, normal: FloatArray) -> FloatArray:
    """Return each row's volatility per bar: near the primary seed's, inside the bucket."""
    primary = task.seeds[:, 0]
    width = task.high - task.low
    place_in = (donors.volatility[primary] - task.low) / width + _TARGET_JITTER * normal
    folded = 1 - np.abs(place_in % 2 - 1)
    volatility = task.low + width * np.clip(folded, _EDGE, 1 - _EDGE)
    result: FloatArray = volatility / np.sqrt(donors.bars_per_year[primary])
    return result


def snap_bars(
    prices: tuple[FloatArray, FloatArray, FloatArray, FloatArray],
    tick: FloatArray,
    gap: FloatArray,
) -> BarArrays:
    """Return prices on their tick with high and low still outside open and close.

    A bar that opens with a `gap`, `(n, n_bars)`, opens a tick off the close before at the least.
    """
    open_, high, low, close = (np.maximum(snap(price, tick), tick) for price in prices)
    before = np.concatenate([open_[:, :1], close[:, :-1]], axis=1)
    nearest = snap(before + np.sign(gap) * tick, tick)
    open_ = np.where((open_ == before) & (nearest > 0), nearest, open_)
    top, bottom = np.maximum(open_, close), np.minimum(open_, close)
    return BarArrays(open_, np.maximum(high, top), np.minimum(low, bottom), close)


def snap_volume(log_volume: FloatArray, step: FloatArray) -> FloatArray:
    """Return volumes from log volumes (`log1p`), on their grid, never negative."""
    return np.maximum(snap(np.expm1(np.clip(log_volume, 0.0, 60.0)), step), 0.0)


def bar_times(donors: Donors, primary: IntArray, draw: FloatArray) -> IntArray:
    """Return opening times of consecutive real slots around a new entry, `(n, n_bars)`.

    The entry is a whole number of weeks from the primary seed's, inside the span of gold train,
    so that weekday and time of day stay; where the market was closed then, the next slot;
    where clocks had changed, the slot that opened less than half a bar earlier. It leaves room for
    the longest holding of its kind; behind that, the last time repeats.
    """
    width = n_bars(donors)
    entry = donors.rows.bars.time[donors.rows.entry_bar[primary]]
    at = np.empty(len(primary), dtype=np.int64)
    times = np.empty((len(primary), width), dtype=np.int64)
    for kind, slots in enumerate(donors.slots):
        own = np.flatnonzero(donors.kind[primary] == kind)
        if len(own) == 0:
            continue
        longest = int(donors.longest[kind])
        first, last = LOOKBACK, len(slots) - 1 - longest
        fewest = -((entry[own] - slots[first]) // WEEK_US)
        most = np.maximum((slots[last] - entry[own]) // WEEK_US, fewest)
        weeks = fewest + (draw[own] * (most - fewest + 1)).astype(np.int64)
        wanted = entry[own] + weeks * WEEK_US - donors.interval[primary[own]] // 2
        at[own] = np.clip(np.searchsorted(slots, wanted), first, last)
        after_entry = np.minimum(np.arange(-LOOKBACK, width - LOOKBACK), longest)
        times[own] = slots[at[own, None] + after_entry]
    return times


def after_entry(
    entry: FloatArray, exit_: FloatArray, holding: IntArray, draw: FloatArray
) -> FloatArray:
    """Return exit offsets; an exit in the entry bar is moved behind the entry."""
    too_early = (holding == 0) & (exit_ < entry)
    return np.where(too_early, entry + (1 - entry) * 0.99 * draw, exit_)


def moment(opens: IntArray, offset: FloatArray, interval: IntArray) -> IntArray:
    """Return the time `offset` of a bar after it opens, to the millisecond, inside the bar."""
    inside = (offset * interval).astype(np.int64) // _MILLISECOND_US * _MILLISECOND_US
    return opens + np.minimum(inside, interval - _MILLISECOND_US)


def order_seeds(seeds: IntArray, draw: FloatArray) -> IntArray:
    """Return seeds `(n, 3)` turned so that each row's own draw decides which comes first."""
    turn = (draw * seeds.shape[1]).astype(np.int64)[:, None]
    return np.take_along_axis(seeds, (np.arange(seeds.shape[1]) + turn) % seeds.shape[1], axis=1)
