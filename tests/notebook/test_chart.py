"""Charts of trades: what is drawn where."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from tests.support.rows import demo_rows
from tradegen.data.row import LOOKBACK, Row
from tradegen.notebook.chart import chart
from tradegen.notebook.markup import BAD, GOOD


def rows(count: int) -> list[Row]:
    demo = demo_rows()
    return [demo.row(i) for i in range(count)]


def drawn(row: Row) -> ET.Element:
    return ET.fromstring(chart(row))


def test_entry_and_exit_stand_at_their_bars_and_at_the_height_of_their_prices() -> None:
    for row in rows(30):
        svg = drawn(row)
        low, high = row.bars.low.min(), row.bars.high.max()
        dots = {dot.get("class"): dot for dot in svg.iter("circle")}
        for name, price, bar in (
            ("entry", row.entry_price, LOOKBACK),
            ("exit", row.exit_price, len(row.bars) - 1),
        ):
            across = float(dots[name].attrib["cx"])
            down = float(dots[name].attrib["cy"])
            assert across == pytest.approx(4 + 212 * bar / (len(row.bars) - 1), abs=0.06)
            assert down == pytest.approx(40 - 36 * (price - low) / (high - low), abs=0.06)


def test_what_won_is_green_what_lost_is_red_whatever_the_side() -> None:
    sides = set()
    for row in rows(40):
        rose = row.exit_price > row.entry_price
        sides.add((row.side, rose))
        won = rose == (row.side == "long")
        assert (GOOD in chart(row), BAD in chart(row)) == (won, not won)
    assert len(sides) == 4, "not every case was seen"


def test_a_price_that_never_moved_is_drawn_too() -> None:
    row = rows(1)[0]
    flat = {name: np.full(len(row.bars), 7.0) for name in ("open", "high", "low", "close")}
    bars = type(row.bars)(time=row.bars.time, volume=row.bars.volume, **flat)
    still = row.model_copy(update={"bars": bars, "entry_price": 7.0, "exit_price": 7.0})
    assert "nan" not in chart(still)
    assert "inf" not in chart(still)
    assert drawn(still).find("title").text.endswith("not won")  # type: ignore[union-attr]


def test_a_symbol_with_marks_of_its_own_is_escaped() -> None:
    row = rows(1)[0].model_copy(update={"symbol": "<A&B>"})
    assert drawn(row).find("title").text.startswith("<A&B> ")  # type: ignore[union-attr]
