"""Columns are told by their names, as exchanges and journals write them, or are asked for."""

from pathlib import Path

import pytest

from tradegen.errors import GoldError
from tradegen.importers.columns import find_columns
from tradegen.importers.names import Kind
from tradegen.importers.sheet import Sheet


def sheet(*names: str) -> Sheet:
    return Sheet(Path("log.csv"), {name: ["1"] for name in names}, [1])


@pytest.mark.parametrize(
    ("names", "kind", "expected"),
    [
        (
            ("Date(UTC)", "Pair", "Side", "Price", "Executed", "Fee"),
            Kind.FILLS,
            {"time": "Date(UTC)", "symbol": "Pair", "quantity": "Executed", "fee": "Fee"},
        ),
        (
            ("Symbol", "Order ID", "Direction", "Filled Qty", "Fill Price", "Transact Time"),
            Kind.FILLS,
            {"side": "Direction", "quantity": "Filled Qty", "order_id": "Order ID"},
        ),
        (
            ("Ticker", "Side", "Open Time", "Open Price", "Close Time", "Close Price", "Shares"),
            Kind.ROUND_TRIPS,
            {"symbol": "Ticker", "entry_price": "Open Price", "quantity": "Shares"},
        ),
        (
            (
                *("symbol", "side", "interval", "entry_time", "entry_price", "exit_time"),
                *("exit_price", "quantity", "trade_id"),
            ),
            Kind.ROUND_TRIPS,
            {"trade_id": "trade_id", "exit_time": "exit_time"},
        ),
    ],
)
def test_names_that_are_in_use_are_known(
    names: tuple[str, ...], kind: Kind, expected: dict[str, str]
) -> None:
    found = find_columns(sheet(*names), {})
    assert found.kind is kind
    assert expected.items() <= found.of.items()
    assert len(set(found.of.values())) == len(found.of), "a column means one thing"


def test_what_is_stated_comes_first_and_is_not_taken_twice() -> None:
    names = ("time", "symbol", "side", "price", "size", "quantity")
    assert find_columns(sheet(*names), {}).of["quantity"] == "quantity"
    assert find_columns(sheet(*names), {"quantity": "size"}).of["quantity"] == "size"


def test_two_columns_that_may_both_be_it_are_not_guessed_between() -> None:
    names = ("time", "symbol", "side", "price", "executed", "amount")
    two = Sheet(Path("log.csv"), {name: [name] for name in names}, [1])
    with pytest.raises(GoldError, match="'executed', 'amount' may each be the quantity"):
        find_columns(two, {})
    found = find_columns(two, {"quantity": "executed"})
    assert found.of["quantity"] == "executed"
    same = Sheet(Path("log.csv"), {name: ["1"] for name in names}, [1])
    assert find_columns(same, {}).instead == {"quantity": ["amount"]}


def test_what_was_filled_comes_before_what_was_asked_for() -> None:
    names = ("time", "symbol", "side", "qty", "filled qty", "price", "avg price")
    of = find_columns(sheet(*names), {}).of
    assert (of["quantity"], of["price"]) == ("filled qty", "avg price")


def test_an_optional_field_may_be_said_to_be_in_no_column() -> None:
    names = ("time", "symbol", "side", "price", "qty", "fee")
    assert "fee" not in find_columns(sheet(*names), {"fee": "-"}).of
    with pytest.raises(GoldError, match="no column '-'"):
        find_columns(sheet(*names), {"price": "-"})


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"quantity": "nothing"}, "no column 'nothing'; found time, symbol"),
        ({"amount": "size"}, "--map amount: no such field; expected one of account, entry_price"),
    ],
)
def test_a_mapping_of_what_is_not_there_is_refused(stated: dict[str, str], told: str) -> None:
    with pytest.raises(GoldError, match=told):
        find_columns(sheet("time", "symbol", "side", "price", "size"), stated)


def test_what_is_missing_is_named_with_what_to_do() -> None:
    with pytest.raises(GoldError) as refused:
        find_columns(sheet("when", "symbol", "side", "price", "size"), {})
    assert "log.csv: read as fills, and no column is found for time" in str(refused.value)
    assert "--map time=COLUMN; found when, symbol, side, price, size" in str(refused.value)


def signed(*quantities: str) -> Sheet:
    columns = {"time": ["1"], "symbol": ["A"], "price": ["1"], "qty": list(quantities)}
    height = len(quantities)
    return Sheet(
        Path("log.csv"),
        {name: cells * height if name != "qty" else cells for name, cells in columns.items()},
        list(range(1, height + 1)),
    )


def test_without_a_column_of_sides_negative_quantities_are_sold() -> None:
    found = find_columns(signed("5", "-5"), {})
    assert found.of["side"] == "qty"
    assert found.signed


def test_where_no_quantity_is_negative_the_side_is_asked_for() -> None:
    with pytest.raises(GoldError, match="no column is found for side"):
        find_columns(signed("5", "5"), {})


def test_a_column_of_sides_comes_before_signs() -> None:
    sheet = signed("5", "-5")
    both = Sheet(sheet.path, {**sheet.columns, "side": ["buy", "sell"]}, sheet.numbers)
    assert not find_columns(both, {}).signed
