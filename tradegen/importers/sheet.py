"""Sheets: a table of text as a broker, an exchange or a person wrote it."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

from tradegen.data.column_names import refuse_same_names
from tradegen.data.parquet import read_table
from tradegen.data.regular_file import why_no_file
from tradegen.errors import GoldError, InputError, Problem

_PARQUET = (".parquet", ".pq")
_EXCEL = (".xlsx", ".xlsm")
_TEXT = (".csv", ".tsv", ".txt")


@dataclass(frozen=True, slots=True)
class Sheet:
    """Columns of text, "" where nothing is written.

    `numbers` are those of its rows among the data rows of the file, from 1; `problems` tells of
    rows that have not as many values as there are columns.
    """

    path: Path
    columns: Mapping[str, list[str]]
    numbers: list[int]
    problems: list[Problem] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.numbers)

    def problem(self, row: int, name: str, value: str, expected: str) -> Problem:
        """Return what is wrong with a value in the `row`-th row, from 0."""
        found = repr(value) if value else ""
        return Problem(str(self.path), self.numbers[row], name, found, expected)

    @property
    def repeated(self) -> int:
        """Number of rows that repeat an earlier one in every column."""
        rows = list(zip(*self.columns.values(), strict=True))
        return len(rows) - len(set(rows))


def read_sheet(path: Path) -> Sheet:
    """Read a CSV, Excel or Parquet file as text; rows without any value are passed over.

    Raises `GoldError` for a file that is not there, unreadable, empty or has two columns of one
    name, and `InputError` for an Excel file without `tradegen[excel]`.
    """
    if (wrong := why_no_file(path)) is not None:
        raise GoldError(f"{path}: {wrong}")
    suffix = path.suffix.lower()
    if suffix not in (*_PARQUET, *_EXCEL, *_TEXT):
        raise GoldError(f"{path}: unknown kind of file; expected .csv, .tsv, .xlsx or .parquet")
    try:
        lines = _text_lines(path) if suffix in _TEXT else _typed_lines(path, suffix)
    except ImportError as error:
        raise InputError(f"{path}: to read Excel files, pip install 'tradegen[excel]'") from error
    except UnicodeDecodeError as error:
        raise GoldError(f"{path}: not UTF-8 text; save it as CSV in UTF-8") from error
    except UNREADABLE as error:
        raise GoldError(f"{path}: not readable as a table: {error}") from error
    names = [name.strip() for name in lines[0]] if lines else []
    refuse_same_names(path, names)
    rows = [(k, row) for k, row in enumerate(lines[1:], start=1) if any(c.strip() for c in row)]
    if not rows:
        raise GoldError(f"{path}: holds no rows")
    whole = [(number, row) for number, row in rows if len(row) == len(names)]
    problems = [
        Problem(str(path), number, "row", f"{len(row)} values", f"{len(names)}, one a column")
        for number, row in rows
        if len(row) != len(names)
    ]
    columns = {name: [row[k].strip() for _, row in whole] for k, name in enumerate(names)}
    return Sheet(path, columns, [number for number, _ in whole], problems)


UNREADABLE = (ValueError, OSError, KeyError, csv.Error, BadZipFile)
"""What pandas, Arrow, zip and csv raise for a file that is no table; they know more than one."""


def _text_lines(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        header = file.readline()
        file.seek(0)
        return list(csv.reader(file, delimiter=max(",;\t|", key=header.count), strict=True))


def _typed_lines(path: Path, suffix: str) -> list[list[str]]:
    import pandas as pd

    if suffix in _EXCEL:  # the heading as a row, or pandas would rename those that are alike
        frame = pd.read_excel(path, dtype=str, keep_default_na=False, header=None)
        lines: list[list[str]] = frame.to_numpy().tolist()
        return lines
    frame = read_table(path).to_pandas()
    frame = frame.map(lambda value: "" if pd.isna(value) else str(value))
    return [[str(name) for name in frame.columns], *frame.to_numpy().tolist()]
