"""Fills become round trips: nothing is lost, and money adds up whatever the order of fills."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegen.importers.fills import Fill, Matched, match_fifo, match_flat

Match = Callable[[Iterable[Fill], float], Matched]


def fill(row: int, signed: float, price: float, **more: object) -> Fill:
    values = {"time": row, "symbol": "X", **more}
    return Fill(row=row, buy=signed > 0, price=price, quantity=abs(signed), **values)  # type: ignore[arg-type]


def fills_of(*pairs: tuple[float, float]) -> list[Fill]:
    return [fill(row, signed, price) for row, (signed, price) in enumerate(pairs)]


some_fills = st.lists(
    st.tuples(
        st.integers(-5, 5).filter(bool),
        st.integers(1, 50),
        st.sampled_from("XY"),
        st.sampled_from(["", "o1", "o2"]),
        st.integers(0, 3),
    ),
    max_size=30,
).map(
    lambda rows: [
        fill(k, signed, price, symbol=symbol, order_id=order, fee=fee)
        for k, (signed, price, symbol, order, fee) in enumerate(rows)
    ]
)


@given(some_fills)
@pytest.mark.parametrize("match", [match_flat, match_fifo])
def test_every_fill_is_in_a_position_and_every_fee_is_paid_once(
    match: Match, fills: list[Fill]
) -> None:
    found = match(fills, 0.0)
    of_each = [one.rows for one in found.trips] + [one.rows for one in found.unfinished]
    rows = {row for rows in of_each for row in rows}
    assert rows == {one.row for one in fills}
    if not found.unfinished:
        assert sum(trip.fees for trip in found.trips) == pytest.approx(
            sum(one.fee for one in fills)
        )
    assert all(trip.entry_time <= trip.exit_time for trip in found.trips)


@given(some_fills)
@pytest.mark.parametrize("match", [match_flat, match_fifo])
def test_what_is_left_open_is_the_sum_of_all_fills(match: Match, fills: list[Fill]) -> None:
    found = match(fills, 0.0)
    for symbol in "XY":
        total = sum(
            one.quantity if one.buy else -one.quantity for one in fills if one.symbol == symbol
        )
        left = sum(
            one.quantity if one.long else -one.quantity
            for one in found.unfinished
            if one.symbol == symbol
        )
        assert left == pytest.approx(total)


def unit_by_unit(fills: list[Fill]) -> float:
    """Return what was realised first in, first out, every unit by itself."""
    realised = 0.0
    for symbol in "XY":
        units: deque[tuple[bool, float]] = deque()
        for one in (one for one in fills if one.symbol == symbol):
            for _ in range(int(one.quantity)):
                if units and units[0][0] != one.buy:
                    long, price = units.popleft()
                    realised += one.price - price if long else price - one.price
                else:
                    units.append((one.buy, one.price))
    return realised


@given(some_fills)
def test_first_in_first_out_realises_what_units_one_by_one_do(fills: list[Fill]) -> None:
    """Each fill is an order of its own here, so that every lot has one price."""
    apart = [replace(one, order_id="") for one in fills]
    found = match_fifo(apart, 0.0)
    direction = {True: 1, False: -1}
    ended = sum(
        direction[trip.long] * trip.quantity * (trip.exit_price - trip.entry_price)
        for trip in found.trips
    )
    open_rows = {row for one in found.unfinished for row in one.rows}
    if not open_rows:
        assert ended == pytest.approx(unit_by_unit(apart))


@given(some_fills)
def test_flat_trips_realise_what_cash_says(fills: list[Fill]) -> None:
    """A symbol that ends flat has earned what its sells brought more than its buys cost."""
    found = match_flat(fills, 0.0)
    for symbol in "XY":
        if any(one.symbol == symbol for one in found.unfinished):
            continue
        cash = sum(
            (-1 if one.buy else 1) * one.price * one.quantity
            for one in fills
            if one.symbol == symbol
        )
        # all that was opened was closed, so averages weighted by it give the cash back
        earned = 0.0
        for trip in (one for one in found.trips if one.symbol == symbol):
            opened = opened_by(trip.rows, fills, long=trip.long)
            if opened is None:
                return  # a fill through zero belongs to two trips
            earned += (1 if trip.long else -1) * opened * (trip.exit_price - trip.entry_price)
        assert earned == pytest.approx(cash)


def opened_by(rows: tuple[int, ...], fills: list[Fill], *, long: bool) -> float | None:
    mine = [one for one in fills if one.row in rows]
    ins = sum(one.quantity for one in mine if one.buy == long)
    outs = sum(one.quantity for one in mine if one.buy != long)
    return ins if ins == outs else None


def test_scaling_in_and_out_is_one_trip_at_average_prices() -> None:
    (trip,) = match_flat(fills_of((2, 10), (2, 20), (-1, 30), (-3, 40)), 0.0).trips
    assert (trip.long, trip.quantity, trip.averaged) == (True, 4, True)
    assert (trip.entry_price, trip.exit_price) == (15, 37.5)
    assert (trip.entry_time, trip.exit_time, trip.rows) == (0, 3, (0, 1, 2, 3))


def test_a_fill_through_zero_ends_one_trip_and_opens_the_next_with_its_share_of_the_fee() -> None:
    fills = [fill(0, 2, 10), fill(1, -6, 12, fee=3.0), fill(2, 4, 9)]
    long, short = match_flat(fills, 0.0).trips
    assert (long.long, long.quantity, long.exit_price, long.fees) == (True, 2, 12, 1)
    assert (short.long, short.quantity, short.entry_price, short.fees) == (False, 4, 12, 2)
    assert (short.entry_time, short.exit_time) == (1, 2)


def test_first_in_first_out_gives_a_trip_for_each_order_that_opened() -> None:
    fills = [
        fill(0, 1, 10, order_id="a"),
        fill(1, 1, 12, order_id="a"),
        fill(2, 2, 20, order_id="b"),
        fill(3, -3, 30, order_id="c"),
        fill(4, -1, 40, order_id="d"),
    ]
    one, other = match_fifo(fills, 0.0).trips
    assert (one.quantity, one.entry_price, one.exit_price, one.exit_time) == (2, 11, 30, 3)
    assert (other.quantity, other.entry_price, other.exit_price, other.exit_time) == (2, 20, 35, 4)


def test_accounts_do_not_close_each_others_positions() -> None:
    fills = [fill(0, 1, 10, account="a"), fill(1, -1, 11, account="b")]
    found = match_flat(fills, 0.0)
    assert found.trips == []
    assert {(one.account, one.long) for one in found.unfinished} == {("a", True), ("b", False)}


def test_what_fees_leave_of_a_position_is_dust_once_it_grows_again_or_nothing_follows() -> None:
    fills = fills_of((1, 10), (-0.999, 11), (2, 12), (-1.998, 13))
    assert len(match_flat(fills, 0.0).trips) == 0
    assert [trip.quantity for trip in match_flat(fills, 0.002).trips] == [1, 2]


@pytest.mark.parametrize("match", [match_flat, match_fifo])
def test_fees_in_what_was_bought_leave_every_exit_with_its_own_entry(match: Match) -> None:
    fills = [one for k in range(4) for one in (fill(2 * k, 1, 10), fill(2 * k + 1, -0.999, 11))]
    trips = match(fills, 0.002).trips
    assert [(trip.entry_time, trip.exit_time) for trip in trips] == [(0, 1), (2, 3), (4, 5), (6, 7)]


@pytest.mark.parametrize("match", [match_flat, match_fifo])
def test_a_little_more_sold_than_was_bought_opens_no_position(match: Match) -> None:
    found = match(fills_of((1, 10), (-1.001, 11), (1, 12), (-1, 13)), 0.002)
    assert [(trip.long, trip.quantity) for trip in found.trips] == [(True, 1), (True, 1)]
    assert found.unfinished == []


def test_a_small_rest_that_is_then_sold_is_no_dust() -> None:
    (trip,) = match_flat(fills_of((1, 10), (-0.999, 11), (-0.001, 12)), 0.002).trips
    assert (trip.exit_time, trip.rows) == (2, (0, 1, 2))


def test_errors_of_arithmetic_leave_no_position_open() -> None:
    fills = fills_of(*[(0.1, 10)] * 3, (-0.3, 11))
    assert len(match_flat(fills, 0.0).trips) == len(match_fifo(fills, 0.0).trips) - 2 == 1


def test_fills_may_come_in_any_order() -> None:
    fills = fills_of((2, 10), (-2, 12), (-1, 13), (1, 9))
    assert match_flat(reversed(fills), 0.0) == match_flat(fills, 0.0)


def test_of_one_moment_the_file_tells_the_order_also_where_the_newest_come_first() -> None:
    fills = [fill(k, signed, 10 + k, time=k // 2) for k, signed in enumerate((1, -1, 2, -2))]
    assert match_flat(reversed(fills), 0.0) == match_flat(fills, 0.0)
    assert all(trip.long for trip in match_flat(fills, 0.0).trips)


@pytest.mark.parametrize("match", [match_flat, match_fifo])
def test_positions_in_books_of_their_own_do_not_close_each_other(match: Match) -> None:
    hedged = [
        fill(0, 2, 10, book="long"),
        fill(1, -1, 12, book="short"),
        fill(2, 1, 11, book="short"),
        fill(3, -2, 13, book="long"),
    ]
    found = match(hedged, 0.0)
    assert found.unfinished == []
    made = sorted((one.long, one.quantity, one.entry_price, one.exit_price) for one in found.trips)
    assert made == [(False, 1, 12, 11), (True, 2, 10, 13)]
