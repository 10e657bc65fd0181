"""The wire form: a trade as a language model reads and writes it, in small whole numbers.

Models write long numbers badly and every digit is paid for. On the wire a bar is five integers,
`[open, high, low, close, volume]`: open and close in basis points of the previous bar's close,
high and low as distances from the bar's body in the same unit (so that low <= body <= high holds
by construction), and volume in per cent of `median_volume`. Fills are basis points from the open
of their bar, times are the opening of the entry bar and seconds after a bar's opening. All other
times follow from the market's calendar.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from tradegen.data.grid import snap
from tradegen.data.interval import INTERVAL_US, SECOND_US
from tradegen.data.market import Instrument, Market
from tradegen.data.row import (
    LOOKBACK,
    Bars,
    FloatArray,
    IntArray,
    Row,
    from_microseconds,
    to_microseconds,
)
from tradegen.data.rows import Rows
from tradegen.errors import TradegenError

_BP = 1e-4
_FREE_DIGITS = 7
_MILLISECOND_US = 1000
_SLACK_BP = 1.0
_LARGEST = 1e15
"""Of any number on the wire, as of the row contract's."""

_LARGEST_MOVE = 100_000_000
"""In basis points: ten thousand times as much."""


class WireError(TradegenError):
    """A trade on the wire that stands for no row; the message is written for its author."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A row read from the wire, and what had to be rounded to the market's grids for it."""

    row: Row
    settled: tuple[str, ...]


class WireForm:
    """Turns rows into the wire form and back, in the market that gold train shows."""

    def __init__(self, market: Market, train: Rows) -> None:
        """Know the symbols and their grids, and the span of time that train covers."""
        self._market = market
        self._start, self._end = int(train.bars.time.min()), int(train.bars.time.max())
        self._slots: dict[tuple[str, str], IntArray] = {}

    def encode(self, row: Row, lookback: int = LOOKBACK) -> dict[str, Any]:
        """Return a row on the wire, with no more than `lookback` bars before its entry bar.

        Decoding it again moves no price by more than half a basis point of the bar before it,
        rounded to the symbol's tick.
        """
        instrument = self._market.instruments[row.symbol]
        bars = row.bars[LOOKBACK - lookback :]
        median = _volume_unit(bars)
        grid = _Grid.of(instrument.usual_tick)
        start = _rounded(float(bars.open[0]), instrument.usual_tick)
        coded, counted = _encode_bars(bars, start, grid, median)
        (entry_open, *_), (exit_open, *_) = grid.prices([counted[lookback], counted[-1]]).tolist()
        wire: dict[str, Any] = {
            "symbol": row.symbol,
            "side": row.side,
            "interval": row.interval,
            "entry_bar": from_microseconds(int(bars.time[lookback])).strftime("%Y-%m-%dT%H:%MZ"),
            "entry_after_s": _seconds_after(row.entry_time, int(bars.time[lookback])),
            "entry_bp": round((row.entry_price / entry_open - 1) / _BP),
            "exit_after_s": _seconds_after(row.exit_time, int(bars.time[-1])),
            "exit_bp": round((row.exit_price / exit_open - 1) / _BP),
            "quantity": row.quantity,
            "start_price": start,
            "median_volume": median,
        }
        if row.extras:
            wire["extras"] = dict(row.extras)
        wire["bars"] = coded
        return wire

    def decode(self, wire: Mapping[str, Any], trade_id: str = "wire") -> Decoded:
        """Return the row that a validated trade on the wire stands for.

        Raises `WireError` for an unknown symbol, a time outside gold train's span, or prices that
        fall to 0.
        """
        symbol, interval = str(wire["symbol"]), str(wire["interval"])
        if symbol not in self._market.instruments:
            raise WireError(f"symbol {symbol!r} is unknown; expected one of the examples' symbols")
        if interval not in INTERVAL_US:
            raise WireError(f"interval {interval!r} is unknown; expected one of the examples'")
        _check_sizes(wire)
        instrument = self._market.instruments[symbol]
        grid = _Grid.of(instrument.usual_tick)
        prices = grid.prices(_decode_bars(wire["bars"], float(wire["start_price"]), grid))
        settled: list[str] = []
        time = self._times(wire, symbol, interval, len(prices), settled)
        open_, high, low, close = (np.ascontiguousarray(column) for column in prices.T)
        percent = np.array([bar[4] for bar in wire["bars"]], dtype=np.float64)
        volume = np.maximum(percent, 0) / 100 * float(wire["median_volume"])
        if instrument.volume_step > 0:
            volume = np.round(volume / instrument.volume_step) * instrument.volume_step
        length = INTERVAL_US[interval]
        entry_at = _moment(int(time[LOOKBACK]), int(wire["entry_after_s"]), length)
        exit_at = _moment(int(time[-1]), int(wire["exit_after_s"]), length)
        row = Row.model_construct(
            trade_id=trade_id,
            symbol=symbol,
            side=wire["side"],
            interval=interval,
            entry_time=from_microseconds(entry_at),
            entry_price=_fill(wire, "entry_bp", prices[LOOKBACK].tolist(), instrument, settled),
            exit_time=from_microseconds(exit_at),
            exit_price=_fill(wire, "exit_bp", prices[-1].tolist(), instrument, settled),
            quantity=_on_lot(float(wire["quantity"]), instrument.lot, settled),
            extras=dict(wire.get("extras") or {}),
            bars=Bars(time, open_, high, low, close, volume),
        )
        return Decoded(row, tuple(settled))

    def span(self) -> tuple[str, str]:
        """Return the first and last day that entry bars may lie on."""
        days = (from_microseconds(us).strftime("%Y-%m-%d") for us in (self._start, self._end))
        return next(days), next(days)

    def _times(
        self, wire: Mapping[str, Any], symbol: str, interval: str, n_bars: int, settled: list[str]
    ) -> IntArray:
        """Return the opening times of all bars: consecutive slots of the symbol's calendar."""
        stated = str(wire["entry_bar"])
        try:
            moment = datetime.fromisoformat(stated)
        except ValueError as error:
            raise WireError(
                f"entry_bar {stated!r} is no time; expected e.g. 2024-01-31T14:30Z"
            ) from error
        if moment.tzinfo is None:
            raise WireError(f"entry_bar {stated!r} has no zone; expected UTC, e.g. {stated}Z")
        wanted = to_microseconds(moment)
        slots = self._slots_of(symbol, interval)
        first, last = LOOKBACK, len(slots) - (n_bars - LOOKBACK)
        if last < first or not slots[first] <= wanted <= slots[last] + INTERVAL_US[interval]:
            raise WireError(
                f"entry_bar {stated} leaves no room for its bars; expected a time between "
                f"{' and '.join(self.span())}, 64 bars after the start and before the end"
            )
        at = int(np.clip(np.searchsorted(slots, wanted, side="right") - 1, first, last))
        if slots[at] != wanted:
            settled.append("entry_bar: to the opening of its bar")
        return slots[at - LOOKBACK : at - LOOKBACK + n_bars]

    def _slots_of(self, symbol: str, interval: str) -> IntArray:
        calendar = self._market.calendar_of(symbol)
        key = (calendar.name, interval)
        if key not in self._slots:
            self._slots[key] = calendar.slots(INTERVAL_US[interval], self._start, self._end + 1)
        return self._slots[key]


Prices = tuple[float, float, float, float]
_NUMBERS = (
    *("entry_after_s", "entry_bp", "exit_after_s", "exit_bp"),
    *("quantity", "start_price", "median_volume"),
)


@dataclass(frozen=True, slots=True)
class _Grid:
    """Prices are counted in ticks; those of a symbol without a tick in its own unit, unrounded."""

    step: float
    rounded: Callable[[float], float]

    @classmethod
    def of(cls, tick: float) -> "_Grid":
        return cls(tick, round) if tick > 0 else cls(1.0, float)

    def prices(self, counted: Sequence[Prices]) -> FloatArray:
        """Return prices, shape `(n_bars, 4)`, of counts."""
        return snap(np.array(counted) * self.step, self.step if self.rounded is round else 0.0)


def _encode_bars(
    bars: Bars, start: float, grid: _Grid, median: float
) -> tuple[list[list[int]], list[Prices]]:
    """Return bars on the wire with the counts they will be decoded to, so that no error adds up."""
    coded: list[list[int]] = []
    counted: list[Prices] = []
    rounded, previous = grid.rounded, grid.rounded(start / grid.step)
    prices = [
        (column / grid.step).tolist() for column in (bars.open, bars.high, bars.low, bars.close)
    ]
    percent = np.rint(100 * bars.volume / median).astype(np.int64).tolist()
    for open_, high, low, close, volume in zip(*prices, percent, strict=True):
        unit = previous * _BP
        to_open, to_close = round((open_ - previous) / unit), round((close - previous) / unit)
        first, last = rounded(previous + to_open * unit), rounded(previous + to_close * unit)
        top, bottom = (first, last) if first > last else (last, first)
        above, below = max(0, round((high - top) / unit)), max(0, round((bottom - low) / unit))
        counted.append((first, rounded(top + above * unit), rounded(bottom - below * unit), last))
        coded.append([to_open, above, below, to_close, volume])
        previous = last
    return coded, counted


def _decode_bars(bars: Sequence[Sequence[int]], start: float, grid: _Grid) -> list[Prices]:
    rounded, previous = grid.rounded, grid.rounded(start / grid.step)
    if previous <= 0:
        raise WireError(f"start_price {start:g} is below one tick ({grid.step:g})")
    largest = _LARGEST / grid.step
    counted: list[Prices] = []
    for k, (to_open, above, below, to_close, volume) in enumerate(bars):
        moves = (to_open, above, below, to_close)
        if max(moves) > _LARGEST_MOVE or min(moves) < -_LARGEST_MOVE:
            raise WireError(f"bars[{k}] is out of all measure: no bar moves {_LARGEST_MOVE:,} bp")
        if above < 0 or below < 0 or volume < 0:
            raise WireError(
                f"bars[{k}] is {list(bars[k])}: high and low are distances and volume is a share; "
                "all three are 0 or more"
            )
        unit = previous * _BP
        first, last = rounded(previous + to_open * unit), rounded(previous + to_close * unit)
        top, bottom = (first, last) if first > last else (last, first)
        lowest = rounded(bottom - below * unit)
        if lowest <= 0:
            raise WireError(f"bars[{k}] is {list(bars[k])}: its prices fall to 0 or below")
        highest = rounded(top + above * unit)
        if highest > largest or volume > _LARGEST:
            raise WireError(f"bars[{k}]: by now prices or volumes are out of all measure")
        counted.append((first, highest, lowest, last))
        previous = last
    return counted


def _check_sizes(wire: Mapping[str, Any]) -> None:
    """Raise `WireError` for a number that no price, size or time can be."""
    for name in _NUMBERS:
        if not abs(wire[name]) < _LARGEST:
            raise WireError(f"{name} is out of all measure; expected less than {_LARGEST:g}")


def _rounded(value: float, step: float) -> float:
    """Return a number on its grid, as `grid.snap` does for arrays."""
    if step > 0:
        return round(round(value / step) * step, 10)
    return float(f"{value:.{_FREE_DIGITS}g}")


def _fill(
    wire: Mapping[str, Any],
    name: str,
    bar: Sequence[float],
    instrument: Instrument,
    settled: list[str],
) -> float:
    """Return a fill price; one that rounding alone put outside its bar is put back to its edge."""
    open_, high, low, _ = bar
    price = _rounded(open_ * (1 + int(wire[name]) * _BP), instrument.fill_tick)
    inside = min(max(price, low), high)
    if price != inside and abs(price - inside) <= _SLACK_BP * _BP * open_ + instrument.fill_tick:
        settled.append(f"{name}: to the edge of its bar")
        return inside
    return price


def _on_lot(quantity: float, lot: float, settled: list[str]) -> float:
    rounded = max(_rounded(quantity, lot), lot)
    if abs(rounded - quantity) > 1e-9 * abs(quantity):
        settled.append("quantity: to whole lots")
    return rounded


def _volume_unit(bars: Bars) -> float:
    """Return the window's median volume, or something above 0 in its place."""
    median = float(np.median(bars.volume))
    if median <= 0:
        traded = bars.volume[bars.volume > 0]
        median = float(np.median(traded)) if len(traded) else 1.0
    return float(f"{median:.{_FREE_DIGITS}g}")


def _seconds_after(moment: datetime, opening: int) -> int:
    return (to_microseconds(moment) - opening) // SECOND_US


def _moment(opening: int, seconds: int, length: int) -> int:
    return opening + min(max(seconds, 0) * SECOND_US, length - _MILLISECOND_US)
