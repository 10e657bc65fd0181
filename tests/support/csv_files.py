"""CSV files as users have them: wide bars, bars in a cell, bars in a file of their own."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.rows import Record
from tradegen.data.row import BAR_FIELDS


def without_bars(rows: Iterable[Record]) -> list[Record]:
    """Return the records without their bars."""
    return [{name: value for name, value in row.items() if name != "bars"} for row in rows]


def write_wide_csv(
    path: Path,
    rows: Sequence[Record],
    *,
    delimiter: str = ",",
    bom: bool = False,
    decimal: str = ".",
    column: str = "{field}_{number}",
) -> Path:
    """Write records with one column for each field of each bar."""
    wide = [
        {
            **row,
            **{
                column.format(field=field, number=number): value
                for number, bar in enumerate(bars)
                for field, value in bar.items()
            },
        }
        for row, bars in zip(without_bars(rows), (r.get("bars", []) for r in rows), strict=True)
    ]
    return _write(path, wide, delimiter, bom, decimal)


def write_csv(path: Path, rows: Sequence[Record], *, delimiter: str = ",") -> Path:
    """Write records; bars, where they have any, as JSON in one cell."""
    cells = [{**row, "bars": json.dumps(row["bars"])} if "bars" in row else row for row in rows]
    return _write(path, cells, delimiter)


def write_bars_csv(
    path: Path, rows: Iterable[Record], *, key: str = "symbol", delimiter: str = ","
) -> Path:
    """Write the bars of records, one a line, under their symbol or their trade_id."""
    bars = {(row[key], bar["time"]): bar for row in rows for bar in row["bars"]}
    lines = [
        {key: name, **{field: bar[field] for field in BAR_FIELDS}}
        for (name, _), bar in sorted(bars.items(), key=lambda item: item[0])
    ]
    return _write(path, lines, delimiter)


def _write(
    path: Path,
    rows: Sequence[Mapping[str, Any]],
    delimiter: str,
    bom: bool = False,
    decimal: str = ".",
) -> Path:
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {
            name: str(value).replace(".", decimal) if isinstance(value, float) else value
            for name, value in row.items()
        }
        for row in rows
    )
    path.write_text(text.getvalue(), encoding="utf-8-sig" if bom else "utf-8")
    return path
