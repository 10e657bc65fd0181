"""Sheets: a table of text as a broker, an exchange or a person wrote it."""

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

from tradegen.data.column_names import refuse_same_names
from tradegen.data.parquet import read_table
from tradegen.data.regular_file import why_no_file
from tradegen.errors import GoldError, InputError, Problem
from tradegen.importers.excel import read_excel_rows
from tradegen.importers.header import find_delimiter, find_header
from tradegen.importers.text import read_text

PARQUET = (".parquet", ".pq")
EXCEL = (".xlsx", ".xlsm")
TEXT = (".csv", ".tsv", ".txt")
_BEGINNING = 65_536
_SHOWN = 40
_LONGEST_LINE = 1_000_000
_MOST_COLUMNS = 16_384
"""As many as an Excel sheet has."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Columns of text, "" where nothing is written.

    `numbers` are those of its rows among the data rows of the file, from 1; `problems` tells of
    rows that have not as many values as there are columns; `header` is the line, from 1, that
    names the columns.
    """

    path: Path
    columns: Mapping[str, list[str]]
    numbers: list[int]
    problems: list[Problem] = field(default_factory=list)
    header: int = 1

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


def read_sheet(path: Path, stated: Collection[str] = ()) -> Sheet:
    """Read a CSV, Excel or Parquet file as text; rows without any value are passed over.

    `stated` are names that its columns are known to have. Raises `GoldError` for a file that is
    not there, unreadable, empty or has two columns of one name, and `InputError` for an Excel file
    without `tradegen[excel]`.
    """
    rows = read_rows(path, stated)
    header = find_header(rows, stated)
    return as_sheet(path, rows, header)


def as_sheet(path: Path, rows: Sequence[Sequence[str]], header: int) -> Sheet:
    """Return rows of cells as a sheet whose columns the row at `header` names."""
    names = [name.strip() for name in rows[header]] if rows else []
    while names and not names[-1]:
        names.pop()
    if len(names) > _MOST_COLUMNS:
        raise GoldError(f"{path}: has {len(names):,} columns; expected {_MOST_COLUMNS:,} at most")
    refuse_same_names(path, names)
    filled = [
        (k, _without_empty_end(row, len(names)))
        for k, row in enumerate(rows[header + 1 :], start=1)
        if any(c.strip() for c in row)
    ]
    if not filled:
        raise GoldError(f"{path}: holds no rows")
    whole = [(number, row) for number, row in filled if len(row) == len(names)]
    problems = [
        Problem(str(path), number, "row", f"{len(row)} values", f"{len(names)}, one a column")
        for number, row in filled
        if len(row) != len(names)
    ]
    columns = {name: [row[k].strip() for _, row in whole] for k, name in enumerate(names)}
    return Sheet(path, columns, [number for number, _ in whole], problems, header + 1)


def _without_empty_end(row: Sequence[str], width: int) -> Sequence[str]:
    """Return a row without the empty cells that programs write behind the last column."""
    return row if any(cell.strip() for cell in row[width:]) else row[:width]


def read_rows(path: Path, stated: Collection[str] = ()) -> list[list[str]]:
    """Read a CSV, Excel or Parquet file as rows of cells, its header among them."""
    if (wrong := why_no_file(path)) is not None:
        raise GoldError(f"{path}: {wrong}")
    suffix = path.suffix.lower()
    if suffix not in (*PARQUET, *EXCEL, *TEXT):
        raise GoldError(
            f"{path}: no table of a known kind; expected .csv, .tsv, .xlsx or .parquet, HTML of "
            "MetaTrader 5 (in English), or XML of an Interactive Brokers Flex Query"
        )
    try:
        return _text_rows(path, stated) if suffix in TEXT else _typed_rows(path, suffix)
    except ImportError as error:
        raise InputError(f"{path}: to read Excel files, pip install 'tradegen[excel]'") from error
    except UnicodeDecodeError as error:
        raise GoldError(f"{path}: not UTF-8 text; save it as CSV in UTF-8") from error
    except UNREADABLE as error:
        raise GoldError(f"{path}: not readable as a table: {error}") from error


UNREADABLE = (ValueError, OSError, KeyError, csv.Error, BadZipFile)
"""What pandas, Arrow, zip and csv raise for a file that is no table; they know more than one."""


def _text_rows(path: Path, stated: Collection[str]) -> list[list[str]]:
    text = read_text(path)
    if text.lstrip().startswith("<"):
        raise ValueError(
            f"it begins as a page of HTML or XML does, with {text.lstrip()[:_SHOWN]!r}; "
            "if that is an error of the site, download it again"
        )
    delimiter = find_delimiter(text[:_BEGINNING].splitlines(), stated)
    return list(csv.reader(_lines(text), delimiter=delimiter, strict=True))


def _lines(text: str) -> Iterator[str]:
    """Return lines, each with its end. Raises `ValueError` for one that is no row of a table."""
    for number, line in enumerate(io.StringIO(text, newline=""), start=1):
        if len(line) > _LONGEST_LINE:
            raise ValueError(f"line {number:,} is longer than {_LONGEST_LINE:,} characters")
        yield line


def _typed_rows(path: Path, suffix: str) -> list[list[str]]:
    if suffix in EXCEL:
        return read_excel_rows(path)
    import pandas as pd

    frame = read_table(path).to_pandas()
    frame = frame.map(lambda value: "" if pd.isna(value) else str(value))
    return [[str(name) for name in frame.columns], *frame.to_numpy().tolist()]
