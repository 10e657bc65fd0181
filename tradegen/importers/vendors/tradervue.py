"""Tradervue: the journal's own export, one row a trade.

Its columns begin with `Open Datetime,Close Datetime,Symbol,Side,Volume,Exec Count,Entry Price,Exit
Price`; how many follow depends on the subscription. (Its generic import format is no export; it is
read as a plain table.)
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tradegen.importers.export import Export, Head
from tradegen.importers.names import Kind
from tradegen.importers.plain_values import plain_number, total
from tradegen.importers.sheet import read_rows
from tradegen.importers.vendor_table import Labels, NoTradeError, as_export, find_table

_NEEDED = (
    *("Open Datetime", "Close Datetime", "Symbol", "Side", "Volume"),
    *("Entry Price", "Exit Price"),
)
_ZONE_HINT = "Tradervue writes them in the zone that is set in its profile"


@dataclass(frozen=True, slots=True)
class Tradervue:
    """A journal of trades."""

    name: str = "tradervue"
    title: str = "Tradervue journal"

    def recognises(self, head: Head) -> bool:
        """Return whether a file begins with its header."""
        return head.has_columns(_NEEDED)

    def read(self, path: Path) -> Export:
        """Read a file."""
        sheet = find_table(path, self.title, read_rows(path, _NEEDED), _NEEDED)
        of = {
            "entry_time": "Open Datetime",
            "exit_time": "Close Datetime",
            "symbol": "Symbol",
            "side": "Side",
            "quantity": "Volume",
            "entry_price": "Entry Price",
            "exit_price": "Exit Price",
            "fee": "Commissions",
            "price_source": "Exec Count",
        }
        found = as_export(Kind.ROUND_TRIPS, sheet, Labels(of, ("Fees",)), _reading, self.title)
        return replace(found, zone_hint=_ZONE_HINT)


def _reading(row: Mapping[str, str]) -> Mapping[str, str]:
    if not row["Close Datetime"]:
        raise NoTradeError("still open")
    return {
        "entry_time": row["Open Datetime"],
        "exit_time": row["Close Datetime"],
        "symbol": row["Symbol"],
        "side": row["Side"],
        "quantity": plain_number(row["Volume"]),
        "entry_price": plain_number(row["Entry Price"]),
        "exit_price": plain_number(row["Exit Price"]),
        "fee": total([row.get("Commissions", ""), row.get("Fees", "")]),
        "price_source": price_source(row.get("Exec Count", "")),
    }


def price_source(executions: str) -> str:
    """Return where a trade's prices come from: of more than two executions, they are averages."""
    return "vwap" if executions.isdecimal() and int(executions) > 2 else ""


TRADERVUE = Tradervue()
