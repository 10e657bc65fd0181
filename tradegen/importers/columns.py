"""Columns: which of a sheet's columns means what, as far as their names tell."""

from collections.abc import Mapping
from dataclasses import dataclass

from tradegen.errors import GoldError, list_names
from tradegen.importers.names import NAMES, Kind, plain
from tradegen.importers.sheet import Sheet

OPTIONAL = ("fee", "order_id", "account", "trade_id", "price_source", "book")
"""Fields that a sheet need not have."""

NO_COLUMN = "-"
"""What `--map` says of an optional field that is in no column."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What rows are, and the column of each field; a field that no column holds is left out.

    `instead` are columns whose names would have fitted too. Where the same column is side and
    quantity, its sign is the side.
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

    @property
    def signed(self) -> bool:
        """Whether negative quantities are what tells sells from buys."""
        return self.of.get("side") == self.of["quantity"]


def find_columns(sheet: Sheet, stated: Mapping[str, str]) -> Columns:
    """Return the columns of a sheet: those `stated` (by field), the others by their names.

    A sheet with an entry and an exit price holds round trips, any other fills. If no column goes by
    side, but some quantities are negative, those are the sells. Raises `GoldError`
    for a stated field or column that is not known, for fields that no column goes by, and for
    needed fields that several go by which say different things.
    """
    known = sorted({field for names in NAMES.values() for field in names})
    for field, column in stated.items():
        if field not in known:
            raise GoldError(f"--map {field}: no such field; expected one of {', '.join(known)}")
        if column not in sheet.columns and not (column == NO_COLUMN and field in OPTIONAL):
            raise GoldError(
                f"{sheet.path}: --map {field}: no column {column!r}; "
                f"found {list_names(sheet.columns)}"
            )
    found = {kind: _found(sheet, kind, stated) for kind in Kind}
    trips = found[Kind.ROUND_TRIPS]
    kind = Kind.ROUND_TRIPS if {"entry_price", "exit_price"} <= trips.keys() else Kind.FILLS
    missing = [name for name in NAMES[kind] if name not in found[kind] and name not in OPTIONAL]
    if missing:
        other = list_names(field for field in NAMES[Kind.ROUND_TRIPS] if field not in OPTIONAL)
        hint = f"; if its rows are round trips, {other} are needed" if kind is Kind.FILLS else ""
        raise GoldError(
            f"{sheet.path}: read as {kind}, and no column is found for {list_names(missing)}"
            f"{hint}. "
            f"Say which it is, e.g. --map {missing[0]}=COLUMN; found {list_names(sheet.columns)}"
        )
    instead = {
        field: [name for name in _fitting(sheet, kind, field) if name not in found[kind].values()]
        for field in found[kind]
        if field not in stated
    }
    for field, others in instead.items():
        if field not in OPTIONAL and any(_differ(sheet, found[kind][field], one) for one in others):
            both = list_names(map(repr, (found[kind][field], *others)))
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
    called = {plain(name): name for name in reversed(list(sheet.columns))}
    return [called[name] for name in NAMES[kind][field] if name in called]


def _found(sheet: Sheet, kind: Kind, stated: Mapping[str, str]) -> dict[str, str]:
    taken = set(stated.values())
    found = {}
    for field in NAMES[kind]:
        fits = [name for name in _fitting(sheet, kind, field) if name not in taken]
        if field in stated:
            found[field] = stated[field]
        elif fits:
            found[field] = fits[0]
            taken.add(fits[0])
    if "side" not in found and "quantity" in found and _has_signs(sheet, found["quantity"]):
        found["side"] = found["quantity"]
    return found


def _has_signs(sheet: Sheet, column: str) -> bool:
    return any(cell.startswith("-") for cell in sheet.columns[column])
