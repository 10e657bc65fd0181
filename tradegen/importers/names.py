"""Names: what exchanges, brokers and people call the fields of a log."""

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Kind(StrEnum):
    """What a row of a sheet is."""

    FILLS = "fills"
    ROUND_TRIPS = "round trips"


_SYMBOL = ("symbol", "ticker", "instrument", "contract", "market", "pair", "asset", "underlying")
_SIDE = ("side", "action", "buysell", "longshort", "bs", "tradetype", "direction", "type")
_QUANTITY = (
    *("filledqty", "filledquantity", "executedqty", "executed", "execqty", "lastqty", "filled"),
    *("quantity", "qty", "size", "shares", "contracts", "lots", "volume", "amount"),
)
_ACCOUNT = ("account", "accountid", "portfolio", "subaccount", "clientaccountid")
_FEE = ("fee", "fees", "commission", "commissions", "ibcommission", "execfee", "tradingfee")

NAMES: Mapping[Kind, Mapping[str, tuple[str, ...]]] = {
    Kind.FILLS: {
        "time": (
            *("time", "datetime", "timestamp", "date", "dateutc", "timeutc", "executedat"),
            *("exectime", "executiontime", "transacttime", "tradetime", "filltime", "createdat"),
        ),
        "symbol": _SYMBOL,
        "side": _SIDE,
        "price": (
            *("fillprice", "filledprice", "execprice", "lastpx", "tradeprice", "avgprice"),
            *("averageprice", "avgfillprice", "price", "px"),
        ),
        "quantity": _QUANTITY,
        "fee": _FEE,
        "order_id": ("orderid", "order", "orderno", "orderlinkid", "ordernumber", "iborderid"),
        "account": _ACCOUNT,
    },
    Kind.ROUND_TRIPS: {
        "symbol": _SYMBOL,
        "side": _SIDE,
        "entry_time": (
            *("entrytime", "opentime", "opened", "openedat", "opendate", "entrydate", "entry"),
            *("entrydatetime", "opendatetime", "timein", "starttime", "boughttimestamp"),
        ),
        "entry_price": (
            *("entryprice", "openprice", "openpx", "entrypx", "avgentry", "avgentryprice"),
            *("pricein", "averageentryprice", "avgopenprice", "openingprice"),
        ),
        "exit_time": (
            *("exittime", "closetime", "closed", "closedat", "closedate", "exitdate", "exit"),
            *("exitdatetime", "closedatetime", "timeout", "endtime", "soldtimestamp"),
        ),
        "exit_price": (
            *("exitprice", "closeprice", "closepx", "exitpx", "avgexit", "avgexitprice"),
            *("priceout", "averageexitprice", "avgcloseprice", "closingprice"),
        ),
        "quantity": _QUANTITY,
        "fee": _FEE,
        "account": _ACCOUNT,
        "trade_id": ("tradeid", "id", "positionid", "ticket", "dealid"),
        "price_source": ("pricesource",),
    },
}
"""Names that each field goes by, letters and digits only, the likeliest first."""


def plain(name: str) -> str:
    """Return the letters and digits of a name, without what stands in brackets.

    Of a date joined with a time of day, `Open Date + Open Time`, the last is what it is called.
    """
    last = name.split(" + ")[-1]
    before = last.split("(")[0] or last
    return "".join(letter for letter in before.lower() if letter.isalnum())


_FIELDS_OF: Mapping[str, frozenset[str]] = {
    name: frozenset(
        field for fields in NAMES.values() for field, known in fields.items() if name in known
    )
    for fields in NAMES.values()
    for known in fields.values()
    for name in known
}


def count_fields(cells: Iterable[str]) -> int:
    """Return how many fields the cells of a line name; a line that holds values names few."""
    return len({field for cell in cells for field in _FIELDS_OF.get(plain(cell), ())})
