"""Columns: which of a sheet's columns means what, as far as their names tell."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tradegen.errors import GoldError
from tradegen.importers.sheet import Sheet


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

_NAMES: Mapping[Kind, Mapping[str, tuple[str, ...]]] = {
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

OPTIONAL = ("fee", "order_id", "account", "trade_id", "price_source")
"""Fields that a sheet need not have."""

NO_COLUMN = "-"
"""What `--map` says of an optional field that is in no column."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What rows are, and the column of each field; a field that no column holds is left out.

    `instead` are columns whose names would have fitted too.
    """

    kind: Kind
    of: Mapping[str, str]
    instead: Mapping[str, list[str]]

    def own(self, sheet: Sheet) -> list[str]:
        """Return the columns that are no field: the user's own."""
        return [name for name in sheet.columns if name not in self.of.values()]

    def cells(self, sheet: Sheet, field: str) -> list[str]:
        """Return what a sheet holds of a field, "" in every row if it has no such column."""
        return sheet.columns[self.of[field]] if field in self.of else [""] * len(sheet)


def find_columns(sheet: Sheet, stated: Mapping[str, str]) -> Columns:
    """Return the columns of a sheet: those `stated` (by field), the others by their names.

    A sheet with an entry and an exit price holds round trips, any other fills. Raises `GoldError`
    for a stated field or column that is not known, for fields that no column goes by, and for
    needed fields that several go by which say different things.
    """
    known = sorted({field for names in _NAMES.values() for field in names})
    for field, column in stated.items():
        if field not in known:
            raise GoldError(f"--map {field}: no such field; expected one of {', '.join(known)}")
        if column not in sheet.columns and not (column == NO_COLUMN and field in OPTIONAL):
            raise GoldError(
                f"{sheet.path}: --map {field}: no column {column!r}; found {_listed(sheet.columns)}"
            )
    found = {kind: _found(sheet, kind, stated) for kind in Kind}
    trips = found[Kind.ROUND_TRIPS]
    kind = Kind.ROUND_TRIPS if {"entry_price", "exit_price"} <= trips.keys() else Kind.FILLS
    missing = [name for name in _NAMES[kind] if name not in found[kind] and name not in OPTIONAL]
    if missing:
        other = _listed(field for field in _NAMES[Kind.ROUND_TRIPS] if field not in OPTIONAL)
        hint = f"; if its rows are round trips, {other} are needed" if kind is Kind.FILLS else ""
        raise GoldError(
            f"{sheet.path}: read as {kind}, and no column is found for {_listed(missing)}{hint}. "
            f"Say which it is, e.g. --map {missing[0]}=COLUMN; found {_listed(sheet.columns)}"
        )
    instead = {
        field: [name for name in _fitting(sheet, kind, field) if name not in found[kind].values()]
        for field in found[kind]
        if field not in stated
    }
    for field, others in instead.items():
        if field not in OPTIONAL and any(_differ(sheet, found[kind][field], one) for one in others):
            both = _listed(map(repr, (found[kind][field], *others)))
            raise GoldError(
                f"{sheet.path}: {both} may each be the {field}, and they say different things; say "
                f"which it is, e.g. --map {field}={found[kind][field]!r}"
            )
    of = {field: column for field, column in found[kind].items() if column != NO_COLUMN}
    return Columns(kind, of, {field: others for field, others in instead.items() if others})


def _differ(sheet: Sheet, one: str, other: str) -> bool:
    return sheet.columns[one] != sheet.columns[other]


def _fitting(sheet: Sheet, kind: Kind, field: str) -> list[str]:
    """Return the columns whose names a field goes by, the likeliest first."""
    plain = {_plain(name): name for name in reversed(list(sheet.columns))}
    return [plain[name] for name in _NAMES[kind][field] if name in plain]


def _found(sheet: Sheet, kind: Kind, stated: Mapping[str, str]) -> dict[str, str]:
    taken = set(stated.values())
    found = {}
    for field in _NAMES[kind]:
        fits = [name for name in _fitting(sheet, kind, field) if name not in taken]
        if field in stated:
            found[field] = stated[field]
        elif fits:
            found[field] = fits[0]
            taken.add(fits[0])
    return found


def _plain(name: str) -> str:
    """Return the letters and digits of a name, without what stands in brackets."""
    before = name.split("(")[0] or name
    return "".join(letter for letter in before.lower() if letter.isalnum())


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
