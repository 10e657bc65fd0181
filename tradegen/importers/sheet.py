"""Sheets: a table of text as a broker, an exchange or a person wrote it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tradegen.data.column_names import refuse_same_names
from tradegen.data.parquet import read_table
from tradegen.data.regular_file import why_no_file
from tradegen.errors import GoldError, InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

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
        frame = _read(path, suffix)
    except ImportError as error:
        raise InputError(f"{path}: to read Excel files, pip install 'tradegen[excel]'") from error
    except (ValueError, OSError, KeyError) as error:  # pandas and Arrow raise kinds of ValueError
        raise GoldError(f"{path}: not readable as a table: {error}") from error
    if frame.empty:
        raise GoldError(f"{path}: holds no rows")
    names = [str(name).strip() for name in frame.columns]
    refuse_same_names(path, names)
    columns = {
        name: [cell.strip() for cell in frame.iloc[:, k].tolist()] for k, name in enumerate(names)
    }
    return Sheet(path, columns)


def _read(path: Path, suffix: str) -> "pd.DataFrame":
    import pandas as pd

    if suffix in _PARQUET:
        frame: pd.DataFrame = read_table(path).to_pandas()
        return frame.map(lambda value: "" if pd.isna(value) else str(value))
    if suffix in _EXCEL:
        return pd.read_excel(path, dtype=str, keep_default_na=False)
    with path.open(encoding="utf-8-sig") as file:
        header = file.readline()
    delimiter = max(",;\t|", key=header.count)
    return pd.read_csv(
        path,
        sep=delimiter,
        dtype=str,
        keep_default_na=False,
        encoding="utf-8-sig",
        header=None,
        names=[name.strip().strip('"') for name in header.rstrip("\r\n").split(delimiter)],
        skiprows=1,
        index_col=False,
    )
