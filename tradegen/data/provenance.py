"""Provenance: how files and rows that tradegen has made are known as such."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tradegen.version import __version__

_KEY = b"tradegen"
_ID = re.compile(r"x*syn-\d+")
"""The embedded engine's `trade_id`; each `x` keeps it apart from gold's own."""


def marked(schema: pa.Schema) -> pa.Schema:
    """Return a schema that says of its file: synthetic, and by which version.

    Nothing that differs from run to run is in it, so that equal rows are equal bytes.
    """
    says = json.dumps({"synthetic": True, "version": __version__}).encode()
    return schema.with_metadata({**(schema.metadata or {}), _KEY: says})


def is_synthetic(path: Path, trade_ids: Iterable[str]) -> bool:
    """Return whether tradegen made a gold file: it is marked, or all its ids are tradegen's."""
    if path.suffix.lower() in (".parquet", ".pq") and _KEY in (pq.read_schema(path).metadata or {}):
        return True
    ids = list(trade_ids)
    return bool(ids) and all(_ID.fullmatch(trade_id) for trade_id in ids)
