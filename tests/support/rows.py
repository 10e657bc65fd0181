"""Rows to test with: the demo gold, and files of every format made from it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tradegen.data.dataset import row_as_json
from tradegen.data.gold import DEMO_GOLD, Gold, GoldSource, load_gold
from tradegen.data.row import Bars, FloatArray, Row
from tradegen.data.rows import Rows

Record = dict[str, Any]


@cache
def demo_gold() -> Gold:
    """Return the demo gold as a run sees it."""
    return load_gold(GoldSource())


@cache
def demo_rows() -> Rows:
    """Return all rows of the demo gold."""
    return Rows.from_arrow(pq.read_table(DEMO_GOLD))


def demo_row(i: int = 0) -> Row:
    """Return one row of the demo gold."""
    return demo_rows().row(i)


def records(n: int, start: int = 0) -> list[Record]:
    """Return rows of the demo gold as flat JSON-like records, to be spoilt by a test."""
    return [json.loads(row_as_json(demo_row(start + k))) for k in range(n)]


def spoilt(n: int, index: int, change: Callable[[Record], None]) -> list[Record]:
    """Return records of which the one at `index` was changed."""
    made = records(n)
    change(made[index])
    return made


def write_jsonl(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write records as JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_parquet(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write records as Parquet in the types that a careful user would choose."""
    stamp = pa.timestamp("us", tz="UTC")
    table = pa.Table.from_pylist(list(rows))
    for name in ("entry_time", "exit_time"):
        if name in table.column_names and pa.types.is_string(table[name].type):
            at = table.column_names.index(name)
            table = table.set_column(at, name, table[name].cast(stamp))
    if "bars" in table.column_names:
        fields = [("time", stamp), *((n, pa.float64()) for n in ("open", "high", "low", "close"))]
        kind = pa.list_(pa.struct([*fields, ("volume", pa.float64())]))
        at = table.column_names.index("bars")
        table = table.set_column(at, "bars", _bars(table["bars"], kind))
    pq.write_table(table, path)
    return path


def with_prices(bars: Bars, change: Callable[[FloatArray], FloatArray]) -> Bars:
    """Return bars whose four prices were changed alike."""
    return replace(
        bars,
        open=change(bars.open),
        high=change(bars.high),
        low=change(bars.low),
        close=change(bars.close),
    )


def _bars(column: Any, kind: pa.DataType) -> pa.Array:
    values = column.to_pylist()
    for bars in values:
        for bar in bars or ():
            if isinstance(bar.get("time"), str):
                bar["time"] = datetime.fromisoformat(bar["time"])
    return pa.array(values, type=kind)
