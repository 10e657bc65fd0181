"""Excel: the cells of a workbook's first sheet as text."""

from itertools import islice
from pathlib import Path
from typing import Any
from zipfile import ZipFile

_MOST_UNPACKED = 2**26
"""Bytes that any workbook may unpack to; a larger one to no more than so many times its size:"""
_MOST_TIMES = 100


def read_excel_rows(path: Path, most: int | None = None) -> list[list[str]]:
    """Return the rows of the first sheet, no more than `most`; "" for an empty cell.

    Of a formula its last result is taken; errors such as `#DIV/0!` count as empty. Raises
    `ValueError` for a file that is no workbook, or unpacks to very much more than its size, and
    `ImportError` without openpyxl.
    """
    from openpyxl import load_workbook

    _refuse_bomb(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # what the file says of its size may be wrong
            return [[_text(cell) for cell in row] for row in islice(sheet.rows, most)]
        finally:
            book.close()
    except MemoryError:
        raise
    except Exception as error:  # a damaged workbook makes openpyxl raise anything
        raise ValueError(f"no Excel workbook, or damaged ({type(error).__name__})") from error


def _refuse_bomb(path: Path) -> None:
    with ZipFile(path) as packed:
        size = sum(one.file_size for one in packed.infolist())
    if size > max(_MOST_UNPACKED, _MOST_TIMES * path.stat().st_size):
        raise ValueError(f"it unpacks to {size:,} bytes, over {_MOST_TIMES} times its size")


def _text(cell: Any) -> str:
    """Return a cell's value as text; a whole number without a decimal point."""
    value = cell.value
    if value is None or cell.data_type == "e":
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)
