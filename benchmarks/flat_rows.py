"""Gold as one flat table of numbers and categories, and such tables as rows again.

    python -m benchmarks.flat_rows flatten --gold equity --folder DIR   # DIR/gold.flat.parquet
    python -m benchmarks.flat_rows restore --gold equity --folder DIR   # NAME.parquet of each other

For synthesisers that know tables only. A line is a trade: its facts, then gap, body, shadows and
log volume of 64 + 1 + 60 bars, in units of the row's volatility per bar (volume: less the row's
mean). Places behind the exit are filled with bars of the row's own lookback, drawn at random.

To restore a row, prices, volumes and sizes are put on the market's ticks, steps and lots and bars
on its sessions, of which a synthesiser knows nothing. Nothing else is mended. A missing number ends
the row's bars.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.compared import GOLD, read_gold
from tradegen.data.gold import Gold
from tradegen.data.grid import snap
from tradegen.data.interval import DAY_US, interval_lengths
from tradegen.data.market import Market
from tradegen.data.row import LOOKBACK, Bars, ExtraColumn, FloatArray, IntArray
from tradegen.data.rows import Rows, TextArray, object_array

Flat = dict[str, npt.NDArray[np.generic]]

PARTS = ("gap", "body", "upper", "lower", "volume")
WIDTH = LOOKBACK + 1 + 60

_OWN = "own "
_TINY = 1e-9


def flatten(gold: Gold, rng: np.random.Generator) -> Flat:
    """Return gold's train rows as columns of shape `(n,)`; bars beyond `WIDTH` are cut."""
    rows = gold.train
    bars = rows.bars
    at = _places(rows, rng)
    open_, high, low, close = (
        np.log(price[at]) for price in (bars.open, bars.high, bars.low, bars.close)
    )
    scale = np.maximum(np.diff(close[:, :LOOKBACK], axis=1).std(axis=1, ddof=1), _TINY)[:, None]
    volume = np.log1p(bars.volume[at])
    level = volume[:, :LOOKBACK].mean(axis=1)
    before = np.log(bars.close[np.maximum(at - 1, rows.offsets[:-1, None])])
    gap = np.where(at > rows.offsets[:-1, None], open_ - before, 0.0)
    parts = {
        "gap": gap / scale,
        "body": (close - open_) / scale,
        "upper": (high - np.maximum(open_, close)) / scale,
        "lower": (np.minimum(open_, close) - low) / scale,
        "volume": volume - level[:, None],
    }
    interval = interval_lengths(rows.interval)
    return {
        "symbol": rows.symbol,
        "side": rows.side,
        "interval": rows.interval,
        **{_OWN + one.name: _text(rows.extras[one.name]) for one in _categories(gold)},
        "day": rows.bars.time[rows.entry_bar] / DAY_US,
        "held": np.minimum(rows.n_bars, WIDTH) - 1 - LOOKBACK,
        "log scale": np.log(scale[:, 0]),
        "log price": np.log(rows.bars.open[rows.entry_bar]),
        "log volume": level,
        "log value": np.log(rows.quantity * rows.entry_price),
        "entry place": _place(rows, rows.entry_price, rows.entry_bar),
        "exit place": _place(rows, rows.exit_price, rows.exit_bar),
        "entry offset": (rows.entry_time - rows.bars.time[rows.entry_bar]) / interval,
        "exit offset": (rows.exit_time - rows.bars.time[rows.exit_bar]) / interval,
        **{f"{name} {k}": values[:, k] for name, values in parts.items() for k in range(WIDTH)},
    }


def restore(flat: Flat, gold: Gold) -> Rows:
    """Return the rows of a flat table; a row with too few bars keeps those it has."""
    symbol, interval = _text(flat["symbol"]), _text(flat["interval"])
    parts = {
        name: np.column_stack([_number(flat[f"{name} {k}"]) for k in range(WIDTH)])
        for name in PARTS
    }
    known = np.all([np.isfinite(values) for values in parts.values()], axis=0)
    wanted = np.clip(np.round(_number(flat["held"])) + 1 + LOOKBACK, 1, WIDTH).astype(np.int64)
    n_bars = np.maximum(np.minimum(wanted, np.cumprod(known, axis=1).sum(axis=1)), 1)
    entry, last = np.minimum(LOOKBACK, n_bars - 1), n_bars - 1
    kept = np.arange(WIDTH) < n_bars[:, None]
    offsets = np.concatenate([[0], np.cumsum(n_bars)])
    bars = _bars(flat, parts, entry, kept, symbol, gold.market)
    time = _times(gold, symbol, interval, _number(flat["day"]), n_bars)
    bars = Bars(time[kept], bars.open, bars.high, bars.low, bars.close, bars.volume)
    entry_bar, exit_bar = offsets[:-1] + entry, offsets[:-1] + last
    tick = gold.market.steps(symbol, "fill_tick")
    entry_price, exit_price = (
        _fill(bars, bar, _number(flat[place]), tick)
        for bar, place in ((entry_bar, "entry place"), (exit_bar, "exit place"))
    )
    lot = gold.market.steps(symbol, "lot")
    quantity = np.exp(_number(flat["log value"])) / entry_price
    length = interval_lengths(interval)
    entry_time, exit_time = (
        bars.time[bar] + (_number(flat[offset]) * length).astype(np.int64)
        for bar, offset in ((entry_bar, "entry offset"), (exit_bar, "exit offset"))
    )
    return Rows(
        trade_id=np.array([f"made-{k}" for k in range(len(symbol))]),
        symbol=symbol,
        side=_text(flat["side"]),
        interval=interval,
        entry_time=entry_time,
        entry_price=entry_price,
        exit_time=exit_time,
        exit_price=exit_price,
        quantity=np.maximum(snap(quantity, lot), lot),
        bars=bars,
        offsets=offsets.astype(np.int64),
        extras={
            one.name: object_array(flat[_OWN + one.name].tolist()) for one in _categories(gold)
        },
    )


def _places(rows: Rows, rng: np.random.Generator) -> IntArray:
    """Return flat bar indices, shape `(n, WIDTH)`; behind the exit those of lookback bars."""
    place = np.arange(WIDTH)
    other = rng.integers(1, LOOKBACK, (len(rows), WIDTH))
    own = np.where(place < rows.n_bars[:, None], place, other)
    result: IntArray = rows.offsets[:-1, None] + own
    return result


def _place(rows: Rows, price: FloatArray, bar: IntArray) -> FloatArray:
    low, high = rows.bars.low[bar], rows.bars.high[bar]
    return np.where(high > low, (price - low) / np.where(high > low, high - low, 1.0), 0.5)


def _bars(
    flat: Flat,
    parts: dict[str, FloatArray],
    entry: IntArray,
    kept: npt.NDArray[np.bool_],
    symbol: TextArray,
    market: Market,
) -> Bars:
    """Return flat bars whose times are yet to come."""
    scale = np.exp(_number(flat["log scale"]))[:, None]
    gap, body, upper, lower = (scale * parts[name] for name in PARTS[:-1])
    close = np.cumsum(gap + body, axis=1)
    open_ = close - body
    shift = _number(flat["log price"]) - open_[np.arange(len(entry)), entry]
    open_, close = open_ + shift[:, None], close + shift[:, None]
    high, low = np.maximum(open_, close) + upper, np.minimum(open_, close) - lower
    owner = np.nonzero(kept)[0]
    tick, step = (market.steps(symbol, name)[owner] for name in ("usual_tick", "volume_step"))
    o, h, lo, c = (snap(np.exp(price[kept]), tick) for price in (open_, high, low, close))
    volume = np.expm1((parts["volume"] + _number(flat["log volume"])[:, None])[kept])
    volume = np.where(step > 0, np.round(volume), volume)
    return Bars(np.zeros(len(owner), dtype=np.int64), o, h, lo, c, volume)


def _times(
    gold: Gold, symbol: TextArray, interval: TextArray, day: FloatArray, n_bars: IntArray
) -> IntArray:
    """Return opening times, shape `(n, WIDTH)`: the entry bar's is the slot nearest to `day`.

    They lie in the span of train. Rows of a symbol or interval that gold does not have get 0.
    """
    train = gold.train.bars.time
    start, end = int(train.min()), int(train.max()) + 1
    times = np.zeros((len(symbol), WIDTH), dtype=np.int64)
    lengths = interval_lengths(interval)
    calendars = np.array(
        [one.calendar if (one := gold.market.instruments.get(str(s))) else "" for s in symbol]
    )
    for name, length in sorted({(str(c), int(i)) for c, i in zip(calendars, lengths, strict=True)}):
        if not name or not length:
            continue
        own = np.flatnonzero((calendars == name) & (lengths == length))
        slots = gold.market.calendars[name].slots(length, start, end)
        at = np.searchsorted(slots, day[own] * DAY_US - length / 2)
        at = np.clip(at, LOOKBACK, len(slots) - np.maximum(n_bars[own] - LOOKBACK, 1))
        index = at[:, None] - LOOKBACK + np.arange(WIDTH)
        times[own] = slots[np.minimum(index, len(slots) - 1)]
    return times


def _fill(bars: Bars, bar: IntArray, place: FloatArray, tick: FloatArray) -> FloatArray:
    """Return prices at places in bars, on their grid; rounding takes none out of its bar."""
    low, high = bars.low[bar], bars.high[bar]
    price = low + place * (high - low)
    return np.clip(snap(price, tick), np.minimum(low, price), np.maximum(high, price))


def _categories(gold: Gold) -> list[ExtraColumn]:
    """Return gold's own columns of text; others stay out of the table."""
    return [one for one in gold.extras if one.kind in ("category", "text")]


def _text(values: npt.NDArray[np.generic]) -> TextArray:
    return values.astype(np.str_)


def _number(values: npt.NDArray[np.generic]) -> FloatArray:
    return values.astype(np.float64)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", choices=("flatten", "restore"))
    parser.add_argument("--gold", choices=list(GOLD), default="equity")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Write gold's table, or the rows of every other table in the folder."""
    asked = _parser().parse_args(arguments)
    gold = read_gold(asked.gold)
    source = asked.folder / "gold.flat.parquet"
    if asked.job == "flatten":
        asked.folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(flatten(gold, np.random.default_rng(asked.seed))), source)
        return
    for file in sorted(set(asked.folder.glob("*.flat.parquet")) - {source}):
        table = pq.read_table(file)
        flat = {name: table[name].to_numpy() for name in table.column_names}
        out = file.with_name(file.name.replace(".flat", ""))
        pq.write_table(restore(flat, gold).to_arrow(_categories(gold)), out)


if __name__ == "__main__":
    main()
