"""Joined times: a date in one column and the time of day in another are one time."""

import re
from collections.abc import Collection
from dataclasses import replace

from tradegen.importers.names import plain
from tradegen.importers.sheet import Sheet

_PAIRS = (
    ("date", "time"),
    ("tradedate", "tradetime"),
    ("executiondate", "executiontime"),
    ("execdate", "exectime"),
    ("opendate", "opentime"),
    ("closedate", "closetime"),
    ("entrydate", "entrytime"),
    ("exitdate", "exittime"),
)
_TIME_OF_DAY = re.compile(
    r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp][Mm])?( ?(Z|UTC|[+-]\d{2}:\d{2}))?"
)
_DATE = re.compile(r"[^:]*")


def join_times(sheet: Sheet, stated: Collection[str]) -> Sheet:
    """Return a sheet in which a column `Date + Time` stands for columns `Date` and `Time`.

    Two columns are joined if their names belong together, the one holds dates alone, and the
    other times of day alone. Columns that are `stated` to mean something stay as they are.
    """
    columns = dict(sheet.columns)
    called = {plain(name): name for name in reversed(list(columns)) if name not in stated}
    for pair in _PAIRS:
        if not set(pair) <= called.keys():
            continue
        date, time = (called[name] for name in pair)
        days, hours = [_day(cell) for cell in columns[date]], columns[time]
        if _all(_DATE, days) and _all(_TIME_OF_DAY, hours):
            del columns[date], columns[time]
            joined = zip(days, hours, strict=True)
            columns[f"{date} + {time}"] = [
                f"{day} {_two_digits(hour)}".strip() for day, hour in joined
            ]
    return replace(sheet, columns=columns)


def _day(cell: str) -> str:
    """Return a date, which Excel files hold as its midnight."""
    return cell.removesuffix(" 00:00:00")


def _two_digits(hour: str) -> str:
    return f"0{hour}" if hour[1:2] == ":" else hour


def _all(form: re.Pattern[str], cells: list[str]) -> bool:
    """Return whether all cells that are not empty have a form, and there are any."""
    filled = [cell for cell in cells if cell]
    return bool(filled) and all(form.fullmatch(cell) for cell in filled)
