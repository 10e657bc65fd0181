"""Fetched bars, kept in a Parquet file that says where they come from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tradegen.data.atomic import atomic_file
from tradegen.data.parquet import STAMP
from tradegen.data.row import BAR_FIELDS, Bars, from_microseconds
from tradegen.errors import InputError
from tradegen.providers.protocol import BarsRequest

_ABOUT = b"tradegen.fetched"


@dataclass(frozen=True)
class Cached:
    """What was fetched: bars by symbol, the span asked for of each, and when that was.

    A symbol of which the provider has no bars is known too, so that it is not asked for again.
    """

    source: str
    interval: str
    adjusted: str
    bars: Mapping[str, Bars] = field(default_factory=dict)
    asked: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    fetched_at: Mapping[str, str] = field(default_factory=dict)

    def covers(self, request: BarsRequest) -> bool:
        """Return whether a request has been answered already."""
        first, end = self.asked.get(request.symbol, (0, 0))
        return first <= request.start and request.end <= end

    def with_answer(self, request: BarsRequest, bars: Bars, now: int) -> "Cached":
        """Return this with an answer more, in place of an earlier one for the same symbol."""
        when = from_microseconds(now).isoformat(timespec="seconds")
        return Cached(
            *(self.source, self.interval, self.adjusted),
            bars={**self.bars, request.symbol: bars},
            asked={**self.asked, request.symbol: (request.start, request.end)},
            fetched_at={**self.fetched_at, request.symbol: when},
        )


def read_cache(path: Path, empty: Cached) -> Cached:
    """Return what a file holds; `empty` if it is not there.

    Raises `InputError` for a file that is no cache of the same provider and interval.
    """
    if not path.exists():
        return empty
    try:
        table = pq.ParquetFile(path).read()
        about = json.loads((table.schema.metadata or {})[_ABOUT])
        columns = {name: table[name].to_numpy() for name in BAR_FIELDS[1:]}
        time = table["time"].cast(pa.int64()).to_numpy()
        symbol = np.array(table["symbol"].to_pylist(), dtype=object)
        asked = {name: (int(first), int(end)) for name, (first, end) in about["asked"].items()}
        if (about["source"], about["interval"]) != (empty.source, empty.interval):
            raise ValueError(f"it holds {about['interval']} of {about['source']}")
    except (pa.ArrowInvalid, KeyError, OSError, TypeError, ValueError) as error:
        raise InputError(
            f"{path}: not a file of fetched bars ({error}); move it away, or choose another --out"
        ) from error
    bars = {
        name: Bars(time[symbol == name], *(columns[n][symbol == name] for n in BAR_FIELDS[1:]))
        for name in asked
    }
    return Cached(
        *(empty.source, empty.interval, about["adjusted"]),
        bars=bars,
        asked=asked,
        fetched_at=about["fetched_at"],
    )


def write_cache(path: Path, cached: Cached) -> None:
    """Write fetched bars so that `--bars` reads them, too."""
    names = list(cached.bars)
    every = Bars.concatenate([cached.bars[name] for name in names])
    symbols = np.repeat(np.array(names, dtype=object), [len(cached.bars[name]) for name in names])
    about = {
        "source": cached.source,
        "interval": cached.interval,
        "adjusted": cached.adjusted,
        "asked": cached.asked,
        "fetched_at": cached.fetched_at,
    }
    table = pa.table(
        {
            "symbol": pa.array(symbols.tolist(), pa.string()),
            "interval": pa.array([cached.interval] * len(every), pa.string()),
            "time": pa.array(every.time).cast(STAMP),
            **{name: getattr(every, name) for name in BAR_FIELDS[1:]},
        }
    ).replace_schema_metadata({_ABOUT: json.dumps(about).encode()})
    with atomic_file(path) as part:
        pq.write_table(table, part, compression="zstd")
