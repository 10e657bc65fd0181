"""Records: a sheet's rows as fills, or as round trips, with everything that is wrong with them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from tradegen.errors import Problem
from tradegen.importers.columns import OPTIONAL, Columns
from tradegen.importers.fills import Fill, Trip
from tradegen.importers.names import Kind
from tradegen.importers.sheet import Sheet
from tradegen.importers.values import amount, is_buy, is_positive, moment, name, positive, size


@dataclass(frozen=True, slots=True)
class Read:
    """Fills or round trips of a sheet, and what is wrong with the rows that are neither."""

    fills: list[Fill]
    trips: list[Trip]
    problems: list[Problem]

    @property
    def symbols(self) -> list[str]:
        """The symbol of every fill and round trip."""
        return [fill.symbol for fill in self.fills] + [trip.symbol for trip in self.trips]

    def respelt(self, spelling: Mapping[str, str]) -> "Read":
        """Return the same with some symbols written in another way."""
        return Read(
            [replace(one, symbol=spelling.get(one.symbol, one.symbol)) for one in self.fills],
            [replace(one, symbol=spelling.get(one.symbol, one.symbol)) for one in self.trips],
            self.problems,
        )


def read_records(sheet: Sheet, columns: Columns, tz: ZoneInfo | None, form: str | None) -> Read:
    """Return what the rows of a sheet say. `tz` is the zone of times that name none."""

    def time(text: str) -> int:
        return moment(text, tz, form)

    parsers: Mapping[str, Callable[[str], Any]] = {
        "time": time,
        "entry_time": time,
        "exit_time": time,
        "side": is_positive if columns.signed else is_buy,
        "price": positive,
        "entry_price": positive,
        "exit_price": positive,
        "quantity": size,
        "fee": amount,
    }
    read = Read([], [], list(sheet.problems))
    cells = {field: columns.cells(sheet, field) for field in (*columns.of, *OPTIONAL)}
    own = columns.own(sheet)
    for row, number in enumerate(sheet.numbers):
        texts = {field: column[row] for field, column in cells.items()}
        values, wrong = _parsed(texts, parsers)
        if columns.signed and "quantity" in wrong:
            wrong.pop("side", None)  # the same cell
        if not wrong and columns.kind is Kind.FILLS:
            read.fills.append(_fill(number, values))
        elif not wrong and values["exit_time"] < values["entry_time"]:
            wrong = {"exit_time": "a time not before the entry"}
        elif not wrong:
            read.trips.append(
                _trip(number, values, {name: sheet.columns[name][row] for name in own})
            )
        read.problems.extend(
            sheet.problem(row, columns.of.get(field, field), texts[field], expected)
            for field, expected in wrong.items()
        )
    return read


def _parsed(
    texts: Mapping[str, str], parsers: Mapping[str, Callable[[str], Any]]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what the cells of a row mean, and what was expected in those that mean nothing."""
    values, wrong = {}, {}
    for field, text in texts.items():
        try:
            if not text and field not in OPTIONAL:
                raise ValueError("a value")
            values[field] = parsers.get(field, name)(text)
        except ValueError as error:
            wrong[field] = str(error)
    return values, wrong


def _fill(row: int, values: Mapping[str, Any]) -> Fill:
    return Fill(
        row=row,
        time=values["time"],
        symbol=values["symbol"],
        buy=values["side"],
        price=values["price"],
        quantity=values["quantity"],
        fee=values["fee"],
        order_id=values["order_id"],
        account=values["account"],
        book=values["book"],
    )


def _trip(row: int, values: Mapping[str, Any], own: Mapping[str, str]) -> Trip:
    return Trip(
        symbol=values["symbol"],
        account=values["account"],
        long=values["side"],
        entry_time=values["entry_time"],
        entry_price=values["entry_price"],
        exit_time=values["exit_time"],
        exit_price=values["exit_price"],
        quantity=values["quantity"],
        fees=values["fee"],
        rows=(row,),
        averaged="vwap" in values["price_source"].lower(),
        trade_id=values["trade_id"],
        own=own,
    )
