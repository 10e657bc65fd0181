"""What must hold for every row: named checks, the same for gold and for generated rows."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from tradegen.data.grid import SINGLE_PRECISION, on_grid
from tradegen.data.interval import INTERVAL_US, interval_lengths
from tradegen.data.market import Market
from tradegen.data.row import (
    A_TIME_IN_RANGE,
    BAR_FIELDS,
    END_OF_TIMES,
    FIRST_TIME,
    FIRST_YEAR,
    LAST_YEAR,
    LOOKBACK,
    PRICE_FIELDS,
    SIDES,
    BoolArray,
    FloatArray,
    IntArray,
    from_microseconds,
)
from tradegen.data.rows import Rows
from tradegen.data.volatility import realised_volatility

Criterion = Literal["completeness", "consistency"]

AVERAGE_PRICE_COLUMN = "price_source"
"""Extra column by which a log says how a price was found."""

SMALLEST, LARGEST = 1e-12, 1e15
"""Bounds of prices, quantities and volumes: no market has others, and arithmetic stays exact."""

_A_SANE_NUMBER = (
    f"a number between {SMALLEST:g} and {LARGEST:g}; state it in another unit, or mend it"
)


@dataclass(frozen=True, slots=True)
class Violation:
    """One invariant that one row breaks: the first place where it does."""

    row: int
    invariant: str
    criterion: Criterion
    field: str
    value: str
    expected: str


@dataclass(frozen=True, slots=True)
class _Checked:
    """Rows under check with what several invariants need."""

    rows: Rows
    market: Market | None
    interval: IntArray
    owner: IntArray
    may_be_average: BoolArray
    volatility_range: FloatArray | None


@dataclass(frozen=True, slots=True)
class _Fault:
    """A place where an invariant is broken; `bar` is a flat bar index or None."""

    row: int
    field: str
    value: str
    expected: str
    bar: int | None = None


@dataclass(frozen=True, slots=True)
class Invariant:
    """A named property of every row and the function that finds rows that break it."""

    name: str
    criterion: Criterion
    meaning: str
    find: Callable[[_Checked], Iterator[_Fault]]


def find_violations(
    rows: Rows,
    market: Market | None,
    *,
    volatility_range: FloatArray | None = None,
    averages_allowed: bool = False,
) -> list[Violation]:
    """Return every invariant that every row breaks, by row; an empty list if all hold.

    Without a `market`, what depends on it (symbols, sessions, lots, ticks, volatility) is not
    checked. `volatility_range` has shape `(n, 2)`: the half-open range `[low, high)` in which each
    row's realised volatility must lie; None checks none. `averages_allowed` is for real logs: a
    price that the log itself calls a volume-weighted average of several fills (`price_source`
    contains "vwap") may lie anywhere between the extremes of the bars from entry to exit, not only
    in its own bar.
    """
    average = _says_average(rows) if averages_allowed else np.zeros(len(rows), dtype=np.bool_)
    owner = np.repeat(np.arange(len(rows)), rows.n_bars)
    checked = _Checked(
        rows, market, interval_lengths(rows.interval), owner, average, volatility_range
    )
    found = _apply(COMPLETENESS, checked)
    incomplete = sorted({violation.row for violation in found})
    if incomplete:
        kept = np.setdiff1d(np.arange(len(rows)), incomplete)
        part = _part(checked, kept)
        later = [
            Violation(int(kept[v.row]), v.invariant, v.criterion, v.field, v.value, v.expected)
            for v in (_apply(CONSISTENCY, part) if len(kept) else [])
        ]
    else:
        later = _apply(CONSISTENCY, checked)
    return sorted([*found, *later], key=lambda violation: violation.row)


def _part(checked: _Checked, kept: npt.NDArray[np.intp]) -> _Checked:
    rows = checked.rows.select(kept)
    return _Checked(
        rows,
        checked.market,
        checked.interval[kept],
        np.repeat(np.arange(len(rows)), rows.n_bars),
        checked.may_be_average[kept],
        None if checked.volatility_range is None else checked.volatility_range[kept],
    )


def _apply(invariants: tuple[Invariant, ...], checked: _Checked) -> list[Violation]:
    found: list[Violation] = []
    for invariant in invariants:
        seen: set[int] = set()
        for fault in invariant.find(checked):
            if fault.row in seen:
                continue
            seen.add(fault.row)
            place = fault.field
            if fault.bar is not None:
                place = f"bars[{fault.bar - int(checked.rows.offsets[fault.row])}].{fault.field}"
            found.append(
                Violation(
                    fault.row,
                    invariant.name,
                    invariant.criterion,
                    place,
                    fault.value,
                    fault.expected,
                )
            )
    return found


def _says_average(rows: Rows) -> BoolArray:
    sources = rows.extras.get(AVERAGE_PRICE_COLUMN)
    if sources is None:
        return np.zeros(len(rows), dtype=np.bool_)
    return np.array(["vwap" in str(source).lower() for source in sources], dtype=np.bool_)


def _text(value: float) -> str:
    return f"{value:.10g}"


def _rows(broken: BoolArray) -> list[int]:
    """Return the indices where a per-row condition is broken."""
    return np.flatnonzero(broken).tolist()


def _bad_bars(checked: _Checked, ok: BoolArray) -> Iterator[tuple[int, int]]:
    """Yield (row, flat bar index) where a per-bar condition fails."""
    for bar in np.flatnonzero(~ok):
        yield int(checked.owner[bar]), int(bar)


def _enough_bars(checked: _Checked) -> Iterator[_Fault]:
    for row in _rows(checked.rows.n_bars <= LOOKBACK):
        count = int(checked.rows.n_bars[row])
        expected = f"at least {LOOKBACK} bars before the entry bar, then the entry bar"
        yield _Fault(row, "bars", f"{count} bars", expected)


def _finite(checked: _Checked) -> Iterator[_Fault]:
    for name in ("entry_price", "exit_price", "quantity"):
        values = getattr(checked.rows, name)
        for row in _rows(~np.isfinite(values)):
            yield _Fault(row, name, _text(values[row]), "a finite number")
    for name in BAR_FIELDS[1:]:
        values = getattr(checked.rows.bars, name)
        for row, bar in _bad_bars(checked, np.isfinite(values)):
            yield _Fault(row, name, _text(values[bar]), "a finite number", bar)
    for name, own in checked.rows.extras.items():
        finite = [not isinstance(value, float) or math.isfinite(value) for value in own]
        for row in _rows(~np.array(finite, dtype=np.bool_)):
            yield _Fault(row, f"extras.{name}", _text(own[row]), "a finite number, or none")


def _magnitudes(checked: _Checked) -> Iterator[_Fault]:
    """Zero and negative numbers are the matter of other invariants."""
    for name in ("entry_price", "exit_price", "quantity"):
        values = getattr(checked.rows, name)
        for row in _rows(_absurd(values)):
            yield _Fault(row, name, _text(values[row]), _A_SANE_NUMBER)
    for name in BAR_FIELDS[1:]:
        values = getattr(checked.rows.bars, name)
        for row, bar in _bad_bars(checked, ~_absurd(values)):
            yield _Fault(row, name, _text(values[bar]), _A_SANE_NUMBER, bar)


def _absurd(values: FloatArray) -> BoolArray:
    size = np.abs(values)
    return np.isfinite(values) & ((size > LARGEST) | ((size > 0) & (size < SMALLEST)))


def _times_in_range(checked: _Checked) -> Iterator[_Fault]:
    for name in ("entry_time", "exit_time"):
        values = getattr(checked.rows, name)
        for row in _rows((values < FIRST_TIME) | (values >= END_OF_TIMES)):
            yield _Fault(row, name, str(np.datetime64(int(values[row]), "us")), A_TIME_IN_RANGE)
    time = checked.rows.bars.time
    for row, bar in _bad_bars(checked, (time >= FIRST_TIME) & (time < END_OF_TIMES)):
        yield _Fault(row, "time", str(np.datetime64(int(time[bar]), "us")), A_TIME_IN_RANGE, bar)


def _known_names(checked: _Checked) -> Iterator[_Fault]:
    rows = checked.rows
    for row in _rows(checked.interval == 0):
        yield _Fault(
            int(row), "interval", repr(str(rows.interval[row])), f"one of {', '.join(INTERVAL_US)}"
        )
    for row in _rows(~np.isin(rows.side, SIDES)):
        yield _Fault(row, "side", repr(str(rows.side[row])), "'long' or 'short'")
    if checked.market is None:
        return
    for row in _rows(~checked.market.knows(rows.symbol)):
        yield _Fault(row, "symbol", repr(str(rows.symbol[row])), "a symbol that gold has")


def _positive_prices(checked: _Checked) -> Iterator[_Fault]:
    for name in ("entry_price", "exit_price"):
        values = getattr(checked.rows, name)
        for row in _rows(values <= 0):
            yield _Fault(row, name, _text(values[row]), "a price above 0")
    for name in PRICE_FIELDS:
        values = getattr(checked.rows.bars, name)
        for row, bar in _bad_bars(checked, values > 0):
            yield _Fault(row, name, _text(values[bar]), "a price above 0", bar)


def _volume(checked: _Checked) -> Iterator[_Fault]:
    volume = checked.rows.bars.volume
    for row, bar in _bad_bars(checked, volume >= 0):
        yield _Fault(row, "volume", _text(volume[bar]), "0 or more", bar)


def _high_low(checked: _Checked) -> Iterator[_Fault]:
    bars = checked.rows.bars
    top, bottom = np.maximum(bars.open, bars.close), np.minimum(bars.open, bars.close)
    for row, bar in _bad_bars(checked, bars.high >= top):
        expected = f"at least max(open, close) = {_text(top[bar])}"
        yield _Fault(row, "high", _text(bars.high[bar]), expected, bar)
    for row, bar in _bad_bars(checked, bars.low <= bottom):
        expected = f"at most min(open, close) = {_text(bottom[bar])}"
        yield _Fault(row, "low", _text(bars.low[bar]), expected, bar)


def _increasing(checked: _Checked) -> Iterator[_Fault]:
    time = checked.rows.bars.time
    ok = np.ones(len(time), dtype=np.bool_)
    ok[1:] = (np.diff(time) > 0) | (np.diff(checked.owner) > 0)
    for row, bar in _bad_bars(checked, ok):
        before = from_microseconds(time[bar - 1]).isoformat()
        found = from_microseconds(time[bar]).isoformat()
        yield _Fault(row, "time", found, f"later than the bar before it ({before})", bar)


def _sessions(checked: _Checked) -> Iterator[_Fault]:
    rows = checked.rows
    groups = checked.market.calendar_groups(rows) if checked.market else []
    for calendar, interval, index in groups:
        if len(groups) == 1:
            bars = np.arange(len(rows.bars))
        else:
            bars = np.flatnonzero(np.isin(checked.owner, index))
        ok = calendar.is_slot(rows.bars.time[bars], interval)
        for bar in bars[~ok]:
            row = int(checked.owner[bar])
            found = from_microseconds(rows.bars.time[bar]).isoformat()
            expected = f"an opening time of {rows.interval[row]} bars in calendar {calendar.name}"
            yield _Fault(row, "time", found, expected, int(bar))


def _times_in_bars(checked: _Checked) -> Iterator[_Fault]:
    rows = checked.rows
    for name, bar, place in (
        ("entry_time", rows.entry_bar, f"bars[{LOOKBACK}]"),
        ("exit_time", rows.exit_bar, "the last bar"),
    ):
        value = getattr(rows, name)
        opens = rows.bars.time[bar]
        closes = opens + checked.interval
        for row in _rows((value < opens) | (value >= closes)):
            span = (
                f"{from_microseconds(opens[row]).isoformat()} to "
                f"{from_microseconds(closes[row]).isoformat()}"
            )
            yield _Fault(
                row,
                name,
                from_microseconds(value[row]).isoformat(),
                f"a time inside {place} ({span})",
            )


def _exit_after_entry(checked: _Checked) -> Iterator[_Fault]:
    rows = checked.rows
    for row in _rows(rows.exit_time < rows.entry_time):
        yield _Fault(
            row,
            "exit_time",
            from_microseconds(rows.exit_time[row]).isoformat(),
            f"not before entry_time {from_microseconds(rows.entry_time[row]).isoformat()}",
        )


def _prices_in_bars(checked: _Checked) -> Iterator[_Fault]:
    rows = checked.rows
    for name, bar, place in (
        ("entry_price", rows.entry_bar, f"bars[{LOOKBACK}]"),
        ("exit_price", rows.exit_bar, "the last bar"),
    ):
        value = getattr(rows, name)
        low, high = rows.bars.low[bar], rows.bars.high[bar]
        if checked.may_be_average.any():
            trade_low, trade_high = _trade_extremes(checked)
            low = np.where(checked.may_be_average, trade_low, low)
            high = np.where(checked.may_be_average, trade_high, high)
        rounding = 2 * SINGLE_PRECISION * value
        for row in _rows((value < low - rounding) | (value > high + rounding)):
            average = bool(checked.may_be_average[row])
            where = "the range of the bars from entry to exit" if average else place
            expected = f"a price inside {where} ({_text(low[row])} to {_text(high[row])})"
            yield _Fault(row, name, _text(value[row]), expected)


def _trade_extremes(checked: _Checked) -> tuple[FloatArray, FloatArray]:
    rows = checked.rows
    inside = np.arange(len(rows.bars)) >= rows.entry_bar[checked.owner]
    lows = np.where(inside, rows.bars.low, np.inf)
    highs = np.where(inside, rows.bars.high, -np.inf)
    starts = rows.offsets[:-1]
    return np.minimum.reduceat(lows, starts), np.maximum.reduceat(highs, starts)


def _quantity(checked: _Checked) -> Iterator[_Fault]:
    value = checked.rows.quantity
    for row in _rows(value <= 0):
        yield _Fault(row, "quantity", _text(value[row]), "above 0 (side tells the direction)")
    if checked.market is None:
        return
    lot = checked.market.steps(checked.rows.symbol, "lot")
    for row in _rows(~on_grid(value, lot, 1e-12)):
        yield _Fault(row, "quantity", _text(value[row]), f"a multiple of the lot {_text(lot[row])}")


def _ticks(checked: _Checked) -> Iterator[_Fault]:
    if checked.market is None:
        return
    rows = checked.rows
    fill = checked.market.steps(rows.symbol, "fill_tick")
    for name in ("entry_price", "exit_price"):
        value = getattr(rows, name)
        for row in _rows(~on_grid(value, fill)):
            yield _Fault(row, name, _text(value[row]), f"a multiple of the tick {_text(fill[row])}")
    tick = checked.market.steps(rows.symbol, "price_tick")[checked.owner]
    for name in PRICE_FIELDS:
        value = getattr(rows.bars, name)
        for row, bar in _bad_bars(checked, on_grid(value, tick)):
            expected = f"a multiple of the tick {_text(tick[bar])}"
            yield _Fault(row, name, _text(value[bar]), expected, bar)


def _volatility(checked: _Checked) -> Iterator[_Fault]:
    if checked.market is None or checked.volatility_range is None:
        return
    close = checked.rows.lookback(checked.rows.bars.close)
    priced = np.all(close > 0, axis=1)  # other rows have no volatility; their prices are found
    value = np.full(len(close), np.nan)
    per_year = checked.market.bars_per_year(checked.rows)
    value[priced] = realised_volatility(close[priced], per_year[priced])
    low, high = checked.volatility_range.T
    for row in _rows(priced & ~((value >= low) & (value < high))):
        yield _Fault(
            row,
            "bars",
            f"realised volatility {value[row]:.4f}",
            f"in the bucket asked for, [{low[row]:.4g}, {high[row]:.4g})",
        )


COMPLETENESS = (
    Invariant(
        "enough_bars", "completeness", "64 lookback bars and the entry bar are there", _enough_bars
    ),
    Invariant("finite_numbers", "completeness", "every number is finite", _finite),
    Invariant(
        "sane_magnitudes",
        "completeness",
        f"prices, quantities and volumes that are not 0 lie between {SMALLEST:g} and {LARGEST:g}",
        _magnitudes,
    ),
    Invariant(
        "times_in_range",
        "completeness",
        f"times lie from the year {FIRST_YEAR} on and before {LAST_YEAR}",
        _times_in_range,
    ),
    Invariant("known_names", "completeness", "side, interval and symbol are known", _known_names),
)
CONSISTENCY = (
    Invariant("positive_prices", "consistency", "prices are above 0", _positive_prices),
    Invariant("volume_not_negative", "consistency", "volume is 0 or more", _volume),
    Invariant(
        "high_low_order",
        "consistency",
        "low <= min(open, close) <= max(open, close) <= high",
        _high_low,
    ),
    Invariant("bar_times_increase", "consistency", "bar times strictly increase", _increasing),
    Invariant(
        "bars_on_sessions", "consistency", "bars open when the market's bars open", _sessions
    ),
    Invariant(
        "times_in_bars", "consistency", "entry and exit happen inside their bars", _times_in_bars
    ),
    Invariant("exit_after_entry", "consistency", "exit is not before entry", _exit_after_entry),
    Invariant(
        "prices_in_bars",
        "consistency",
        "entry and exit price lie inside their bars",
        _prices_in_bars,
    ),
    Invariant(
        "quantity_on_lot", "consistency", "quantity is above 0 and a multiple of the lot", _quantity
    ),
    Invariant("prices_on_tick", "consistency", "prices are multiples of the tick", _ticks),
    Invariant(
        "volatility_in_bucket",
        "consistency",
        "realised volatility lies in the bucket asked for",
        _volatility,
    ),
)
INVARIANTS = COMPLETENESS + CONSISTENCY
"""Every invariant, in the order in which they are checked."""
