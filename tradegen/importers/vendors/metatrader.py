"""MetaTrader 5: the trading history report, as HTML, as Excel file, or saved from there as CSV.

The report has sections Positions, Orders and Deals. Deals are fills: `Time,Deal,Symbol,Type,
Direction,Volume,Price,Order,Commission,Fee,Swap,Profit,Balance,Comment`, with the direction in, out
or in/out. Where there are none (some brokers' excerpts), Positions are read: round trips.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tradegen.data.regular_file import why_no_file
from tradegen.errors import GoldError
from tradegen.importers.export import Export, Head
from tradegen.importers.names import Kind
from tradegen.importers.plain_values import iso_time, negated, plain_number, total
from tradegen.importers.sheet import Sheet, read_rows
from tradegen.importers.vendor_table import Labels, NoTradeError, as_export
from tradegen.importers.vendors.report_html import read_html_rows

_DEALS = ("Time", "Deal", "Symbol", "Type", "Direction", "Volume", "Price")
_POSITIONS = ("Time", "Position", "Symbol", "Type", "Volume", "Price")
_TITLES = ("trade history report", "strategy tester report")
_TIMES = ("%Y.%m.%d %H:%M:%S", "%Y.%m.%d %H:%M", "%Y-%m-%d %H:%M:%S")
_DATED = re.compile(r"\d{4}[.-]\d{2}[.-]\d{2}\b.*")
_ZONE_HINT = "times are those of the broker's server, and the broker knows its zone"


@dataclass(frozen=True, slots=True)
class MetaTrader:
    """A trading history report."""

    name: str = "mt5"
    title: str = "MetaTrader 5 history report"

    def recognises(self, head: Head) -> bool:
        """Return whether a file begins with the report's title or a header of its sections."""
        beginning = head.text.lower()
        if beginning.lstrip().startswith("<"):
            return "<table" in beginning and any(title in beginning for title in _TITLES)
        titled = any(cell.strip().lower() in _TITLES for row in head.rows for cell in row)
        return titled or head.has_columns(_DEALS) or head.has_columns(_POSITIONS)

    def read(self, path: Path) -> Export:
        """Read a file."""
        if (wrong := why_no_file(path)) is not None:
            raise GoldError(f"{path}: {wrong}")
        is_page = path.suffix.lower() in (".html", ".htm")
        rows = read_html_rows(path) if is_page else read_rows(path, _DEALS)
        account = _account(rows)
        deals, positions = _section(path, rows, _DEALS), _section(path, rows, _POSITIONS)
        if deals is not None and len(deals):
            return _deals(deals, account, self.title)
        if positions is not None and len(positions):
            return _positions(positions, self.title)
        if deals is None and positions is None:
            raise GoldError(
                f"{path}: is no {self.title} in English, with a section Deals or Positions; set "
                "MetaTrader's language to English, and save the report anew"
            )
        raise GoldError(f"{path}: this {self.title} holds no trades")


def _account(rows: Sequence[Sequence[str]]) -> str:
    """Return what the report says of the account, such as `123 (USD, Server, real, Hedge)`."""
    for row in rows:
        filled = [cell.strip() for cell in row if cell.strip()]
        if len(filled) > 1 and filled[0] == "Account:":
            return filled[1]
    return ""


def _section(path: Path, rows: Sequence[Sequence[str]], header: Sequence[str]) -> Sheet | None:
    """Return the dated rows below a section's header; sums at its end have no date."""
    found = (k for k, row in enumerate(rows) if set(header) <= {cell.strip() for cell in row})
    index = next(found, None)
    if index is None:
        return None
    names = _told_apart([cell.strip() for cell in rows[index]])
    kept = []
    for below in rows[index + 1 :]:
        first = below[0].strip() if below else ""
        if _DATED.fullmatch(first):
            kept.append([*below, *[""] * len(names)])
        elif first:
            break
    columns = {name: [row[k].strip() for row in kept] for k, name in enumerate(names) if name}
    return Sheet(path, columns, list(range(1, len(kept) + 1)), header=index + 1)


def _told_apart(names: Sequence[str]) -> list[str]:
    """Return names of which the second of a kind is that of the close: Time, Price."""
    return [f"{name} (close)" if name in names[:k] else name for k, name in enumerate(names)]


def _deals(sheet: Sheet, account: str, title: str) -> Export:
    hedging = "hedge" in account.lower()

    def reading(row: Mapping[str, str]) -> Mapping[str, str]:
        _refuse_balance(row)
        costs = [row.get(name, "") for name in ("Commission", "Fee")]
        return {
            "time": iso_time(row["Time"], _TIMES),
            "symbol": row["Symbol"],
            "side": row["Type"],
            "price": plain_number(row["Price"]),
            "quantity": _volume(row["Volume"]),
            "fee": negated(total(costs)),
            "order_id": row.get("Order", ""),
            "book": _book(row),
        }

    of = {"time": "Time", "symbol": "Symbol", "side": "Type", "price": "Price"}
    of |= {"quantity": "Volume", "fee": "Commission"}
    if "Order" in sheet.columns:
        of["order_id"] = "Order"
    if hedging:
        of["book"] = "Direction"
    found = as_export(Kind.FILLS, sheet, Labels(of), reading, title)
    notes = ["quantities are lots, as the report does not say how large one is"]
    if hedging:
        notes.append(
            "a hedging account: long and short positions are kept apart; several of one direction "
            "at once count as one (--match fifo keeps the orders apart)"
        )
    return replace(found, zone_hint=_ZONE_HINT, notes=notes)


def _positions(sheet: Sheet, title: str) -> Export:
    def reading(row: Mapping[str, str]) -> Mapping[str, str]:
        _refuse_balance(row)
        return {
            "entry_time": iso_time(row["Time"], _TIMES),
            "exit_time": iso_time(row.get("Time (close)", ""), _TIMES),
            "symbol": row["Symbol"],
            "side": row["Type"],
            "entry_price": plain_number(row["Price"]),
            "exit_price": plain_number(row.get("Price (close)", "")),
            "quantity": _volume(row["Volume"]),
            "fee": negated(row.get("Commission", "")),
            "trade_id": row["Position"],
        }

    of = {"entry_time": "Time", "exit_time": "Time (close)", "symbol": "Symbol", "side": "Type"}
    of |= {"entry_price": "Price", "exit_price": "Price (close)", "quantity": "Volume"}
    of |= {"fee": "Commission", "trade_id": "Position"}
    found = as_export(Kind.ROUND_TRIPS, sheet, Labels(of), reading, title)
    notes = [
        "read from its positions, as it has no deals",
        "quantities are lots, as the report does not say how large one is",
    ]
    return replace(found, zone_hint=_ZONE_HINT, notes=notes)


def _refuse_balance(row: Mapping[str, str]) -> None:
    if row["Type"].lower() not in ("buy", "sell"):
        raise NoTradeError(f"Type {row['Type'] or 'empty'}: no trade")


def _book(row: Mapping[str, str]) -> str:
    """Return to which side a deal belongs: what opens long or closes it is of the long one."""
    opens = row["Direction"].lower() == "in"
    return "long" if opens == (row["Type"].lower() == "buy") else "short"


def _volume(text: str) -> str:
    """Return a volume; of `0.05 / 0.10` the part that was filled."""
    return plain_number(text.split("/")[0].strip())


MT5 = MetaTrader()
