"""A run as a notebook shows it: buckets asked for against got, and its first trades."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import pyarrow as pa

from tradegen.data.dataset import read_rows
from tradegen.data.row import LOOKBACK, Row
from tradegen.notebook.chart import chart
from tradegen.notebook.markup import (
    BAD,
    GOOD,
    LINES_SHOWN,
    Cell,
    coloured,
    filled,
    more,
    number,
    page,
    small,
    table,
    text,
)

ROWS_SHOWN = 5


def run_view(folder: Path, status: str, manifest: Mapping[str, Any]) -> str:
    """Return the run in `folder` as HTML; if its rows cannot be read, it says so instead."""
    accepted, asked = manifest["accepted"], manifest["asked"]
    colour = GOOD if status == "done" else BAD
    title = (
        f"<p><b>{escape(folder.name)}</b>: {accepted:,} of {asked:,} rows accepted "
        f"({coloured(status, colour)}), {manifest['seconds']:.1f} s</p>"
    )
    return page(title, _buckets(manifest["buckets"]), *_trades(folder, accepted))


def _buckets(buckets: Sequence[Mapping[str, Any]]) -> str:
    lines = (
        (
            text(bucket["bucket"]),
            number(f"{bucket['asked']:,}"),
            number(f"{bucket['accepted']:,}"),
            Cell(filled(bucket["accepted"] / bucket["asked"] if bucket["asked"] else 1.0)),
        )
        for bucket in buckets[:LINES_SHOWN]
    )
    told = table(
        "Volatilities: rows asked for, and got", ("volatility", "asked", "accepted", ""), lines
    )
    return told + more(len(buckets))


def _trades(folder: Path, accepted: int) -> Iterator[str]:
    path = folder / "rows.parquet"
    if not accepted:
        return
    try:
        first = next(read_rows(path))
    except (OSError, ValueError, KeyError, StopIteration, pa.ArrowException) as error:
        yield small(f"{path} cannot be read ({error}): its trades are not shown")
        return
    rows = [first.row(i) for i in range(min(len(first), ROWS_SHOWN))]
    yield table(
        f"The first {len(rows)} of them" if accepted > len(rows) else "All of them",
        ("", "symbol", "side", "entry", "in at", "out at", "bars held", "return"),
        map(_trade, rows),
    )
    yield small("dashed: the entry bar; ring: entry; dot: exit; result.to_pandas() has all rows")


def _trade(row: Row) -> tuple[Cell, ...]:
    direction = 1 if row.side == "long" else -1
    gained = direction * (row.exit_price / row.entry_price - 1)
    return (
        Cell(chart(row)),
        text(row.symbol),
        text(row.side),
        text(f"{row.entry_time:%Y-%m-%d %H:%M}"),
        number(f"{row.entry_price:g}"),
        number(f"{row.exit_price:g}"),
        number(f"{len(row.bars) - 1 - LOOKBACK} of {row.interval}"),
        Cell(coloured(f"{gained:+.2%}", GOOD if gained > 0 else BAD), is_number=True),
    )
