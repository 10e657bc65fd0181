"""Rows as bytes for the ledger: a JSON header and the raw arrays of the bars."""

import json
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

from tradegen.data.row import (
    BAR_FIELDS,
    CORE_FIELDS,
    Bars,
    Row,
    from_microseconds,
    to_microseconds,
)
from tradegen.data.rows import Rows, object_array
from tradegen.errors import DamagedError

_LENGTH = struct.Struct("<I")
_SCALARS = tuple(name for name in CORE_FIELDS if name != "bars")
_FIELDS = {*_SCALARS, "extras"}
_TIMES = ("entry_time", "exit_time")


def encode_row(row: Row) -> bytes:
    """Return a row as bytes, exactly: `decode_row` gives back an equal row."""
    values: dict[str, Any] = {name: getattr(row, name) for name in _SCALARS}
    for name in _TIMES:
        values[name] = to_microseconds(values[name])
    values["extras"] = row.extras
    header = json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()
    columns = [getattr(row.bars, name) for name in BAR_FIELDS]
    body = b"".join(column.astype(f"<{column.dtype.str[1:]}").tobytes() for column in columns)
    return _LENGTH.pack(len(header)) + header + body


def decode_row(data: bytes) -> Row:
    """Return the row of `encode_row`'s bytes; its values are trusted, not validated again.

    Raises `DamagedError` for bytes that are no row.
    """
    values, bars = _decode(data)
    for name in _TIMES:
        values[name] = from_microseconds(values[name])
    return Row.model_construct(**values, bars=bars)


def decode_rows(encoded: Sequence[bytes]) -> Rows:
    """Return many rows as arrays; the same as `Rows.from_models` of their models, only faster."""
    parts = [_decode(data) for data in encoded]
    extras = list(dict.fromkeys(name for values, _ in parts for name in values["extras"]))
    return Rows(
        **{name: np.array([values[name] for values, _ in parts]) for name in _SCALARS},
        bars=Bars.concatenate([bars for _, bars in parts]),
        offsets=np.concatenate([[0], np.cumsum([len(bars) for _, bars in parts])]),
        extras={
            name: object_array([values["extras"].get(name) for values, _ in parts])
            for name in extras
        },
    )


def _decode(data: bytes) -> tuple[dict[str, Any], Bars]:
    try:
        (length,) = _LENGTH.unpack_from(data)
        values = json.loads(data[_LENGTH.size : _LENGTH.size + length])
        numbers = np.frombuffer(data, dtype="<i8", offset=_LENGTH.size + length)
        columns = numbers.reshape(len(BAR_FIELDS), -1)
    except (struct.error, ValueError, RecursionError) as error:
        raise DamagedError(f"a row's bytes cannot be read: {error}") from error
    if not isinstance(values, dict) or values.keys() != _FIELDS:
        raise DamagedError("a row's bytes cannot be read: its fields are not those of a row")
    return values, Bars(columns[0], *(column.view("<f8") for column in columns[1:]))
