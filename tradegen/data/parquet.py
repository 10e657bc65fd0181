"""Parquet tables: read without importing pandas, their times brought to UTC microseconds."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tradegen.errors import GoldError

UNREADABLE = "one that cannot be read"
STAMP = pa.timestamp("us", tz="UTC")


def read_table(path: Path) -> pa.Table:
    """Return all of a Parquet file. Raises `pa.ArrowInvalid` or `OSError` if it is none."""
    with pq.ParquetFile(path) as file:  # read_table would bring pyarrow's dataset machinery
        return file.read()


def first_of(column: Any) -> str:
    """Return the first value of a column as text to show."""
    present = column.drop_null()
    return example(present[0]) if len(present) else "none"


def example(value: pa.Scalar) -> str:
    """Return a value as text to show, `UNREADABLE` where Python has none like it."""
    try:
        return repr(value.as_py())
    except (OverflowError, ValueError, KeyError):  # a year or a zone that Python does not know
        return UNREADABLE


def in_utc(place: str, name: str, column: Any, tz: ZoneInfo | None) -> Any:
    """Return a column of timestamps or dates in microseconds UTC; finer times are cut off.

    Values without a zone are in `tz`. Raises `GoldError`, naming place and column, if there is
    none, or if a time occurs twice or never in it (when clocks change).
    """
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return pc.cast(column, STAMP, safe=False)
    if tz is None:
        raise GoldError(
            f"{place}: {name} has times without a time zone (e.g. {first_of(column)}); expected "
            "timestamps with a time zone; or pass --tz ZONE"
        )
    try:
        local = pc.assume_timezone(pc.cast(column, pa.timestamp("us"), safe=False), tz.key)
    except pa.ArrowInvalid as error:
        raise GoldError(f"{place}: {name}: {error}; write this time with its offset") from error
    return pc.cast(local, STAMP)
