"""Speed of the backtest.

    python -m benchmarks.backtest [--n 10000]

The demo rows, over and over: seconds for the replay, the daily equity, the metrics with their
intervals, all strategies, their agreement with those of the demo rows, and each strategy alone.
"""

import argparse

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.indicators import demo_rows, seconds
from tradegen.backtest.agreement import Results, agreement
from tradegen.backtest.costs import Costs
from tradegen.backtest.equity import daily_equity, market_days
from tradegen.backtest.metrics import daily_metrics, trade_metrics
from tradegen.backtest.replay import replay
from tradegen.backtest.strategies import STRATEGIES, run_strategies
from tradegen.fidelity.overlap import overlap_groups

_DAYS_PER_YEAR = 365.0


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=10_000)
    n = parser.parse_args().n
    rows, _ = demo_rows(n)
    costs, rng = Costs(), np.random.default_rng(0)
    replayed, groups, days = replay(rows, costs), overlap_groups(rows), market_days(rows)
    equity = daily_equity(replayed, days)
    real, _ = demo_rows(480)
    results = [Results(run_strategies(one, costs), overlap_groups(one)) for one in (real, rows)]
    table = Table(title=f"{n:,} rows, the shortest of several times")
    for name in ("what", "seconds", "microseconds a row"):
        table.add_column(name, justify="left" if name == "what" else "right")

    def add(what: str, taken: float) -> None:
        table.add_row(what, f"{taken:.3f}", f"{1e6 * taken / n:.1f}")

    add("replay", seconds(lambda: replay(rows, costs)))
    add("daily equity", seconds(lambda: daily_equity(replayed, days)))
    add("daily metrics", seconds(lambda: daily_metrics(equity, _DAYS_PER_YEAR, rng)))
    add("groups of trades", seconds(lambda: overlap_groups(rows)))
    add("trade metrics", seconds(lambda: trade_metrics(replayed, groups, _DAYS_PER_YEAR, rng)))
    add("all strategies", seconds(lambda: run_strategies(rows, costs)))
    add("agreement", seconds(lambda: agreement(results[0], results[1], rng)))
    table.add_section()
    for strategy in STRATEGIES:
        add(strategy.name, seconds(lambda one=strategy: run_strategies(rows, costs, (one,))))  # type: ignore[misc]
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
