from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.rows import demo_gold, demo_row, demo_rows
from tradegen.data.interval import INTERVAL_US, MINUTE_US
from tradegen.data.invariants import (
    AVERAGE_PRICE_COLUMN,
    COMPLETENESS,
    CONSISTENCY,
    INVARIANTS,
    Invariant,
    Violation,
    find_violations,
)
from tradegen.data.row import LAST_YEAR, LOOKBACK, Row, from_microseconds
from tradegen.data.rows import Rows
from tradegen.data.volatility import lookback_volatility

Break = Callable[[Row], Row]
BAR = 7
TICK = 0.01


def bar(column: str, change: Callable[[Row, int], float], at: int = BAR) -> Break:
    """Return a break that sets one number of one bar."""

    def apply(row: Row) -> Row:
        values = getattr(row.bars, column).copy()
        values[at] = change(row, at)
        return row.model_copy(update={"bars": replace(row.bars, **{column: values})})

    return apply


def core(**changes: Callable[[Row], object]) -> Break:
    """Return a break that sets fields beside the bars."""
    return lambda row: row.model_copy(update={k: change(row) for k, change in changes.items()})


def two_bars_swapped(row: Row) -> Row:
    time = row.bars.time.copy()
    time[[BAR, BAR + 1]] = time[[BAR + 1, BAR]]
    return row.model_copy(update={"bars": replace(row.bars, time=time)})


def out_before_in_within_one_bar(row: Row) -> Row:
    return row.model_copy(
        update={
            "bars": row.bars[: LOOKBACK + 1],
            "exit_time": row.entry_time - timedelta(microseconds=1),
            "exit_price": row.entry_price,
        }
    )


def without_movement(row: Row) -> Row:
    """Repeat the first bar through the lookback."""
    quiet = {}
    for name in ("open", "high", "low", "close"):
        values = getattr(row.bars, name).copy()
        values[:LOOKBACK] = values[0]
        quiet[name] = values
    return row.model_copy(update={"bars": replace(row.bars, **quiet)})


BREAKS: Mapping[str, tuple[Break, str]] = {
    "enough_bars": (core(bars=lambda row: row.bars[:LOOKBACK]), "bars"),
    "finite_numbers": (bar("close", lambda row, k: float("inf")), f"bars[{BAR}].close"),
    "sane_magnitudes": (bar("volume", lambda row, k: 1e16), f"bars[{BAR}].volume"),
    "times_in_range": (
        core(exit_time=lambda row: row.exit_time.replace(year=LAST_YEAR)),
        "exit_time",
    ),
    "known_names": (core(side=lambda row: "buy"), "side"),
    "positive_prices": (bar("low", lambda row, k: 0.0), f"bars[{BAR}].low"),
    "volume_not_negative": (bar("volume", lambda row, k: -1.0), f"bars[{BAR}].volume"),
    "high_low_order": (
        bar("high", lambda row, k: min(row.bars.open[k], row.bars.close[k]) - TICK),
        f"bars[{BAR}].high",
    ),
    "bar_times_increase": (two_bars_swapped, f"bars[{BAR + 1}].time"),
    "bars_on_sessions": (
        bar("time", lambda row, k: row.bars.time[k] + MINUTE_US),
        f"bars[{BAR}].time",
    ),
    "times_in_bars": (
        core(exit_time=lambda row: row.exit_time + timedelta(days=1)),
        "exit_time",
    ),
    "exit_after_entry": (out_before_in_within_one_bar, "exit_time"),
    "prices_in_bars": (
        core(entry_price=lambda row: round(row.bars.high[LOOKBACK] + TICK, 2)),
        "entry_price",
    ),
    "quantity_on_lot": (core(quantity=lambda row: row.quantity + TICK / 2), "quantity"),
    "prices_on_tick": (
        bar("high", lambda row, k: row.bars.high[k] + TICK / 2),
        f"bars[{BAR}].high",
    ),
    "volatility_in_bucket": (without_movement, "bars"),
}
"""For each invariant a change that breaks it and no other, and the field that is then named."""


def ranges(rows: Rows) -> np.ndarray:
    """Return a volatility range around each row's own."""
    volatility = lookback_volatility(rows, demo_gold().market.bars_per_year(rows))
    return np.stack([volatility - 0.01, volatility + 0.01], axis=1)


def check(models: list[Row], volatility_range: np.ndarray | None = None) -> list[Violation]:
    return find_violations(
        Rows.from_models(models), demo_gold().market, volatility_range=volatility_range
    )


# --- each one ---------------------------------------------------------------------------------


def test_valid_rows_break_none() -> None:
    rows = demo_rows()
    assert find_violations(rows, demo_gold().market, volatility_range=ranges(rows)) == []


@pytest.mark.parametrize("invariant", INVARIANTS, ids=lambda one: one.name)
@pytest.mark.parametrize("at", [0, 1, 2])
def test_exactly_the_broken_invariant_is_found_in_exactly_the_broken_row(
    invariant: Invariant, at: int
) -> None:
    assert invariant.name in BREAKS, f"add a row that breaks {invariant.name} to BREAKS"
    change, field = BREAKS[invariant.name]
    models = [demo_row(i) for i in (40, 300, 550)]
    allowed = ranges(Rows.from_models(models))
    models[at] = change(models[at])
    found = check(models, allowed)
    assert [(v.row, v.invariant, v.field) for v in found] == [(at, invariant.name, field)]
    assert found[0].criterion == invariant.criterion
    assert found[0].value
    assert found[0].expected


def test_the_breaks_are_those_of_the_invariants_and_names_are_unique() -> None:
    names = [invariant.name for invariant in INVARIANTS]
    assert len(set(names)) == len(names)
    assert set(BREAKS) == set(names)
    assert {invariant.criterion for invariant in COMPLETENESS} == {"completeness"}
    assert {invariant.criterion for invariant in CONSISTENCY} == {"consistency"}


OTHER_BREAKS: Mapping[str, tuple[str, str, Break]] = {
    "unknown interval": ("known_names", "interval", core(interval=lambda row: "7m")),
    "unknown symbol": ("known_names", "symbol", core(symbol=lambda row: "NONE")),
    "NaN price": ("finite_numbers", "exit_price", core(exit_price=lambda row: float("nan"))),
    "infinite own number": (
        "finite_numbers",
        "extras.score",
        core(extras=lambda row: {**row.extras, "score": float("inf")}),
    ),
    "no quantity": ("quantity_on_lot", "quantity", core(quantity=lambda row: 0.0)),
    "negative quantity": ("quantity_on_lot", "quantity", core(quantity=lambda row: -1.0)),
    "low above open": (
        "high_low_order",
        f"bars[{BAR}].low",
        bar("low", lambda row, k: max(row.bars.open[k], row.bars.close[k])),
    ),
    "same time twice": (
        "bar_times_increase",
        f"bars[{BAR}].time",
        bar("time", lambda row, k: row.bars.time[k - 1]),
    ),
    "in before its bar": (
        "times_in_bars",
        "entry_time",
        core(entry_time=lambda row: row.entry_time - timedelta(days=1)),
    ),
    "out as its bar closes": (
        "times_in_bars",
        "exit_time",
        core(
            exit_time=lambda row: from_microseconds(row.bars.time[-1] + INTERVAL_US[row.interval])
        ),
    ),
    "out below its bar": (
        "prices_in_bars",
        "exit_price",
        core(exit_price=lambda row: round(row.bars.low[-1] - TICK, 2)),
    ),
    "in off the tick": (
        "prices_on_tick",
        "entry_price",
        core(entry_price=lambda row: row.bars.low[LOOKBACK] + TICK / 2),
    ),
}


@pytest.mark.parametrize("case", OTHER_BREAKS)
def test_other_ways_to_break_an_invariant(case: str) -> None:
    invariant, field, change = OTHER_BREAKS[case]
    found = check([demo_row(1), change(demo_row(2))])
    assert [(v.row, v.invariant, v.field) for v in found] == [(1, invariant, field)]


@pytest.mark.parametrize(
    "change",
    [
        core(entry_price=lambda row: float(row.bars.high[LOOKBACK])),
        core(exit_price=lambda row: float(row.bars.low[-1])),
        bar("volume", lambda row, k: 0.0),
        bar("high", lambda row, k: max(row.bars.open[k], row.bars.close[k])),
        core(entry_time=lambda row: from_microseconds(row.bars.time[LOOKBACK])),
    ],
    ids=["in at the high", "out at the low", "no volume", "no upper wick", "in at the open"],
)
def test_the_edges_of_what_is_allowed_are_allowed(change: Break) -> None:
    assert check([change(demo_row(3))]) == []


def test_the_bucket_is_half_open() -> None:
    model = demo_row()
    value = float(ranges(Rows.from_models([model])).mean())
    volatility = lookback_volatility(
        Rows.from_models([model]), demo_gold().market.bars_per_year(Rows.from_models([model]))
    )[0]
    assert check([model], np.array([[volatility, value + 1]])) == []
    outside = check([model], np.array([[value - 1, volatility]]))
    assert [v.invariant for v in outside] == ["volatility_in_bucket"]
    assert f"{volatility:.4f}" in outside[0].value


# --- what is told -----------------------------------------------------------------------------


@settings(max_examples=60)
@given(
    st.integers(0, 5),
    st.integers(0, LOOKBACK),
    st.sampled_from(["open", "high", "low", "close", "volume"]),
)
def test_a_bad_number_is_told_by_its_row_bar_and_column(
    row: int, at: int, column: Literal["open", "high", "low", "close", "volume"]
) -> None:
    models = [demo_row(10 * i) for i in range(6)]
    models[row] = bar(column, lambda _row, _k: -5.0, at)(models[row])
    found = {(v.row, v.field, v.value) for v in check(models)}
    assert (row, f"bars[{at}].{column}", "-5") in found
    assert {place for place, *_ in found} == {row}


def test_what_was_expected_is_told_with_the_numbers_of_the_row() -> None:
    model = demo_row()
    low, high = model.bars.low[LOOKBACK], model.bars.high[LOOKBACK]
    (found,) = check([BREAKS["prices_in_bars"][0](model)])
    assert found.value == f"{high + TICK:.10g}"
    assert found.expected == f"a price inside bars[64] ({low:.10g} to {high:.10g})"


def test_every_invariant_a_row_breaks_is_told_but_each_only_once() -> None:
    model = demo_row()
    for name in ("volume_not_negative", "quantity_on_lot", "prices_in_bars", "bars_on_sessions"):
        model = BREAKS[name][0](model)
    model = bar("volume", lambda row, k: -2.0, BAR + 1)(model)
    assert [v.invariant for v in check([model])] == [
        "volume_not_negative",
        "bars_on_sessions",
        "prices_in_bars",
        "quantity_on_lot",
    ]


def test_incomplete_rows_do_not_hide_what_others_break() -> None:
    models = [demo_row(i) for i in range(4)]
    for at, name in ((0, "enough_bars"), (1, "quantity_on_lot"), (2, "finite_numbers")):
        models[at] = BREAKS[name][0](models[at])
    models[3] = BREAKS["volume_not_negative"][0](models[3])
    assert [(v.row, v.invariant) for v in check(models)] == [
        (0, "enough_bars"),
        (1, "quantity_on_lot"),
        (2, "finite_numbers"),
        (3, "volume_not_negative"),
    ]


@settings(max_examples=25)
@given(st.lists(st.none() | st.sampled_from(list(BREAKS)), min_size=1, max_size=6))
def test_rows_are_judged_the_same_alone_and_together(names: list[str | None]) -> None:
    models = [demo_row(7 * i) for i in range(len(names))]
    models = [
        model if name is None else BREAKS[name][0](model)
        for model, name in zip(models, names, strict=True)
    ]
    together = [(v.row, v.invariant, v.field, v.value, v.expected) for v in check(models)]
    alone = [
        (i, v.invariant, v.field, v.value, v.expected)
        for i, model in enumerate(models)
        for v in check([model])
    ]
    assert together == alone


def test_a_price_of_zero_in_one_row_does_not_hide_the_volatility_of_another() -> None:
    models = [demo_row(0), demo_row(1)]
    allowed = ranges(Rows.from_models(models))
    models[0] = bar("close", lambda row, k: 0.0)(models[0])
    models[1] = without_movement(models[1])
    assert (1, "volatility_in_bucket") in [(v.row, v.invariant) for v in check(models, allowed)]


# --- average prices ---------------------------------------------------------------------------


def averaged(source: str | None, price: float, i: int = 0) -> Rows:
    """Return a row that pays `price` on average, as its own column says."""
    row = demo_row(i)
    extras = {**row.extras, AVERAGE_PRICE_COLUMN: source}
    return Rows.from_models([row.model_copy(update={"extras": extras, "entry_price": price})])


def test_an_average_that_the_log_declares_may_lie_anywhere_within_the_trade() -> None:
    bars = demo_row().bars[LOOKBACK:]
    market = demo_gold().market
    elsewhere = float(bars.high.max())
    assert elsewhere > bars.high[0]
    rows = averaged("fills_vwap", elsewhere)
    assert find_violations(rows, market, averages_allowed=True) == []
    assert [v.invariant for v in find_violations(rows, market)] == ["prices_in_bars"]
    for source in ("quote", None):
        found = find_violations(averaged(source, elsewhere), market, averages_allowed=True)
        assert [v.invariant for v in found] == ["prices_in_bars"]


def test_an_average_reached_only_before_or_never_in_the_trade_is_wrong_all_the_same() -> None:
    fell = next(
        i
        for i in range(len(demo_rows()))
        if (bars := demo_row(i).bars).high[:LOOKBACK].max() > bars.high[LOOKBACK:].max()
    )
    for i, price in (
        (fell, float(demo_row(fell).bars.high[:LOOKBACK].max())),
        (0, round(float(demo_row(0).bars.high.max()) + TICK, 2)),
    ):
        rows = averaged("vwap", price, i)
        found = find_violations(rows, demo_gold().market, averages_allowed=True)
        assert [(v.invariant, v.field) for v in found] == [("prices_in_bars", "entry_price")]
        assert "from entry to exit" in found[0].expected
