"""Parquet tables, read without pyarrow's dataset machinery (which would import pandas)."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def read_table(path: Path) -> pa.Table:
    """Return all of a Parquet file. Raises `pa.ArrowInvalid` or `OSError` if it is none."""
    with pq.ParquetFile(path) as file:
        return file.read()
