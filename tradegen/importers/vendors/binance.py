"""Binance: the trade history of spot, and that of USD-margined (USDS-M) futures.

Spot has come as `Date(UTC),Market,Type,Price,Amount,Total,Fee,Fee Coin`, then as
`Date(UTC),Pair,Side,Price,Executed,Amount,Fee` with units behind the numbers, and now as
`Time,Pair,Side,...`, whose times are in the zone that the name of the file states. Futures have
`Symbol,Side,Price,Quantity,Amount,Fee,Realized Profit` behind `Date(UTC)` or `Uid,Time`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from tradegen.errors import GoldError
from tradegen.importers.export import Export, Head
from tradegen.importers.names import Kind, plain
from tradegen.importers.plain_values import iso_time, plain_number, split_unit, stated_zone
from tradegen.importers.sheet import Sheet, read_rows
from tradegen.importers.vendor_table import Labels, NoTradeError, as_export, find_table
from tradegen.importers.vendors.fees import Fees
from tradegen.importers.vendors.realised_profit import closed_without_position

_UNITS_BEHIND = ("Pair", "Side", "Price", "Executed", "Amount", "Fee")
_UNITS_APART = ("Market", "Type", "Price", "Amount", "Total", "Fee", "Fee Coin")
_FUTURES = ("Symbol", "Side", "Price", "Quantity", "Fee", "Realized Profit")
_TIMES = ("%Y-%m-%d %H:%M:%S", "%y-%m-%d %H:%M:%S")
_ZONE_HINT = "the zone chosen for the export, which Binance writes into the name of the file"


@dataclass(frozen=True, slots=True)
class Spot:
    """Spot trade history: one row a fill."""

    name: str = "binance-spot"
    title: str = "Binance spot trade history"

    def recognises(self, head: Head) -> bool:
        """Return whether a file begins with one of its headers."""
        return head.has_columns(_UNITS_BEHIND) or head.has_columns(_UNITS_APART)

    def read(self, path: Path) -> Export:
        """Read a file."""
        rows = read_rows(path, _UNITS_BEHIND)
        behind = Head(path, "", rows).has_columns(_UNITS_BEHIND)
        sheet = find_table(path, self.title, rows, _UNITS_BEHIND if behind else _UNITS_APART)
        time = _time_column(sheet)
        symbol, side, quantity = _UNITS_BEHIND[0], "Side", "Executed"
        if not behind:
            symbol, side, quantity = "Market", "Type", "Amount"
        fees = Fees()

        def reading(row: Mapping[str, str]) -> Mapping[str, str]:
            pair = row[symbol]
            price = split_unit(row["Price"], pair)[0]
            fee, coin = split_unit(row["Fee"], pair)
            return {
                "time": iso_time(row[time], _TIMES),
                "symbol": pair,
                "side": row[side],
                "price": price,
                "quantity": split_unit(row[quantity], pair)[0],
                "fee": fees.valued(fee, coin or row.get("Fee Coin", ""), pair, price),
                "order_id": row.get("Order No", ""),
            }

        of = {"time": time, "symbol": symbol, "side": side, "price": "Price", "quantity": quantity}
        if "Order No" in sheet.columns:
            of["order_id"] = "Order No"
        found = as_export(Kind.FILLS, sheet, Labels({**of, "fee": "Fee"}), reading, self.title)
        zone = _zone(time, path)
        return replace(found, zone=zone, zone_hint=_ZONE_HINT, notes=fees.notes)


@dataclass(frozen=True, slots=True)
class Futures:
    """Trade history of USD-margined futures in one-way mode: one row a fill."""

    name: str = "binance-futures"
    title: str = "Binance futures trade history"

    def recognises(self, head: Head) -> bool:
        """Return whether a file begins with one of its headers."""
        return head.has_columns(_FUTURES)

    def read(self, path: Path) -> Export:
        """Read a file."""
        sheet = find_table(path, self.title, read_rows(path, _FUTURES), _FUTURES)
        time = _time_column(sheet)
        fees = Fees()

        def reading(row: Mapping[str, str]) -> Mapping[str, str]:
            symbol = row["Symbol"]
            if "USD_" in symbol:
                raise NoTradeError(
                    "a coin-margined contract, counted in dollars and settled in coins"
                )
            price = plain_number(row["Price"])
            fee, coin = split_unit(row["Fee"], symbol)
            return {
                "time": iso_time(row[time], _TIMES),
                "symbol": symbol,
                "side": row["Side"],
                "price": price,
                "quantity": plain_number(row["Quantity"]),
                "fee": fees.valued(fee, coin, symbol, price),
                "order_id": row.get("Order ID", ""),
                "account": row.get("Uid", ""),
                "profit": plain_number(row["Realized Profit"]),
            }

        of = {"time": time, "symbol": "Symbol", "side": "Side", "price": "Price"}
        of |= {"quantity": "Quantity", "fee": "Fee", "profit": "Realized Profit"}
        optional = {"order_id": "Order ID", "account": "Uid"}
        of |= {field: column for field, column in optional.items() if column in sheet.columns}
        found = as_export(Kind.FILLS, sheet, Labels(of), reading, self.title)
        notes = [*fees.notes, *closed_without_position(found.sheet, of)]
        del of["profit"]
        return replace(found, zone=_zone(time, path), zone_hint=_ZONE_HINT, notes=notes)


def _time_column(sheet: Sheet) -> str:
    for name in sheet.columns:
        if plain(name) in ("date", "time"):
            return name
    raise GoldError(f"{sheet.path}: no column of times; expected Date(UTC) or Time")


def _zone(time: str, path: Path) -> ZoneInfo | None:
    return stated_zone(time) or stated_zone(path.name)


SPOT = Spot()
FUTURES = Futures()
