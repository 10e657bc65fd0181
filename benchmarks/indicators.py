"""Speed of the indicators at entry.

    python -m benchmarks.indicators [--n 10000] [--indicator "kc(length=20)"]

The demo rows, over and over: seconds for the default set, by itself and into a file, and for each
indicator of it; then for each one asked for, on a tenth of the rows, scaled up.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from tradegen.data.gold import GoldSource, load_gold
from tradegen.data.row import FloatArray
from tradegen.data.rows import Rows
from tradegen.indicators.asked import compute_asked, read_all
from tradegen.indicators.catalogue import DEFAULT_SET
from tradegen.indicators.compute import at_entry
from tradegen.indicators.features import write_features
from tradegen.indicators.windows import Windows

_TIMES = 3


def seconds(call: Callable[[], object]) -> float:
    """Return the shortest time that a call takes."""
    taken = []
    for _ in range(_TIMES):
        started = time.perf_counter()
        call()
        taken.append(time.perf_counter() - started)
    return min(taken)


def demo_rows(n: int) -> tuple[Rows, FloatArray]:
    """Return `n` rows of the demo gold, repeated, and their bars per year."""
    gold = load_gold(GoldSource(holdout=0.0))
    rows = gold.train.select(np.arange(n) % len(gold.train))
    return rows, gold.market.bars_per_year(rows)


def into_a_file(rows: Rows, bars_per_year: FloatArray) -> None:
    """Write the default set as a run does, 1,000 rows at a time."""
    starts = range(0, len(rows), 1000)
    batches = ((rows.slice(k, k + 1000), bars_per_year[k : k + 1000]) for k in starts)
    with tempfile.TemporaryDirectory() as folder:
        write_features(Path(folder) / "features.parquet", batches, synthetic=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--indicator", action="append", default=[])
    arguments = parser.parse_args()
    n = arguments.n
    rows, bars_per_year = demo_rows(n)
    windows = Windows.before_entry(rows, bars_per_year)
    table = Table(title=f"{n:,} rows, shortest of {_TIMES}")
    for name in ("what", "seconds", "microseconds a row"):
        table.add_column(name, justify="left" if name == "what" else "right")

    def add(what: str, taken: float) -> None:
        table.add_row(what, f"{taken:.3f}", f"{1e6 * taken / n:.1f}")

    add("default set", seconds(lambda: at_entry(rows, bars_per_year)))
    add("default set into a file", seconds(lambda: into_a_file(rows, bars_per_year)))
    table.add_section()
    for indicator in DEFAULT_SET:
        columns = ", ".join(indicator.columns)
        add(columns, seconds(lambda indicator=indicator: indicator.compute(windows)))  # type: ignore[misc]
    table.add_section()
    tenth = Windows.before_entry(rows.slice(0, n // 10), bars_per_year[: n // 10])
    for asked in read_all(arguments.indicator or ["kc(length=20)", "hma", "supertrend"]):
        add(str(asked), 10 * seconds(lambda asked=asked: compute_asked(asked, tenth)))  # type: ignore[misc]
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
