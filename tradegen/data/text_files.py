"""Rows from text: CSV (semicolons, a byte order mark, wide bars) and JSON lines."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from tradegen.data.row import BAR_FIELDS, CORE_FIELDS, Row
from tradegen.errors import GoldError, Problem

TIME_FIELDS = ("entry_time", "exit_time")

_DELIMITERS = ",;\t|"
_WIDE = re.compile(
    rf"^(?:bars?[_.]?)?(?:(?P<before>\d+)[_.])?(?P<field>{'|'.join(BAR_FIELDS)})"
    r"(?:[_.]?(?P<after>\d+))?$"
)
_DECIMAL_COMMA = re.compile(r"^-?\d+,\d+$")
_VALUE_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Record:
    """One flat record of a text file and the number a person would give it."""

    number: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ParsedRows:
    """The valid rows of one file, their numbers in it, and what is wrong with the others."""

    rows: list[Row]
    numbers: list[int]
    problems: list[Problem]


def read_csv_records(path: Path) -> list[Record]:
    """Return the records of a CSV file; empty cells are left out.

    The delimiter (comma, semicolon, tab or bar) is told from the header, a byte order mark is
    skipped. Columns `open_0`, `bars.0.open` and the like are gathered into `bars`.

    Raises `GoldError` if the file is empty, not UTF-8, or has a row of another length.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise GoldError(f"{path}: not UTF-8 text ({error}); save it as UTF-8") from error
    lines = text.splitlines()
    if not lines:
        raise GoldError(f"{path}: the file is empty; expected a header and one line a trade")
    delimiter = max(_DELIMITERS, key=lines[0].count)
    reader = csv.reader(lines, delimiter=delimiter)
    header = [name.strip() for name in next(reader)]
    wide = {k: found for k, name in enumerate(header) if (found := _wide_column(name))}
    records = []
    for number, cells in enumerate(reader, start=1):
        if len(cells) != len(header):
            raise GoldError(
                f"{path}, row {number}: {len(cells)} cells where the header has {len(header)}; "
                "check for unquoted delimiters or a line cut short"
            )
        records.append(Record(number, _csv_values(header, cells, wide)))
    return records


def _wide_column(name: str) -> tuple[int, str] | None:
    match = _WIDE.match(name)
    if match is None or (match["before"] is None) == (match["after"] is None):
        return None
    return int(match["before"] or match["after"]), match["field"]


def _csv_values(
    header: list[str], cells: list[str], wide: Mapping[int, tuple[int, str]]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    bars: dict[int, dict[str, str]] = {}
    for k, (name, cell) in enumerate(zip(header, cells, strict=True)):
        if cell.strip() == "":
            continue
        if k in wide:
            number, field = wide[k]
            bars.setdefault(number, {})[field] = cell
        else:
            values[name] = cell
    if bars:
        values["bars"] = [bars[number] for number in sorted(bars)]
    elif isinstance(values.get("bars"), str):
        values["bars"] = _json_or_text(values["bars"])
    return values


def _json_or_text(cell: str) -> Any:
    try:
        return json.loads(cell)
    except json.JSONDecodeError:
        return cell


def read_jsonl_records(path: Path) -> list[Record]:
    """Return the records of a file with one JSON object a line; empty lines are skipped.

    Raises `GoldError` naming the line that is not a JSON object.
    """
    records = []
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise GoldError(f"{path}: not UTF-8 text ({error}); save it as UTF-8") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            raise GoldError(f"{path}, line {number}: not JSON ({error})") from error
        if not isinstance(value, dict):
            raise GoldError(f"{path}, line {number}: expected a JSON object with one trade")
        records.append(Record(number, value))
    if not records:
        raise GoldError(f"{path}: the file is empty; expected one JSON object a line")
    return records


def parse_records(path: Path, records: Iterable[Record], tz: ZoneInfo | None) -> ParsedRows:
    """Validate records against the row contract; naive times are taken to be in `tz`."""
    parsed = ParsedRows([], [], [])
    for record in records:
        try:
            row = Row.from_record(_localised(record.values, tz))
        except ValidationError as error:
            parsed.problems.extend(_problems(path, record.number, error))
        else:
            parsed.rows.append(row)
            parsed.numbers.append(record.number)
    return parsed


def _localised(values: Mapping[str, Any], tz: ZoneInfo | None) -> dict[str, Any]:
    if tz is None:
        return dict(values)
    localised = {
        key: localise(value, tz) if key in TIME_FIELDS else value for key, value in values.items()
    }
    bars = localised.get("bars")
    if isinstance(bars, list):
        localised["bars"] = [
            bar | {"time": localise(bar["time"], tz)}
            if isinstance(bar, dict) and "time" in bar
            else bar
            for bar in bars
        ]
    return localised


def localise(value: object, tz: ZoneInfo) -> object:
    """Return a naive ISO time as a time in `tz`; anything else unchanged."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value
    if isinstance(moment, datetime) and moment.tzinfo is None:
        return moment.replace(tzinfo=tz)
    return value


def _problems(path: Path, number: int, error: ValidationError) -> Iterator[Problem]:
    for detail in error.errors(include_url=False, include_context=False):
        field = ""
        for part in detail["loc"]:
            if isinstance(part, int):
                field += f"[{part}]"
            elif part != "extras":
                field += f".{part}" if field else str(part)
        if detail["type"] == "missing":
            yield Problem(str(path), number, field, "missing", _meaning(field))
            continue
        value = repr(detail["input"])
        shown = value if len(value) <= _VALUE_SHOWN else value[:_VALUE_SHOWN] + "..."
        expected = detail["msg"].removeprefix("Value error, expected ")
        expected = expected.removeprefix("Input should be ")
        if isinstance(detail["input"], str) and _DECIMAL_COMMA.match(detail["input"]):
            expected = "a number with a decimal point (this one has a decimal comma)"
        yield Problem(str(path), number, field, shown, expected)


def _meaning(field: str) -> str:
    name = field.rsplit(".", 1)[-1]
    if name in TIME_FIELDS or name == "time":
        return "an ISO 8601 time with its offset from UTC"
    if name == "bars":
        return "64 bars before entry, then the bars from entry to exit (or pass --bars FILE)"
    return "text" if name in ("trade_id", "symbol", "side", "interval") else "a number"


def parse_extra_cells(values: Iterable[Any]) -> list[Any]:
    """Return CSV cells of one extra column as booleans, integers or numbers if all are."""
    cells = list(values)
    present = [cell for cell in cells if cell is not None]
    for parse in (_boolean, int, float):
        try:
            parsed = {cell: parse(cell) for cell in set(present)}
        except ValueError:
            continue
        return [None if cell is None else parsed[cell] for cell in cells]
    return cells


def _boolean(cell: str) -> bool:
    known = {"true": True, "false": False}
    if cell.lower() not in known:
        raise ValueError(cell)
    return known[cell.lower()]


def core_columns(records: Iterable[Record]) -> set[str]:
    """Return the contract's columns that at least one record has."""
    return {name for record in records for name in record.values if name in CORE_FIELDS}
