"""The embedded refiner: makes anew only what a critique names, and keeps the rest of the row."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri

from tradegen.data.changes import outside
from tradegen.data.row import (
    BAR_FIELDS,
    LOOKBACK,
    PRICE_FIELDS,
    BoolArray,
    FloatArray,
    IntArray,
    Row,
)
from tradegen.data.rows import Rows
from tradegen.engines.batching import Batcher
from tradegen.engines.critique import Critique
from tradegen.engines.embedded.compose import (
    OWN_DRAWS_AT,
    TRADE_DRAWS,
    Task,
    after_entry,
    moment,
    n_bars,
    of_a_kind,
    path_draws_needed,
    snap_bars,
    snap_volume,
    target_volatility,
)
from tradegen.engines.embedded.donors import Donors
from tradegen.engines.embedded.generator import task_of
from tradegen.engines.embedded.own_columns import columns_among
from tradegen.engines.embedded.paths import Moves, Start, prices_of, scale_to, simulate, to_prices
from tradegen.engines.embedded.trades import (
    BarArrays,
    holdings,
    offsets,
    pick_seed,
    place,
    sizes,
)
from tradegen.engines.embedded.windows import places
from tradegen.engines.protocols import Brief
from tradegen.streams import Purpose, uniforms

Item = tuple[Row, Critique, Brief, int]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which parts of each row its critique lets the refiner make anew, shape `(n,)`."""

    path: BoolArray
    volume: BoolArray
    exit: BoolArray
    entry_price: BoolArray
    exit_price: BoolArray
    entry_time: BoolArray
    exit_time: BoolArray
    side: BoolArray
    quantity: BoolArray


@dataclass(frozen=True, slots=True)
class _Draft:
    """Rows being edited, their bars padded to one length with bars that are not traded yet.

    `exit_at` is the index of each row's exit bar; what lies behind it is there to be held into,
    for no more than `longest` bars after entry.
    """

    rows: Rows
    bars: BarArrays
    volume: FloatArray
    time: IntArray
    exit_at: IntArray
    longest: IntArray


class EmbeddedRefiner:
    """See `engines.protocols.Refiner`."""

    def __init__(self, donors: Donors, seed: int) -> None:
        """Edit rows with what was learned from gold, and the run's random seed."""
        self._donors = donors
        self._seed = seed
        self._refine = Batcher(self.edit)

    async def refine(self, row: Row, critique: Critique, brief: Brief, retry: int) -> Row:
        """Return the edited row."""
        return await self._refine((row, critique, brief, retry))

    def edit(self, items: Sequence[Item]) -> list[Row]:
        """Return one edited row for each item; rows do not depend on each other."""
        edited: dict[int, Row] = {}
        for retry in sorted({item[3] for item in items}):
            index = [k for k, item in enumerate(items) if item[3] == retry]
            rows = self._edit_at([items[k] for k in index], retry)
            edited.update(zip(index, rows, strict=True))
        return [edited[k] for k in range(len(items))]

    def _edit_at(self, items: Sequence[Item], retry: int) -> list[Row]:
        donors = self._donors
        briefs = [brief for _, _, brief, _ in items]
        task = task_of(donors, briefs, self._seed)
        attempts = np.array([brief.attempt for brief in briefs], dtype=np.int64)
        path_draws, draws = (
            uniforms(self._seed, task.numbers, attempts, Purpose.REFINER, count, 2 * retry + part)
            for part, count in enumerate((path_draws_needed(donors), TRADE_DRAWS))
        )
        normals = ndtri(np.clip(draws, 1e-12, 1 - 1e-12))
        wanted = _wanted([critique for _, critique, _, _ in items])
        kin = of_a_kind(donors, task.seeds)
        kind = donors.kind[task.seeds[:, 0]]
        rows = Rows.from_models([row for row, *_ in items])
        time, last = _times(donors, kind, rows, n_bars(donors))
        start = Start(task.seeds, kin, rows.long, places(time, kind, donors.clocks))
        moves = simulate(donors.bars, start, path_draws)
        draft = _draft(donors, rows, kind, time, last, moves, donors.trades.tick[task.seeds[:, :1]])
        draft = _new_path(donors, task, draft, moves, wanted, normals)
        draft = _new_exit(donors, task.seeds[:, 0], draft, wanted, draws[:, 4])
        rows = _new_trade(donors, task, kin, draft, wanted, draws, normals)
        own = donors.own.follow(
            draft.rows,
            rows,
            kind,
            draws[:, OWN_DRAWS_AT],
            _may_follow(donors, task, [critique for _, critique, _, _ in items]),
        )
        rows = replace(rows, extras=own)
        return [rows.row(i) for i in range(len(rows))]


def _wanted(critiques: Sequence[Critique]) -> _Wanted:
    named = [critique.fields for critique in critiques]

    def mask(*fields: str) -> BoolArray:
        return np.array([all(field in names for field in fields) for names in named])

    path = mask("bars", "entry_price", "exit_price")
    exit_ = mask("bars", "exit_time", "exit_price")
    return _Wanted(
        path=path,
        volume=path | mask("bars.volume"),
        exit=exit_,
        entry_price=path | mask("entry_price"),
        exit_price=path | exit_ | mask("exit_price"),
        entry_time=mask("entry_time"),
        exit_time=exit_ | mask("exit_time"),
        side=mask("side"),
        quantity=mask("quantity"),
    )


def _may_follow(donors: Donors, task: Task, critiques: Sequence[Critique]) -> dict[str, BoolArray]:
    """Return where own columns may follow the trade: the critique says so, no quota is theirs."""
    return {
        name: ~columns_among(task.asked, name)
        & np.array([not outside(frozenset({f"extras.{name}"}), c.fields) for c in critiques])
        for name in donors.own.following
    }


def _draft(
    donors: Donors,
    rows: Rows,
    kind: IntArray,
    time: IntArray,
    last: IntArray,
    moves: Moves,
    tick: FloatArray,
) -> _Draft:
    """Pad rows with bars that continue their paths by the new moves, at the times given."""
    total = time.shape[1]
    exit_at = np.minimum(rows.n_bars, total) - 1
    place_of = np.arange(total)
    known = place_of <= exit_at[:, None]
    flat = rows.offsets[:-1, None] + np.minimum(place_of, exit_at[:, None])
    padded = {name: getattr(rows.bars, name)[flat] for name in BAR_FIELDS}
    later = scale_to(moves, np.diff(np.log(padded["close"][:, :LOOKBACK]), axis=1).std(axis=1))
    continued = _continue(padded["close"], later, known, tick)
    volume_step = donors.market.steps(rows.symbol, "volume_step")[:, None]
    level = np.log1p(padded["volume"][:, :LOOKBACK]).mean(axis=1, keepdims=True)
    return _Draft(
        rows=rows,
        bars=continued.where(known, BarArrays(*(padded[name] for name in PRICE_FIELDS))),
        volume=np.where(known, padded["volume"], snap_volume(moves.volume + level, volume_step)),
        time=time,
        exit_at=exit_at,
        longest=np.minimum(last - LOOKBACK, donors.longest[kind]),
    )


def _continue(close: FloatArray, moves: Moves, known: BoolArray, tick: FloatArray) -> BarArrays:
    """Return bars whose moves follow the last known close; known places hold no meaning."""
    returns = np.where(known, 0.0, moves.returns)
    log_close = np.log(close[:, -1:]) + np.cumsum(returns, axis=1)
    log_open = log_close - np.where(known, 0.0, moves.body)
    return snap_bars(prices_of(log_open, log_close, moves), tick, moves.gap)


def _times(donors: Donors, kind: IntArray, rows: Rows, total: int) -> tuple[IntArray, IntArray]:
    """Return the rows' times, followed by the slots after them, and the last place that has one.

    Times have shape `(n, total)`. The slots are those of gold train: a row that ends where they end
    cannot be held for longer.
    """
    exit_at = np.minimum(rows.n_bars, total) - 1
    flat = rows.offsets[:-1, None] + np.minimum(np.arange(total), exit_at[:, None])
    known = rows.bars.time[flat]
    times, last = known.copy(), exit_at.copy()
    beyond = np.arange(known.shape[1]) - exit_at[:, None]
    for number, slots in enumerate(donors.slots):
        own = np.flatnonzero(kind == number)
        at = np.searchsorted(slots, known[own, exit_at[own]], side="right") - 1
        more = np.minimum(len(slots) - 1 - at, known.shape[1] - 1 - exit_at[own])
        last[own] += more
        later = slots[at[:, None] + np.clip(beyond[own], 0, more[:, None])]
        times[own] = np.where(beyond[own] > 0, later, known[own])
    return times, last


def _new_path(
    donors: Donors, task: Task, draft: _Draft, moves: Moves, wanted: _Wanted, normals: FloatArray
) -> _Draft:
    """Give rows a new path through the same times, from the same price at entry."""
    moves = scale_to(moves, target_volatility(donors, task, normals[:, 0]))
    tick = donors.trades.tick[task.seeds[:, :1]]
    fresh = snap_bars(to_prices(moves, draft.bars.open[:, LOOKBACK]), tick, moves.gap)
    level = np.log1p(draft.volume[:, :LOOKBACK]).mean(axis=1, keepdims=True)
    step = donors.market.steps(draft.rows.symbol, "volume_step")[:, None]
    fresh_volume = snap_volume(moves.volume + level, step)
    return replace(
        draft,
        bars=draft.bars.where(wanted.path[:, None], fresh),
        volume=np.where(wanted.volume[:, None], fresh_volume, draft.volume),
    )


def _new_exit(
    donors: Donors, primary: IntArray, draft: _Draft, wanted: _Wanted, draw: FloatArray
) -> _Draft:
    """Let rows exit at another bar."""
    longest, long = draft.longest, draft.rows.long
    holding = holdings(donors, primary, draft.bars, draft.volume, long, draw, longest)
    return replace(draft, exit_at=np.where(wanted.exit, LOOKBACK + holding, draft.exit_at))


def _new_trade(
    donors: Donors,
    task: Task,
    kin: BoolArray,
    draft: _Draft,
    wanted: _Wanted,
    draws: FloatArray,
    normals: FloatArray,
) -> Rows:
    """Place the fills that may move, and put the rows together."""
    old, trades, n = draft.rows, donors.trades, len(draft.rows)
    primary = task.seeds[:, 0]
    donor = pick_seed(task.seeds, kin, draws[:, 3])
    fill_tick = donors.market.steps(old.symbol, "fill_tick")
    lot = donors.market.steps(old.symbol, "lot")
    entry_at = np.full(n, LOOKBACK)
    entry_price = place(trades.entry, donor, draft.bars, entry_at, fill_tick, normals[:, 8])
    exit_price = place(trades.exit, donor, draft.bars, draft.exit_at, fill_tick, normals[:, 9])
    entry_price = np.where(wanted.entry_price, entry_price, old.entry_price)
    interval = donors.interval[primary]
    entry_time = np.where(
        wanted.entry_time,
        moment(draft.time[:, LOOKBACK], offsets(trades.entry, donor, normals[:, 11]), interval),
        old.entry_time,
    )
    entry_offset = (entry_time - draft.time[:, LOOKBACK]) / interval
    exit_offset = after_entry(
        entry_offset,
        offsets(trades.exit, donor, normals[:, 12]),
        draft.exit_at - LOOKBACK,
        draws[:, 13],
    )
    exit_time = moment(draft.time[np.arange(n), draft.exit_at], exit_offset, interval)
    keep = np.arange(draft.time.shape[1]) <= draft.exit_at[:, None]
    may_flip = wanted.side & donors.two_sided[donors.kind[primary]]
    may_flip &= ~columns_among(task.asked, "side")
    flipped = np.where(old.long, "short", "long")
    return replace(
        old,
        side=np.where(may_flip, flipped, old.side),
        entry_time=entry_time,
        entry_price=entry_price,
        exit_time=np.where(wanted.exit_time, exit_time, old.exit_time),
        exit_price=np.where(wanted.exit_price, exit_price, old.exit_price),
        quantity=np.where(
            wanted.quantity, sizes(donors, primary, entry_price, lot, draws[:, 14]), old.quantity
        ),
        bars=draft.bars.flat(keep, draft.time, draft.volume),
        offsets=np.concatenate([[0], np.cumsum(draft.exit_at + 1)]).astype(np.int64),
    )
