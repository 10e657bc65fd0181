"""Rows from text: CSV (semicolons, a byte order mark, wide bars) and JSON lines."""

import csv
import json
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tradegen.data.column_names import refuse_same_names
from tradegen.data.row import CORE_FIELDS, ExtraValue, Row
from tradegen.data.wide_bars import wide_columns
from tradegen.errors import GoldError, Problem

TIME_FIELDS = ("entry_time", "exit_time")

_DELIMITERS = ",;\t|"
_DECIMAL_COMMA = re.compile(r"^-?\d+,\d+$")
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?")
_LONGEST_CELL = 1 << 30
_LONGEST_INTEGER = 1000  # Python reads none beyond 4300 digits, and files hold 64 bits
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


class Cell(str):
    """A cell of a column of the user's own: what kind the column is of is not told yet.

    That follows from train rows alone, which only a later step knows; until then nothing that
    was written may get lost.
    """

    __slots__ = ()

    @property
    def meaning(self) -> ExtraValue:
        """The boolean or number the cell is written as; codes such as 007 are text."""
        if self.lower() in ("true", "false"):
            return self.lower() == "true"
        if not _NUMBER.fullmatch(self):
            return str(self)
        if set(self) & set(".eE"):
            return float(self)
        return int(self) if len(self) <= _LONGEST_INTEGER else str(self)


def read_csv_records(path: Path) -> tuple[list[Record], list[Problem]]:
    """Return the records of a CSV file, and the rows that are none; empty cells are left out.

    The delimiter (comma, semicolon, tab or bar) is told from the header, a byte order mark and
    empty lines are skipped. Columns `open_0`, `bars.0.open` and the like are gathered into `bars`.
    Cells of the user's own columns stay as they are written, as `Cell`; but a number too large to
    be one is infinite, if all cells of its column are numbers.

    Raises `GoldError` if the file is empty, not UTF-8, names two columns alike or lacks one of the
    columns of its bars.
    """
    csv.field_size_limit(_LONGEST_CELL)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            reader = csv.reader(file, delimiter=max(_DELIMITERS, key=first.count))
            lines = [cells for cells in reader if cells]
    except (UnicodeDecodeError, csv.Error) as error:
        raise GoldError(f"{path}: not UTF-8 text in columns ({error}); save it as UTF-8") from error
    if not lines:
        raise GoldError(f"{path}: the file is empty; expected a header and one line a trade")
    header = [name.strip() for name in lines[0]]
    refuse_same_names(path, header)
    wide = wide_columns(path, header)
    whole, problems = [], []
    for number, cells in enumerate(lines[1:], start=1):
        if len(cells) == len(header):
            whole.append((number, cells))
        else:
            expected = f"{len(header)}, as in the header (an unquoted delimiter, a line cut short?)"
            problems.append(Problem(str(path), number, "cells", str(len(cells)), expected))
    numeric = {
        name
        for k, name in enumerate(header)
        if k not in wide
        and name not in CORE_FIELDS
        and {type(Cell(cells[k]).meaning) for _, cells in whole if cells[k].strip()} <= {int, float}
    }
    return [
        Record(number, _csv_values(header, cells, wide, numeric)) for number, cells in whole
    ], problems


def _csv_values(
    header: list[str],
    cells: list[str],
    wide: Mapping[int, tuple[int, str]],
    numeric: Collection[str],
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
            values[name] = cell if name in CORE_FIELDS else _own_cell(cell, name in numeric)
    if bars:
        values["bars"] = [bars[number] for number in sorted(bars)]
    elif isinstance(values.get("bars"), str):
        values["bars"] = _json_or_text(values["bars"])
    return values


def _own_cell(cell: str, among_numbers: bool) -> ExtraValue:
    infinite = among_numbers and math.isinf(float(cell))
    return float(cell) if infinite else Cell(cell)


def _json_or_text(cell: str) -> Any:
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        return cell


def read_jsonl_records(path: Path) -> tuple[list[Record], list[Problem]]:
    """Return the records of a file with one JSON object a line, and the lines that are none.

    Empty lines are skipped. Raises `GoldError` if the file is empty or not UTF-8.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise GoldError(f"{path}: not UTF-8 text ({error}); save it as UTF-8") from error
    records, problems = [], []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        value = _json_line(line)
        if isinstance(value, dict) and (halves := list(_half_characters(path, number, value))):
            problems.extend(halves)
        elif isinstance(value, dict):
            kept = {k: v for k, v in value.items() if v is not None or k not in CORE_FIELDS}
            records.append(Record(number, kept))
        else:
            found = value if isinstance(value, str) else f"a JSON {type(value).__name__}"
            problems.append(Problem(str(path), number, "line", found, "a JSON object: one trade"))
    if not records and not problems:
        raise GoldError(f"{path}: the file is empty; expected one JSON object a line")
    return records, problems


def _json_line(line: str) -> Any:
    """Return what a line holds, or text that says why it is no JSON."""
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        return f"not JSON: {error}"
    except ValueError:
        return "not JSON: a whole number of thousands of digits"
    except RecursionError:
        return "not JSON: nested too deeply"


def _half_characters(path: Path, number: int, record: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what holds half of a surrogate pair: JSON can escape it, no file can hold it."""
    for name, value in record.items():
        for field, text in (("column name", name), (ascii(name)[1:-1], value)):
            if isinstance(text, str) and not text.isascii():
                try:
                    text.encode()
                except UnicodeEncodeError:
                    shown = ascii(text)
                    shown = shown if len(shown) <= _VALUE_SHOWN else shown[:_VALUE_SHOWN] + "..."
                    yield Problem(
                        str(path), number, field, shown, "whole characters (half a surrogate pair)"
                    )


def parse_records(path: Path, records: Iterable[Record], tz: ZoneInfo | None) -> ParsedRows:
    """Validate records against the row contract; naive times are taken to be in `tz`."""
    parsed = ParsedRows([], [], [])
    for record in records:
        try:
            row = Row.from_record(record.values, tz)
        except ValidationError as error:
            parsed.problems.extend(_problems(path, record.number, error))
        else:
            parsed.rows.append(row)
            parsed.numbers.append(record.number)
    return parsed


def _problems(path: Path, number: int, error: ValidationError) -> Iterator[Problem]:
    for detail in error.errors(include_url=False, include_context=False):
        field = ""
        for part in detail["loc"]:
            if isinstance(part, int):
                field += f"[{part}]"
            elif part != "extras":
                field += f".{part}" if field else str(part)
        yield problem_of(path, number, field, detail)


def problem_of(path: Path, number: int, field: str, detail: ErrorDetails) -> Problem:
    """Return what pydantic found wrong with one field of one row of a file, in our words."""
    if detail["type"] == "missing":
        return Problem(str(path), number, field, "missing", _meaning(field))
    value = repr(detail["input"])
    shown = value if len(value) <= _VALUE_SHOWN else value[:_VALUE_SHOWN] + "..."
    expected = detail["msg"].removeprefix("Value error, expected ")
    for said_by_pydantic in ("Input should be ", "String should have "):
        expected = expected.removeprefix(said_by_pydantic)
    if isinstance(detail["input"], str) and _DECIMAL_COMMA.match(detail["input"]):
        expected = "a number with a decimal point (this one has a decimal comma)"
    return Problem(str(path), number, field, shown, expected)


def _meaning(field: str) -> str:
    name = field.rsplit(".", 1)[-1]
    if name in TIME_FIELDS or name == "time":
        return "an ISO 8601 time with its offset from UTC"
    if name == "bars":
        return "64 bars before entry, then the bars from entry to exit (or pass --bars FILE)"
    return "text" if name in ("trade_id", "symbol", "side", "interval") else "a number"


def core_columns(records: Iterable[Record]) -> set[str]:
    """Return the contract's columns that at least one record has."""
    return {name for record in records for name in record.values if name in CORE_FIELDS}
