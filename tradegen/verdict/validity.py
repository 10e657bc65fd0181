"""Validity: do rows keep the contract's invariants?"""

from tradegen.backtest.clustered import Measured
from tradegen.data.invariants import find_violations
from tradegen.data.market import Market
from tradegen.data.rows import Rows
from tradegen.verdict.measured import share

VALID = "rows that keep every invariant"


def measure_validity(rows: Rows, market: Market) -> dict[str, Measured]:
    """Return the share of rows that keep every invariant, gold's market and grids included."""
    broken = {one.row for one in find_violations(rows, market, averages_allowed=True)}
    return {VALID: share(len(rows) - len(broken), len(rows))}
