"""Text: what the bytes of a file say, in whichever Unicode encoding they are written."""

import codecs
from pathlib import Path

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEEN = 1000
"""Bytes by which UTF-16 without a mark is told: every second one of Latin text is 0."""


def read_text(path: Path) -> str:
    """Return a whole file as text. Raises `UnicodeDecodeError`."""
    data = path.read_bytes()
    return data.decode(_encoding(data))


def read_beginning(path: Path, size: int) -> str:
    """Return what the first `size` bytes say; what is no text there is passed over."""
    with path.open("rb") as file:
        data = file.read(size)
    return data.decode(_encoding(data), errors="ignore")


def _encoding(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    seen = data[:_SEEN]
    zeros = [seen[start::2].count(0) for start in (0, 1)]
    if 4 * max(zeros) > len(seen) and min(zeros) == 0:
        return "utf-16-be" if zeros[0] else "utf-16-le"
    return "utf-8"
