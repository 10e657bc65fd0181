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

from tradegen.data.local_time import in_zone
from tradegen.data.parquet import in_utc, read_table
from tradegen.data.row import BAR_FIELDS, LOOKBACK, Bars, IntArray, to_microseconds
from tradegen.errors import GoldError

Key = tuple[str, str | None]
"""A symbol, or a trade_id, with its interval where the file names one."""


@dataclass(frozen=True, slots=True)
class BarsTable:
    """Bars by symbol (joined on symbol and time) or by trade_id (taken as they are)."""

    by_trade: bool
    bars: Mapping[Key, Bars]

    def around(self, record: Mapping[str, Any], entry: int, exit_: int) -> Bars:
        """Return a trade's window: 64 bars before the entry bar, up to the exit bar.

        `entry` and `exit_` are microseconds since 1970. Raises `LookupError`, whose text says
        what would be needed.
        """
        name = str(record.get("trade_id" if self.by_trade else "symbol"))
        interval = record.get("interval")
        bars = self.bars.get((name, str(interval)), self.bars.get((name, None)))
        if bars is None:
            raise LookupError(f"bars of {name} ({interval}) in the bars file")
        if self.by_trade:
            return bars
        first = int(np.searchsorted(bars.time, entry, side="right")) - 1 - LOOKBACK
        last = int(np.searchsorted(bars.time, exit_, side="right")) - 1
        if first < 0:
            raise LookupError(
                f"{LOOKBACK} bars of {name} before the entry bar; the bars file has "
                f"{max(first + LOOKBACK, 0)}"
            )
        return bars[first : last + 1]


def read_bars(paths: Sequence[Path], tz: ZoneInfo | None) -> BarsTable:
    """Read bars from Parquet or CSV files; times without a zone are taken to be in `tz`.

    Columns: `symbol` (or `trade_id`), `time`, `open`, `high`, `low`, `close`, `volume` and,
    optionally, `interval`.

    Raises `GoldError` for an unreadable file, a missing column, a value of the wrong kind or two
    bars of one symbol at one time.
    """
    tables = [_read_table(path) for path in paths]
    by_trade = all("symbol" not in table.column_names for table in tables)
    key_name = "trade_id" if by_trade else "symbol"
    bars: dict[Key, Bars] = {}
    for path, table in zip(paths, tables, strict=True):
        for key, part in _split(path, table, key_name, tz).items():
            if key in bars:
                raise GoldError(f"{path}: bars of {key[0]} are in another bars file too")
            bars[key] = part
    return BarsTable(by_trade, bars)


def _read_table(path: Path) -> pa.Table:
    try:
        is_parquet = path.suffix.lower() in (".parquet", ".pq")
        table = read_table(path) if is_parquet else _read_csv(path)
    except FileNotFoundError as error:
        raise GoldError(f"{path}: no such file") from error
    except (pa.ArrowInvalid, OSError, UnicodeDecodeError) as error:
        raise GoldError(f"{path}: not readable as bars: {error}") from error
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
    text = ("symbol", "trade_id", "interval", "time")
    return pacsv.read_csv(
        path,
        parse_options=pacsv.ParseOptions(delimiter=delimiter),
        convert_options=pacsv.ConvertOptions(
            strings_can_be_null=True,
            column_types={
                **dict.fromkeys(text, pa.string()),
                **dict.fromkeys(BAR_FIELDS[1:], pa.float64()),
            },
        ),
    )


def _split(path: Path, table: pa.Table, key: str, tz: ZoneInfo | None) -> dict[Key, Bars]:
    keys = [key, "interval"] if "interval" in table.column_names else [key]
    for name in (*keys, *BAR_FIELDS):
        if table[name].null_count:
            row = table[name].is_null().index(True).as_py() + 1
            raise GoldError(f"{path}, row {row}: {name} is missing")
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
        pc.cast(table[name], pa.float64()).combine_chunks().to_numpy() for name in BAR_FIELDS[1:]
    ]
    result = {}
    for found, index in groups.items():
        order = np.array(index)[np.argsort(time[index], kind="stable")]
        twice = np.flatnonzero(np.diff(time[order]) == 0)
        if len(twice):
            rows = " and ".join(str(row + 1) for row in sorted(order[twice[0] : twice[0] + 2]))
            raise GoldError(f"{path}, rows {rows}: two bars of {found[0]} open at the same time")
        result[found] = Bars(time[order], *(column[order] for column in numbers))
    return result


def _utc(path: Path, column: pa.ChunkedArray, tz: ZoneInfo | None) -> IntArray:
    """Return times as microseconds since 1970; those that carry no zone are in `tz`."""
    if pa.types.is_string(column.type):
        column = pa.chunked_array([_parsed(path, column.to_pylist(), tz)])
    elif not (pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)):
        raise GoldError(
            f"{path}: time has type {column.type} (e.g. {column[0].as_py()!r}); expected "
            "timestamps, or ISO 8601 text such as 2024-01-31T14:30:00Z"
        )
    aware = in_utc(str(path), "time", column, tz)
    return np.ascontiguousarray(aware.cast(pa.int64()).to_numpy())


def _parsed(path: Path, texts: list[str], tz: ZoneInfo | None) -> pa.Array:
    moments = [_moment(path, row, text, tz) for row, text in enumerate(texts, start=1)]
    return pa.array(moments, pa.int64()).cast(pa.timestamp("us", tz="UTC"))


def _moment(path: Path, row: int, text: str, tz: ZoneInfo | None) -> int:
    found = f"{path}, row {row}: time is {text!r}"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise GoldError(f"{found}; expected ISO 8601 such as 2024-01-31T14:30:00Z") from error
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
