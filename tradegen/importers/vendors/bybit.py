"""Bybit: the trade history of spot and of linear derivatives, and the closed P&L, which is refused.

Spot: `Spot Pairs,Order Type,Direction,...,Filled Price,Filled Quantity,Fees,...,Timestamp (UTC)`,
below a line with the user's id. Derivatives: `Market,Filled Type,Filled Quantity,Filled Price,...,
Trading Fee,feeCoin,...,Direction,...,Transaction Time(UTC+0)`. Times may be as `14:35 2024-11-16`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tradegen.errors import GoldError
from tradegen.importers.export import Export, Head
from tradegen.importers.names import Kind
from tradegen.importers.plain_values import iso_time, plain_number, product, split_unit, stated_zone
from tradegen.importers.sheet import Sheet, read_rows
from tradegen.importers.vendor_table import Labels, NoTradeError, as_export, find_table
from tradegen.importers.vendors.fees import Fees

_SPOT = ("Spot Pairs", "Direction", "Filled Price", "Filled Quantity")
_DERIVATIVES = ("Market", "Filled Type", "Filled Price", "Filled Quantity", "Direction")
_CLOSED = (
    ("Closing Direction", "Entry Price", "Exit Price"),
    ("Market", "Order Quantity", "Entry Price", "Exit Price"),
)
_TIMES = ("%Y-%m-%d %H:%M:%S", "%H:%M %Y-%m-%d", "%H:%M:%S %Y-%m-%d")
_FILLED = ("trade", "adltrade", "adl", "busttrade", "liquidation")
_SIDES = {
    "long": "buy",
    "open long": "buy",
    "close short": "buy",
    "short": "sell",
    "open short": "sell",
    "close long": "sell",
}
_OPTION = re.compile(r"-[CP](-[A-Z]+)?")
_INVERSE = re.compile(r".*USD([FGHJKMNQUVXZ]\d\d)?")
_SETTLING = ("USDT", "USDC")
_NO_VALUE = ("", "--")


@dataclass(frozen=True, slots=True)
class Spot:
    """Spot trade history: one row a fill."""

    name: str = "bybit-spot"
    title: str = "Bybit spot trade history"

    def recognises(self, head: Head) -> bool:
        """Return whether a file begins with one of its headers."""
        return head.has_columns(_SPOT)

    def read(self, path: Path) -> Export:
        """Read a file."""
        sheet = find_table(path, self.title, read_rows(path, _SPOT), _SPOT)
        time = _time_column(sheet, "Timestamp")
        fees = Fees()

        def reading(row: Mapping[str, str]) -> Mapping[str, str]:
            pair = row["Spot Pairs"].replace("/", "")
            price = split_unit(row["Filled Price"], pair)[0]
            fee, coin = _spot_fee(row, pair, price)
            return {
                "time": iso_time(row[time], _TIMES),
                "symbol": row["Spot Pairs"],
                "side": row["Direction"],
                "price": price,
                "quantity": split_unit(row["Filled Quantity"], pair)[0],
                "fee": fees.valued(fee, coin, pair, price),
                "order_id": row.get("Order No.", ""),
                "account": row.get("Uid", ""),
            }

        of = {"time": time, "symbol": "Spot Pairs", "side": "Direction", "price": "Filled Price"}
        of |= {"quantity": "Filled Quantity", "fee": "Fees"}
        found = as_export(Kind.FILLS, sheet, Labels(_with_ids(of, sheet)), reading, self.title)
        return replace(found, zone=stated_zone(time), notes=fees.notes)


@dataclass(frozen=True, slots=True)
class Derivatives:
    """Trade history of contracts settled in dollar coins, in one-way mode: one row a fill."""

    name: str = "bybit-derivatives"
    title: str = "Bybit derivatives trade history"

    def recognises(self, head: Head) -> bool:
        """Return whether a file begins with one of its headers."""
        return head.has_columns(_DERIVATIVES)

    def read(self, path: Path) -> Export:
        """Read a file."""
        sheet = find_table(path, self.title, read_rows(path, _DERIVATIVES), _DERIVATIVES)
        time = _time_column(sheet, "Transaction Time", "Trade Time", "Time")
        fees = Fees()

        def reading(row: Mapping[str, str]) -> Mapping[str, str]:
            market, price = row["Market"], plain_number(row["Filled Price"])
            _refuse_others(market, row["Filled Type"])
            coin = row.get("feeCoin", "")
            known = coin in (*_SETTLING, *_NO_VALUE)
            fee = plain_number(row.get("Trading Fee", ""))
            return {
                "time": iso_time(row[time], _TIMES),
                "symbol": market,
                "side": _SIDES.get(row["Direction"].lower(), row["Direction"]),
                "price": price,
                "quantity": plain_number(row["Filled Quantity"]),
                "fee": fee if known else fees.valued(fee, coin, market, price),
                "order_id": row.get("Order No.", ""),
                "account": row.get("Uid", ""),
            }

        of = {"time": time, "symbol": "Market", "side": "Direction", "price": "Filled Price"}
        of |= {"quantity": "Filled Quantity", "fee": "Trading Fee"}
        found = as_export(Kind.FILLS, sheet, Labels(_with_ids(of, sheet)), reading, self.title)
        return replace(found, zone=stated_zone(time), notes=fees.notes)


@dataclass(frozen=True, slots=True)
class ClosedPnl:
    """Closed P&L: known, so that it can be refused with its reason."""

    name: str = "bybit-closed-pnl"
    title: str = "Bybit closed P&L"

    def recognises(self, head: Head) -> bool:
        """Return whether a file begins with one of its headers."""
        return any(head.has_columns(names) for names in _CLOSED)

    def read(self, path: Path) -> Export:
        """Raise `GoldError`: each row has two prices, but one time."""
        raise GoldError(
            f"{path}: {self.title} says when each position was closed, but not when it was opened; "
            "export the trade history instead (Orders, Derivatives, Trade History)"
        )


def _spot_fee(row: Mapping[str, str], pair: str, price: str) -> tuple[str, str]:
    """Return a fee and its coin; one that names none is in what was received, "" for the quote."""
    if row.get("ExecFeeV2", "") not in _NO_VALUE and row.get("feeCoin", "") not in _NO_VALUE:
        return plain_number(row["ExecFeeV2"]), row["feeCoin"]
    if row.get("Fees", "") in _NO_VALUE:
        return "", ""
    fee, coin = split_unit(row["Fees"], pair)
    if not coin and row["Direction"].lower() == "buy":
        return product(fee, price), ""
    return fee, coin


def _refuse_others(market: str, filled: str) -> None:
    """Raise `NoTradeError` for what is no fill of a linear contract."""
    if filled.lower().replace(" ", "") not in _FILLED:
        raise NoTradeError(f"Filled Type {filled}: no fill")
    if _OPTION.search(market):
        raise NoTradeError("an option")
    if _INVERSE.fullmatch(market):
        raise NoTradeError("an inverse contract, counted in dollars and settled in coins")


def _time_column(sheet: Sheet, *beginnings: str) -> str:
    for name in sheet.columns:
        if name.lower().startswith(tuple(one.lower() for one in beginnings)):
            return name
    raise GoldError(f"{sheet.path}: no column of times; expected {' or '.join(beginnings)}")


def _with_ids(of: Mapping[str, str], sheet: Sheet) -> Mapping[str, str]:
    optional = {"order_id": "Order No.", "account": "Uid"}
    return {**of, **{field: name for field, name in optional.items() if name in sheet.columns}}


SPOT = Spot()
DERIVATIVES = Derivatives()
CLOSED_PNL = ClosedPnl()
