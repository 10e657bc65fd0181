"""Lists for people as CSV: opened in a spreadsheet, no text from a file becomes a formula."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_list(records: Sequence[Mapping[str, object]], path: Path) -> None:
    """Write records of the same fields; a text that a program might run gets a quote before it."""
    harmless = [{name: _harmless(value) for name, value in one.items()} for one in records]
    pacsv.write_csv(pa.Table.from_pylist(harmless), path)


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
