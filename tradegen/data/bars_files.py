"""Bars kept in a file of their own, and their join with the trades they belong to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from tradegen.data.column_names import refuse_same_names
from tradegen.data.local_time import in_zone
from tradegen.data.parquet import first_of, in_utc, read_table
from tradegen.data.regular_file import why_no_file
from tradegen.data.row import (
    A_TIME_IN_RANGE,
    BAR_FIELDS,
    END_OF_TIMES,
    FIRST_TIME,
    FIRST_YEAR,
    LAST_YEAR,
    LOOKBACK,
    Bars,
    IntArray,
    from_microseconds,
    to_microseconds,
)
from tradegen.errors import GoldError

Key = tuple[str, str | None]
"""A symbol, or a trade_id, with its interval where the file names one."""

_TEXT = ("symbol", "trade_id", "interval")

_Part = tuple[Path, Bars]


@dataclass(frozen=True, slots=True)
class RawBars:
    """Bars of one symbol as they lie in a file: in its order, repeated ones included.

    `row` holds the numbers of its data rows, from 1. A missing price or volume is NaN.
    """

    path: Path
    row: IntArray
    bars: Bars


@dataclass(frozen=True, slots=True)
class BarsTable:
    """Bars by trade_id (taken as they are) and by symbol (joined on symbol and time)."""

    by_trade: Mapping[Key, Bars]
    by_symbol: Mapping[Key, Bars]

    def around(self, record: Mapping[str, Any], entry: int, exit_: int) -> Bars:
        """Return a trade's window: 64 bars before the entry bar, up to the exit bar.

        `entry` and `exit_` are microseconds since 1970; of an exit before the entry bar no more
        is said here than that the window ends with that bar. Raises `LookupError`, whose text
        says what would be needed.
        """
        own = _find(self.by_trade, record, "trade_id")
        if own is not None:
            return own
        bars = _find(self.by_symbol, record, "symbol")
        if bars is None:
            kinds = {"trade_id": self.by_trade, "symbol": self.by_symbol}
            names = " or ".join(str(record.get(kind)) for kind, held in kinds.items() if held)
            raise LookupError(f"bars of {names} ({record.get('interval')}) in the bars file")
        first = int(np.searchsorted(bars.time, entry, side="right")) - 1 - LOOKBACK
        last = int(np.searchsorted(bars.time, exit_, side="right")) - 1
        if first < 0:
            raise LookupError(
                f"{LOOKBACK} bars of {record['symbol']} before the entry bar; the bars file has "
                f"{max(first + LOOKBACK, 0)}"
            )
        return bars[first : max(last, first + LOOKBACK) + 1]


def _find(bars: Mapping[Key, Bars], record: Mapping[str, Any], kind: str) -> Bars | None:
    name = str(record.get(kind))
    return bars.get((name, str(record.get("interval"))), bars.get((name, None)))


def read_bars(paths: Sequence[Path], tz: ZoneInfo | None) -> BarsTable:
    """Read bars from Parquet or CSV files; times without a zone are taken to be in `tz`.

    Columns: `symbol` (or `trade_id`), `time`, `open`, `high`, `low`, `close`, `volume` and,
    optionally, `interval`. Several files may complete each other, also for one symbol.

    Raises `GoldError` for an unreadable file, a missing column, a value of the wrong kind, two
    bars of one symbol at one time in a file, or bars of two files that contradict each other.
    """
    found: dict[str, dict[Key, list[_Part]]] = {"trade_id": {}, "symbol": {}}
    for path in paths:
        table = _read_table(path)
        kind = "symbol" if "symbol" in table.column_names else "trade_id"
        _refuse_missing(path, table, BAR_FIELDS[1:])
        for key, raw in _split(path, table, kind, tz).items():
            found[kind].setdefault(key, []).append((path, _in_order(key, raw)))
    by_trade, by_symbol = (
        {key: _merged(key, parts) for key, parts in held.items()} for held in found.values()
    )
    return BarsTable(by_trade, by_symbol)


def read_raw_bars(paths: Sequence[Path], tz: ZoneInfo | None) -> dict[Key, list[RawBars]]:
    """Read bars by symbol as `read_bars` does, but as they are: who asks looks for their faults.

    Raises `GoldError` for an unreadable file, a missing column, bars by trade_id, or a value of
    the wrong kind.
    """
    found: dict[Key, list[RawBars]] = {}
    for path in paths:
        table = _read_table(path)
        if "symbol" not in table.column_names:
            raise GoldError(f"{path}: bars by trade_id; bars by symbol are needed here")
        for key, raw in _split(path, table, "symbol", tz).items():
            found.setdefault(key, []).append(raw)
    return found


def _merged(key: Key, parts: Sequence[_Part]) -> Bars:
    """Return the bars of all files in order, each once."""
    if len(parts) == 1:
        return parts[0][1]
    bars = Bars.concatenate([part for _, part in parts])
    path_of = np.repeat(np.arange(len(parts)), [len(part) for _, part in parts])
    order = np.argsort(bars.time, kind="stable")
    again = np.flatnonzero(np.diff(bars.time[order]) == 0) + 1
    for name in BAR_FIELDS[1:]:
        column = getattr(bars, name)[order]
        differing = again[~np.isclose(column[again], column[again - 1], 0, 0, equal_nan=True)]
        if len(differing):
            at = order[differing[0] - 1 : differing[0] + 1]
            one, two = (parts[path_of[k]][0] for k in at)
            values = " and ".join(f"{getattr(bars, name)[k]:g}" for k in at)
            raise GoldError(
                f"{two}: {name} of {key[0]} at {from_microseconds(bars.time[at[0]]).isoformat()} "
                f"contradicts {one} ({values}); drop one of the two bars"
            )
    kept = np.delete(order, again)
    return Bars(*(getattr(bars, name)[kept] for name in BAR_FIELDS))


def _read_table(path: Path) -> pa.Table:
    if (wrong := why_no_file(path)) is not None:
        raise GoldError(f"{path}: {wrong}")
    try:
        is_parquet = path.suffix.lower() in (".parquet", ".pq")
        table = read_table(path) if is_parquet else _read_csv(path)
    except (pa.ArrowInvalid, OSError, UnicodeDecodeError) as error:
        raise GoldError(f"{path}: not readable as bars: {error}") from error
    refuse_same_names(path, table.column_names)
    missing = [name for name in BAR_FIELDS if name not in table.column_names]
    if missing or not {"symbol", "trade_id"} & set(table.column_names):
        raise GoldError(
            f"{path}: missing column(s) {', '.join(missing) or 'symbol'}; "
            f"expected symbol, {', '.join(BAR_FIELDS)}; found {', '.join(table.column_names)}"
        )
    return table


def _read_csv(path: Path) -> pa.Table:
    with path.open(encoding="utf-8-sig") as file:
        header = file.readline()
    delimiter = max(",;\t|", key=header.count)
    table = pacsv.read_csv(
        path,
        parse_options=pacsv.ParseOptions(delimiter=delimiter),
        convert_options=pacsv.ConvertOptions(
            strings_can_be_null=True,
            column_types=dict.fromkeys(_TEXT + BAR_FIELDS, pa.string()),
        ),
    )
    refuse_same_names(path, table.column_names)
    for name in (name for name in BAR_FIELDS[1:] if name in table.column_names):
        at = table.column_names.index(name)
        table = table.set_column(at, name, _numbers(path, name, table[name]))
    return table


def _numbers(path: Path, name: str, cells: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return pc.cast(pc.utf8_trim_whitespace(cells), pa.float64())
    except pa.ArrowInvalid as error:
        for row, cell in enumerate(cells.to_pylist(), start=1):
            if cell is not None and not _is_number(cell):
                raise GoldError(
                    f"{path}, row {row}: {name} is {cell!r}; expected a number with a decimal point"
                ) from error
        raise


def _is_number(cell: str) -> bool:
    try:
        pc.cast(pa.scalar(cell.strip()), pa.float64())
    except pa.ArrowInvalid:
        return False
    return True


def _split(path: Path, table: pa.Table, key: str, tz: ZoneInfo | None) -> dict[Key, RawBars]:
    keys = [key, "interval"] if "interval" in table.column_names else [key]
    _refuse_missing(path, table, (*keys, "time"))
    for name in BAR_FIELDS[1:]:
        kind = table[name].type
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
            first = table[name][0].as_py()
            raise GoldError(f"{path}: {name} has type {kind} (e.g. {first!r}); expected numbers")
    time = _utc(path, table["time"], tz)
    names = [table[name].to_pylist() for name in keys]
    groups: dict[Key, list[int]] = {}
    for row, values in enumerate(zip(*names, strict=True)):
        found = (str(values[0]), str(values[1]) if len(values) > 1 else None)
        groups.setdefault(found, []).append(row)
    numbers = [
        pc.cast(table[name], pa.float64()).combine_chunks().to_numpy(zero_copy_only=False)
        for name in BAR_FIELDS[1:]
    ]
    result = {}
    for found, rows in groups.items():
        index = np.array(rows, dtype=np.int64)
        bars = Bars(time[index], *(column[index] for column in numbers))
        result[found] = RawBars(path, index + 1, bars)
    return result


def _refuse_missing(path: Path, table: pa.Table, names: Sequence[str]) -> None:
    for name in names:
        if table[name].null_count:
            row = table[name].is_null().index(True).as_py() + 1
            raise GoldError(f"{path}, row {row}: {name} is missing")


def _in_order(key: Key, raw: RawBars) -> Bars:
    order = np.argsort(raw.bars.time, kind="stable")
    twice = np.flatnonzero(np.diff(raw.bars.time[order]) == 0)
    if len(twice):
        rows = " and ".join(str(row) for row in sorted(raw.row[order[twice[0] : twice[0] + 2]]))
        raise GoldError(f"{raw.path}, rows {rows}: two bars of {key[0]} open at the same time")
    return Bars(*(getattr(raw.bars, name)[order] for name in BAR_FIELDS))


def _utc(path: Path, column: pa.ChunkedArray, tz: ZoneInfo | None) -> IntArray:
    """Return times as microseconds since 1970; those that carry no zone are in `tz`."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = pa.chunked_array([_parsed(path, column.to_pylist(), tz)])
    elif not (pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)):
        raise GoldError(
            f"{path}: time has type {column.type} (e.g. {first_of(column)}); expected "
            "timestamps, or ISO 8601 text such as 2024-01-31T14:30:00Z"
        )
    aware = in_utc(str(path), "time", column, tz)
    time = np.ascontiguousarray(aware.cast(pa.int64()).to_numpy())
    outside = np.flatnonzero((time < FIRST_TIME) | (time >= END_OF_TIMES))
    if len(outside):
        row = int(outside[0])
        found = np.datetime64(int(time[row]), "us")
        raise GoldError(f"{path}, row {row + 1}: time is {found}; expected {A_TIME_IN_RANGE}")
    return time


def _parsed(path: Path, texts: list[str], tz: ZoneInfo | None) -> pa.Array:
    moments = [_moment(path, row, text, tz) for row, text in enumerate(texts, start=1)]
    return pa.array(moments, pa.int64()).cast(pa.timestamp("us", tz="UTC"))


def _moment(path: Path, row: int, text: str, tz: ZoneInfo | None) -> int:
    found = f"{path}, row {row}: time is {text!r}"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise GoldError(f"{found}; expected ISO 8601 such as 2024-01-31T14:30:00Z") from error
    if not FIRST_YEAR <= moment.year < LAST_YEAR:
        raise GoldError(f"{found}; expected {A_TIME_IN_RANGE}")
    if moment.tzinfo is not None:
        return to_microseconds(moment)
    if tz is None:
        raise GoldError(
            f"{found}, without a time zone; expected an offset from UTC, e.g. "
            "2024-01-31T14:30:00Z, or pass --tz ZONE"
        )
    try:
        return to_microseconds(in_zone(moment, tz))
    except ValueError as error:
        raise GoldError(f"{found}; {error}") from error
