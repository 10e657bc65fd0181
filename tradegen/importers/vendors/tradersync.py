"""TraderSync: the journal's own export, one row a trade.

Its columns begin with `Status,Symbol,Size,Open Date,Close Date,Open Time,Close Time`, dates are as
`Feb 12, 2026`, and money has its sign.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tradegen.importers.export import Export, Head
from tradegen.importers.names import Kind
from tradegen.importers.plain_values import iso_time, plain_number, total
from tradegen.importers.sheet import read_rows
from tradegen.importers.vendor_table import Labels, NoTradeError, as_export, find_table
from tradegen.importers.vendors.tradervue import price_source

_NEEDED = (
    *("Status", "Symbol", "Size", "Open Date", "Close Date", "Open Time", "Close Time"),
    *("Entry Price", "Exit Price", "Side"),
)
_DATES = ("%b %d, %Y", "%b %d %Y", "%Y-%m-%d", "%m/%d/%Y")
_HOURS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p")
_TIMES = tuple(f"{date} {hour}" for date in _DATES for hour in _HOURS)
_SHARES = ("", "share", "shares", "stock", "crypto", "forex")
_ZONE_HINT = "TraderSync writes them in the zone that is set in its profile"


@dataclass(frozen=True, slots=True)
class TraderSync:
    """A journal of trades."""

    name: str = "tradersync"
    title: str = "TraderSync journal"

    def recognises(self, head: Head) -> bool:
        """Return whether a file begins with its header."""
        return head.has_columns(_NEEDED)

    def read(self, path: Path) -> Export:
        """Read a file."""
        sheet = find_table(path, self.title, read_rows(path, _NEEDED), _NEEDED)
        of = {
            "entry_time": "Open Date",
            "exit_time": "Close Date",
            "symbol": "Symbol",
            "side": "Side",
            "quantity": "Size",
            "entry_price": "Entry Price",
            "exit_price": "Exit Price",
            "fee": "Commision",
            "price_source": "Executions",
        }
        used = ("Open Time", "Close Time", "Fees", "Status")
        found = as_export(Kind.ROUND_TRIPS, sheet, Labels(of, used), _reading, self.title)
        return replace(found, zone_hint=_ZONE_HINT)


def _reading(row: Mapping[str, str]) -> Mapping[str, str]:
    if row["Status"].lower() == "open" or not row["Close Date"]:
        raise NoTradeError("still open")
    if row.get("Type", "").lower() not in _SHARES:
        raise NoTradeError(f"Type {row['Type']}: quantities of contracts need their multiplier")
    return {
        "entry_time": iso_time(f"{row['Open Date']} {row['Open Time']}".strip(), _TIMES),
        "exit_time": iso_time(f"{row['Close Date']} {row['Close Time']}".strip(), _TIMES),
        "symbol": row["Symbol"],
        "side": row["Side"],
        "quantity": plain_number(row["Size"]),
        "entry_price": plain_number(row["Entry Price"]),
        "exit_price": plain_number(row["Exit Price"]),
        "fee": total([row.get("Commision", ""), row.get("Commission", ""), row.get("Fees", "")]),
        "price_source": price_source(row.get("Executions", "")),
    }


TRADERSYNC = TraderSync()
