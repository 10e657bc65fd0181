import json
from contextlib import suppress
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.real_gold import CRYPTO, EQUITY, needs_real_gold
from tests.support.rows import demo_gold
from tradegen.data.gold import Gold, GoldSource, load_gold
from tradegen.data.row import LOOKBACK, PRICE_FIELDS, Row
from tradegen.data.rows import Rows
from tradegen.engines.nim.wire import WireError, WireForm


def form(gold: Gold) -> WireForm:
    return WireForm(gold.market, gold.train)


@cache
def real_gold() -> Gold:
    return load_gold(GoldSource(files=(EQUITY, CRYPTO)))


def roundtrip(gold: Gold, row: Row) -> Row:
    written = json.loads(json.dumps(form(gold).encode(row)))
    return form(gold).decode(written, row.trade_id).row


def assert_near(gold: Gold, row: Row, back: Row) -> None:
    """Assert that no price moved by more than half a basis point and half a tick."""
    tick = gold.market.instruments[row.symbol].usual_tick
    fill = gold.market.instruments[row.symbol].fill_tick
    before = np.concatenate([row.bars.open[:1], row.bars.close[:-1]])
    allowed = before * 0.5e-4 * 1.01 + 0.5 * tick + 1e-6 * before
    for name in PRICE_FIELDS:
        assert np.all(np.abs(getattr(back.bars, name) - getattr(row.bars, name)) <= allowed)
    for name, at in (("entry_price", LOOKBACK), ("exit_price", -1)):
        moved = abs(getattr(back, name) - getattr(row, name))
        assert moved <= 2 * allowed[at] + fill + 1e-4 * row.bars.open[at]


@given(st.integers(0, 10_000))
def test_there_and_back_moves_no_price_of_demo_gold(k: int) -> None:
    gold = demo_gold()
    row = gold.train.row(k % len(gold.train))
    assert_near(gold, row, roundtrip(gold, row))


@needs_real_gold
@given(st.integers(0, 100_000))
def test_there_and_back_moves_no_price_of_real_gold(k: int) -> None:
    gold = real_gold()
    row = gold.train.row(k % len(gold.train))
    assert_near(gold, row, roundtrip(gold, row))


@given(st.integers(0, 10_000))
def test_all_else_comes_back_as_it_was(k: int) -> None:
    gold = demo_gold()
    row = gold.train.row(k % len(gold.train))
    back = roundtrip(gold, row)
    for name in ("trade_id", "symbol", "side", "interval", "quantity", "extras"):
        assert getattr(back, name) == getattr(row, name)
    assert back.bars.time.tolist() == row.bars.time.tolist()
    assert abs((back.entry_time - row.entry_time).total_seconds()) < 1
    assert abs((back.exit_time - row.exit_time).total_seconds()) < 1
    median = np.median(row.bars.volume)
    assert np.all(np.abs(back.bars.volume - row.bars.volume) <= 0.005 * median + 1)


def test_what_came_off_the_wire_goes_back_unchanged() -> None:
    gold = demo_gold()
    wire = form(gold).encode(gold.train.row(3))
    assert form(gold).encode(form(gold).decode(wire).row) == wire


@given(
    st.lists(
        st.tuples(
            st.integers(-900, 900),
            st.integers(0, 500),
            st.integers(0, 500),
            st.integers(-900, 900),
            st.integers(0, 900),
        ),
        min_size=65,
        max_size=70,
    )
)
def test_high_is_never_below_low_whatever_a_model_writes(bars: list[tuple[int, ...]]) -> None:
    gold = demo_gold()
    wire = form(gold).encode(gold.train.row(0))
    wire["bars"] = [list(bar) for bar in bars]
    try:
        row = form(gold).decode(wire).row
    except WireError:  # prices that fall to 0 are refused
        return
    rows = Rows.from_models([row])
    assert np.all(rows.bars.low <= np.minimum(rows.bars.open, rows.bars.close))
    assert np.all(rows.bars.high >= np.maximum(rows.bars.open, rows.bars.close))
    assert np.all(rows.bars.low > 0)


def test_seeds_can_be_shown_with_fewer_bars() -> None:
    gold = demo_gold()
    row = gold.train.row(0)
    short, full = form(gold).encode(row, 16), form(gold).encode(row)
    assert len(short["bars"]) == len(full["bars"]) - (LOOKBACK - 16)
    assert short["entry_bar"] == full["entry_bar"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"symbol": "NONE"}, "symbol 'NONE' is unknown"),
        ({"interval": "7m"}, "interval '7m' is unknown"),
        ({"entry_bar": "soon"}, "'soon' is no time"),
        ({"entry_bar": "2024-01-31T14:30"}, "has no zone"),
        ({"entry_bar": "1999-01-31T14:30Z"}, "expected a time between"),
        ({"start_price": 1e-9}, "start_price"),
        ({"bars": [[0, 0, 0, 0, 100]] * 64 + [[0, -1, 0, 0, 100]]}, "bars[64]"),
        ({"bars": [[0, 0, 0, -10_000, 100]] * 65}, "fall to 0"),
    ],
)
def test_what_stands_for_no_row_is_refused_in_words_for_its_author(
    changes: dict[str, object], says: str
) -> None:
    gold = demo_gold()
    wire = {**form(gold).encode(gold.train.row(0)), **changes}
    with pytest.raises(WireError) as refused:
        form(gold).decode(wire)
    assert says in str(refused.value)


def test_what_lies_beside_the_markets_grids_is_settled_and_said() -> None:
    gold = demo_gold()
    row = gold.train.row(0)
    wire = form(gold).encode(row)
    wire["entry_bar"] = wire["entry_bar"].replace(":00Z", ":07Z")
    decoded = form(gold).decode(wire)
    assert "entry_bar: to the opening of its bar" in decoded.settled
    assert decoded.row.bars.time.tolist() == row.bars.time.tolist()


HUGE = st.one_of(
    st.integers(-(10**400), 10**400), st.sampled_from([0, 1, -1, 10**5, -(10**5), 2**63, 10**15])
)
HUGE_FLOAT = st.floats(0, exclude_min=True, allow_infinity=False) | st.sampled_from([1e307, 5e-324])


@given(st.data())
def test_whatever_fits_the_schema_is_a_row_or_is_refused_with_a_reason(data: st.DataObject) -> None:
    gold = demo_gold()
    wire = form(gold).encode(gold.train.row(data.draw(st.integers(0, 100))))
    for name in ("entry_bp", "exit_bp", "entry_after_s", "exit_after_s"):
        if data.draw(st.booleans()):
            wire[name] = data.draw(HUGE)
    for name in ("quantity", "start_price", "median_volume"):
        if data.draw(st.booleans()):
            wire[name] = data.draw(HUGE_FLOAT)
    whole = data.draw(st.sampled_from(["as it is", "one number", "all closes"]))
    if whole == "one number":
        bar = data.draw(st.integers(0, len(wire["bars"]) - 1))
        wire["bars"][bar][data.draw(st.integers(0, 4))] = data.draw(HUGE)
    elif whole == "all closes":
        close = data.draw(HUGE)
        wire["bars"] = [[*bar[:3], close, bar[4]] for bar in wire["bars"]]
    with suppress(WireError):
        row = form(gold).decode(wire).row
        assert np.isfinite(row.bars.close).all()
        assert (row.bars.close > 0).all()
