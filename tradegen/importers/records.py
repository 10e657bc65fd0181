"""Records: a sheet's rows as fills, or as round trips, with everything that is wrong with them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from tradegen.errors import Problem
from tradegen.importers.columns import OPTIONAL, Columns, Kind
from tradegen.importers.fills import Fill, Trip
from tradegen.importers.sheet import Sheet
from tradegen.importers.values import amount, is_buy, moment, positive, size


@dataclass(frozen=True, slots=True)
class Read:
    """Fills or round trips of a sheet, and what is wrong with the rows that are neither."""

    fills: list[Fill]
    trips: list[Trip]
    problems: list[Problem]


def read_records(sheet: Sheet, columns: Columns, tz: ZoneInfo | None, form: str | None) -> Read:
    """Return what the rows of a sheet say. `tz` is the zone of times that name none."""

    def time(text: str) -> int:
        return moment(text, tz, form)

    parsers: Mapping[str, Callable[[str], Any]] = {
        "time": time,
        "entry_time": time,
        "exit_time": time,
        "side": is_buy,
        "price": positive,
        "entry_price": positive,
        "exit_price": positive,
        "quantity": size,
        "fee": amount,
    }
    cells = {field: columns.cells(sheet, field) for field in (*columns.of, *OPTIONAL)}
    read = Read([], [], list(sheet.problems))
    own = columns.own(sheet)
    for row in range(len(sheet)):
        values: dict[str, Any] = {}
        for field, column in cells.items():
            text = column[row]
            try:
                if not text and field not in OPTIONAL:
                    raise ValueError("a value")
                values[field] = parsers.get(field, str)(text)
            except ValueError as error:
                name = columns.of.get(field, field)
                read.problems.append(sheet.problem(row, name, text, str(error)))
        if values.keys() == cells.keys():
            if columns.kind is Kind.FILLS:
                read.fills.append(_fill(sheet.numbers[row], values))
            else:
                _add_trip(read, sheet, columns, row, values, own)
    return read


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
    )


def _add_trip(
    read: Read,
    sheet: Sheet,
    columns: Columns,
    row: int,
    values: Mapping[str, Any],
    own: list[str],
) -> None:
    if values["exit_time"] < values["entry_time"]:
        name = columns.of["exit_time"]
        text = sheet.columns[name][row]
        read.problems.append(sheet.problem(row, name, text, "a time not before the entry"))
        return
    read.trips.append(
        Trip(
            symbol=values["symbol"],
            account=values["account"],
            long=values["side"],
            entry_time=values["entry_time"],
            entry_price=values["entry_price"],
            exit_time=values["exit_time"],
            exit_price=values["exit_price"],
            quantity=values["quantity"],
            fees=values["fee"],
            rows=(sheet.numbers[row],),
            averaged="vwap" in values["price_source"].lower(),
            own={
                "trade_id": values["trade_id"],
                **{name: sheet.columns[name][row] for name in own},
            },
        )
    )
