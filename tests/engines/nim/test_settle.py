import numpy as np
import pytest

from tests.support.engine import brief, demo_model
from tests.support.rows import demo_gold
from tradegen.data.interval import INTERVAL_US
from tradegen.data.invariants import find_violations
from tradegen.data.row import LOOKBACK, Row
from tradegen.data.rows import Rows
from tradegen.engines.embedded.generator import EmbeddedGenerator
from tradegen.engines.nim.settle import settle_volatility
from tradegen.samplers.constraint import VolatilityConstraint


def made(k: int) -> Row:
    return EmbeddedGenerator(demo_model().donors, demo_model().seed).write([brief(k)])[0]


def volatility(row: Row) -> float:
    """Return realised volatility by the textbook's formula, as an oracle."""
    close = row.bars.close[:LOOKBACK]
    return float(np.std(np.log(close[1:] / close[:-1]), ddof=1) * np.sqrt(a_year(row)))


def a_year(row: Row) -> float:
    calendar = demo_gold().market.calendar_of(row.symbol)
    return calendar.bars_per_year(INTERVAL_US[row.interval])


@pytest.mark.parametrize("factor", [0.85, 0.95, 1.05, 1.18])
def test_a_volatility_that_is_a_little_off_is_settled(factor: float) -> None:
    for k in range(10):
        row = made(k)
        wanted = volatility(row) * factor
        constraint = VolatilityConstraint(wanted, wanted * 0.99, wanted * 1.01)
        settled, note = settle_volatility(row, constraint, demo_gold().market, a_year(row))
        if note is None:  # its ticks are too coarse for a range this narrow
            assert settled == row
            continue
        assert constraint.low <= volatility(settled) < constraint.high
        limits = np.array([[constraint.low, constraint.high]])
        found = find_violations(
            Rows.from_models([settled]), demo_gold().market, volatility_range=limits
        )
        assert list(found) == []


def test_most_rows_can_be_settled() -> None:
    notes = []
    for k in range(20):
        row = made(k)
        wanted = volatility(row) * 1.1
        constraint = VolatilityConstraint(wanted, wanted * 0.95, wanted * 1.05)
        notes.append(settle_volatility(row, constraint, demo_gold().market, a_year(row))[1])
    assert sum(note is not None for note in notes) >= 18


def test_a_row_inside_its_range_or_far_outside_is_left_alone() -> None:
    row = made(0)
    now = volatility(row)
    for low, high in ((now * 0.9, now * 1.1), (now * 2, now * 2.1)):
        constraint = VolatilityConstraint((low + high) / 2, low, high)
        assert settle_volatility(row, constraint, demo_gold().market, a_year(row)) == (row, None)
