"""Interactive Brokers: the Trades section of an Activity Flex Query, as XML or as CSV.

Executions are read; orders, lots and sums of the same trades are passed over, or they would count
twice. Both kinds of file hold the same fields; CSV names them in its own way.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tradegen.errors import GoldError
from tradegen.importers.export import Export, Head
from tradegen.importers.names import Kind
from tradegen.importers.plain_values import is_zero, negated, plain_number, product
from tradegen.importers.sheet import Sheet, as_sheet, read_rows
from tradegen.importers.text import read_beginning
from tradegen.importers.vendor_table import Labels, NoTradeError, as_export
from tradegen.importers.vendors.flex_xml import read_elements

_CSV = {
    "ClientAccountID": "accountId",
    "AssetClass": "assetCategory",
    "Symbol": "symbol",
    "DateTime": "dateTime",
    "Date/Time": "dateTime",
    "TradeDate": "tradeDate",
    "TradeTime": "tradeTime",
    "Quantity": "quantity",
    "TradePrice": "tradePrice",
    "IBCommission": "ibCommission",
    "IBCommissionCurrency": "ibCommissionCurrency",
    "CurrencyPrimary": "currency",
    "Buy/Sell": "buySell",
    "Multiplier": "multiplier",
    "IBOrderID": "ibOrderID",
    "LevelOfDetail": "levelOfDetail",
    "TradeID": "tradeID",
    "OrigTradeID": "origTradeID",
}
_CSV_NEEDED = ("AssetClass", "Symbol", "Quantity", "TradePrice")
_BETWEEN_SECTIONS = ("BOF", "BOA", "BOS", "EOS", "EOA", "EOF", "MSG")
_NEEDED = ("assetCategory", "symbol", "quantity", "tradePrice", "buySell")
_IMPORTED = ("STK", "FUT", "CASH", "CRYPTO")
_TIME = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})[;,T ]\s*(\d{2}):?(\d{2}):?(\d{2})")
_ZONE_HINT = "Interactive Brokers writes New York's (America/New_York), unless it is set otherwise"


@dataclass(frozen=True, slots=True)
class Flex:
    """The trades of a Flex Query: one row an execution."""

    name: str = "ibkr-flex"
    title: str = "Interactive Brokers Flex Query"

    def recognises(self, head: Head) -> bool:
        """Return whether a file begins as XML or CSV of a Flex Query does."""
        return "<FlexQueryResponse" in head.text or head.has_columns(_CSV_NEEDED)

    def read(self, path: Path) -> Export:
        """Read a file."""
        sheet = self._from_xml(path) if _is_xml(path) else self._from_csv(path)
        if lacking := [name for name in _NEEDED if name not in sheet.columns]:
            raise GoldError(
                f"{path}: the Flex Query lacks {', '.join(lacking)}; tick them under Trades"
            )
        cancelled = _cancelled(sheet)
        foreign = 0

        def reading(row: Mapping[str, str]) -> Mapping[str, str]:
            nonlocal foreign
            _refuse_others(row, cancelled)
            fee = negated(plain_number(row.get("ibCommission", "")))
            if row.get("ibCommissionCurrency", "") not in ("", row.get("currency", "")):
                foreign += not is_zero(fee)
                fee = ""
            return {
                "time": _time(row),
                "symbol": row["symbol"],
                "side": row["buySell"],
                "price": plain_number(row["tradePrice"]),
                "quantity": _quantity(row, path),
                "fee": fee,
                "order_id": row.get("ibOrderID", ""),
                "account": row.get("accountId", ""),
            }

        of = {"time": "dateTime", "symbol": "symbol", "side": "buySell", "price": "tradePrice"}
        of |= {"quantity": "quantity", "fee": "ibCommission"}
        optional = {"order_id": "ibOrderID", "account": "accountId"}
        of |= {field: name for field, name in optional.items() if name in sheet.columns}
        found = as_export(Kind.FILLS, sheet, Labels(of), reading, self.title)
        return replace(found, zone_hint=_ZONE_HINT, notes=_notes(sheet, foreign))

    def _from_xml(self, path: Path) -> Sheet:
        root, trades = read_elements(path, "Trade")
        if root != "FlexQueryResponse":
            raise GoldError(f"{path}: is no {self.title}; it begins with <{root}>")
        if not trades:
            raise GoldError(f"{path}: holds no trades; tick Executions under Trades in the query")
        names = dict.fromkeys(name for trade in trades for name in trade)
        columns = {name: [trade.get(name, "") for trade in trades] for name in names}
        return Sheet(path, columns, list(range(1, len(trades) + 1)))

    def _from_csv(self, path: Path) -> Sheet:
        rows = read_rows(path, _CSV_NEEDED)
        sheet = as_sheet(path, _section(path, rows, self.title), 0)
        columns = {_CSV.get(name, name): cells for name, cells in sheet.columns.items()}
        return replace(sheet, columns=columns)


def _is_xml(path: Path) -> bool:
    return path.suffix.lower() == ".xml" or "<FlexQueryResponse" in read_beginning(path, 65_536)


def _section(path: Path, rows: Sequence[Sequence[str]], title: str) -> list[Sequence[str]]:
    """Return the header of the trades and the rows below it, up to the next section."""
    section: list[Sequence[str]] = []
    for row in rows:
        if set(_CSV_NEEDED) <= {cell.strip() for cell in row}:
            section = section or [row]
        elif section and row and row[0].strip() in (*_BETWEEN_SECTIONS, section[0][0].strip()):
            break
        elif section:
            section.append(row)
    if not section:
        raise GoldError(f"{path}: is no {title}; expected columns {', '.join(_CSV_NEEDED)}")
    return section


def _cancelled(sheet: Sheet) -> frozenset[str]:
    """Return the ids of the trades that a later row cancels."""
    if "origTradeID" not in sheet.columns:
        return frozenset()
    rows = zip(sheet.columns["buySell"], sheet.columns["origTradeID"], strict=True)
    return frozenset(origin for side, origin in rows if origin and _is_cancel(side))


def _is_cancel(side: str) -> bool:
    return "(ca" in side.lower()


def _refuse_others(row: Mapping[str, str], cancelled: frozenset[str]) -> None:
    """Raise `NoTradeError` for what is no execution of a market that is imported."""
    level, category = row.get("levelOfDetail", ""), row["assetCategory"]
    if level not in ("", "EXECUTION"):
        raise NoTradeError(f"levelOfDetail {level}: the same trades as the executions")
    if category not in _IMPORTED:
        raise NoTradeError(f"assetCategory {category}: only {', '.join(_IMPORTED)} are imported")
    if _is_cancel(row["buySell"]) or row.get("tradeID") in cancelled:
        raise NoTradeError("a cancelled trade, and the row that cancels it")


def _time(row: Mapping[str, str]) -> str:
    text = row.get("dateTime") or f"{row.get('tradeDate', '')};{row.get('tradeTime', '')}"
    found = _TIME.fullmatch(text.strip())
    return "{}-{}-{}T{}:{}:{}".format(*found.groups()) if found else text


def _quantity(row: Mapping[str, str], path: Path) -> str:
    """Return how many units of the price were traded: of futures, contracts times multiplier."""
    if row["assetCategory"] != "FUT":
        return plain_number(row["quantity"])
    if not row.get("multiplier"):
        raise GoldError(f"{path}: futures without their multiplier; tick Multiplier under Trades")
    return product(row["quantity"], row["multiplier"])


def _notes(sheet: Sheet, foreign: int) -> list[str]:
    notes = []
    if "FUT" in sheet.columns["assetCategory"]:
        notes.append("quantities of futures are contracts times their multiplier")
    if foreign:
        notes.append(
            f"the commissions of {foreign:,} fills are not in the price's currency: not counted"
        )
    return notes


FLEX = Flex()
