"""Sheets: a table of text as a broker, an exchange or a person wrote it."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
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
    """Columns of text, "" where nothing is written; row `k` is data row `k + 1` of the file."""

    path: Path
    columns: Mapping[str, list[str]]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), []))

    def problem(self, row: int, field: str, value: str, expected: str) -> Problem:
        """Return what is wrong with a value in a row, counted from 0."""
        return Problem(str(self.path), row + 1, field, repr(value) if value else "", expected)


def read_sheet(path: Path) -> Sheet:
    """Read a CSV, Excel or Parquet file as text.

    Raises `GoldError` for a file that is not there, unreadable, empty or has two columns of one
    name, and `InputError` for an Excel file without `tradegen[excel]`.
    """
    if (wrong := why_no_file(path)) is not None:
        raise GoldError(f"{path}: {wrong}")
    suffix = path.suffix.lower()
    if suffix not in (*_PARQUET, *_EXCEL, *_TEXT):
        raise GoldError(f"{path}: unknown kind of file; expected .csv, .tsv, .xlsx or .parquet")
    try:
        names, rows = _read_text(path) if suffix in _TEXT else _read_typed(path, suffix)
    except ImportError as error:
        raise InputError(f"{path}: to read Excel files, pip install 'tradegen[excel]'") from error
    except UNREADABLE as error:
        raise GoldError(f"{path}: not readable as a table: {error}") from error
    refuse_same_names(path, names)
    if not rows:
        raise GoldError(f"{path}: holds no rows")
    cells = zip(*rows, strict=True)
    columns = {
        name: [cell.strip() for cell in column] for name, column in zip(names, cells, strict=True)
    }
    return Sheet(path, columns)


UNREADABLE = (ValueError, OSError, KeyError, csv.Error, BadZipFile)
"""What pandas, Arrow, zip and csv raise for a file that is no table; they know more than one."""


def _read_text(path: Path) -> tuple[list[str], list[list[str]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        header = file.readline()
        file.seek(0)
        lines = csv.reader(file, delimiter=max(",;\t|", key=header.count), strict=True)
        names = [name.strip() for name in next(lines, [])]
        rows = [line for line in lines if line]
    for number, row in enumerate(rows, start=1):
        if len(row) != len(names):
            raise GoldError(
                f"{path}, row {number}: {len(row)} values, expected {len(names)}, one a column"
            )
    return names, rows


def _read_typed(path: Path, suffix: str) -> tuple[list[str], list[list[str]]]:
    import pandas as pd

    if suffix in _EXCEL:
        frame = pd.read_excel(path, dtype=str, keep_default_na=False)
    else:
        frame = read_table(path).to_pandas()
        frame = frame.map(lambda value: "" if pd.isna(value) else str(value))
    return [str(name).strip() for name in frame.columns], frame.to_numpy().tolist()
