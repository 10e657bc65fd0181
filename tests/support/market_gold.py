"""Gold of markets that rest: made rows on the sessions of an exchange, or of several markets."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq

from tests.support.made_rows import rows_at, us
from tradegen.data.calendars import exchange_calendar
from tradegen.data.gold import Gold, GoldSource, load_gold
from tradegen.data.gold_files import tidy_extras
from tradegen.data.interval import INTERVAL_US
from tradegen.data.row import LOOKBACK, IntArray
from tradegen.data.rows import Rows


def session_times(interval: str, start: str, end: str, exchange: str = "XNYS") -> IntArray:
    """Return the opening times of an exchange's bars between two days."""
    calendar = exchange_calendar(exchange, us(start), us(end))
    return calendar.slots(INTERVAL_US[interval], us(start), us(end))


def trades_on(times: IntArray, holdings: Sequence[int], step: int) -> list[IntArray]:
    """Return windows of one trade every `step` bars, held for these numbers of bars in turn."""
    longest = LOOKBACK + 1 + max(holdings)
    return [
        times[first : first + LOOKBACK + 1 + holdings[k % len(holdings)]]
        for k, first in enumerate(range(0, len(times) - longest + 1, step))
    ]


def new_york_rows(interval: str, start: str, end: str, step: int) -> Rows:
    """Return trades in New York that are held for 4 to 23 bars."""
    windows = trades_on(session_times(interval, start, end), range(4, 24), step)
    return rows_at(windows, interval, "NYSE")


def written_to(path: Path, rows: Rows) -> Path:
    """Write rows as a gold file."""
    tidy, extras = tidy_extras(rows)
    pq.write_table(tidy.to_arrow(extras), path)
    return path


def loaded(path: Path, rows: Rows) -> Gold:
    """Return rows as the gold that a run sees."""
    return load_gold(GoldSource(files=(written_to(path, rows),)))
