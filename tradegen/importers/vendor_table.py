"""Vendors' tables: the rows of one table in a file, brought into the form of an `Export`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tradegen.errors import GoldError
from tradegen.importers.columns import Columns
from tradegen.importers.export import Export, PassedOver
from tradegen.importers.names import Kind
from tradegen.importers.plain_values import plain_number
from tradegen.importers.sheet import Sheet, as_sheet


class NoTradeError(Exception):
    """Raised for a row that is no trade, saying why."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What a vendor calls the columns of each field, and which others are used up for them.

    A column that is made of several bears the name of one that errors are to speak of.
    """

    of: Mapping[str, str]
    used: Sequence[str] = ()


Reading = Callable[[Mapping[str, str]], Mapping[str, str]]
"""Returns the plain text of each field of a row, by its column; raises `NoTradeError`."""


def find_table(
    path: Path, title: str, rows: Sequence[Sequence[str]], needed: Sequence[str]
) -> Sheet:
    """Return the table below the first row that holds all `needed` names.

    Raises `GoldError` if no row does.
    """
    for index, row in enumerate(rows):
        if set(needed) <= {cell.strip() for cell in row}:
            return as_sheet(path, rows, index)
    raise GoldError(f"{path}: is no {title}; expected columns {', '.join(needed)}")


def as_export(kind: Kind, sheet: Sheet, labels: Labels, reading: Reading, title: str) -> Export:
    """Return what `reading` makes of every row of a sheet.

    The other columns are kept: of round trips they are the user's own, and fills that are alike may
    differ in their ids. Raises `GoldError` if no row is a trade.
    """
    kept: list[Mapping[str, str]] = []
    numbers: list[int] = []
    passed: list[PassedOver] = []
    for index, number in enumerate(sheet.numbers):
        row = {name: cells[index] for name, cells in sheet.columns.items()}
        try:
            fields = reading(row)
        except NoTradeError as why:
            passed.append(PassedOver(number, str(why)))
            continue
        plain = {labels.of[name]: text for name, text in fields.items() if name in labels.of}
        kept.append({**_without_currency(row), **plain})
        numbers.append(number)
    if not kept and not sheet.problems:
        raise GoldError(f"{sheet.path}: this {title} holds no trades{_listed(passed)}")
    names = [*labels.of.values(), *(name for name in sheet.columns if name not in labels.used)]
    columns = {name: [row.get(name, "") for row in kept] for name in dict.fromkeys(names)}
    found = Sheet(sheet.path, columns, numbers, list(sheet.problems), sheet.header)
    return Export(found, Columns(kind, labels.of, {}), passed_over=passed)


def _without_currency(row: Mapping[str, str]) -> Mapping[str, str]:
    """Return cells as they are, but money without its sign, so that it is a number to all."""
    return {name: plain_number(cell) if "$" in cell else cell for name, cell in row.items()}


def _listed(passed: Sequence[PassedOver]) -> str:
    """Return what the rows are instead, in brackets."""
    reasons = list(dict.fromkeys(one.why for one in passed))
    return f" ({len(passed):,} rows are passed over: {'; '.join(reasons[:3])})" if passed else ""
