"""Formats: the vendors' exports that can be read, the built-in ones and those of other packages."""

import difflib
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from tradegen.errors import GoldError, InputError
from tradegen.importers.excel import read_excel_rows
from tradegen.importers.export import ExportFormat, Head
from tradegen.importers.header import DELIMITERS, SEARCHED, split_cells
from tradegen.importers.sheet import EXCEL, PARQUET, UNREADABLE
from tradegen.importers.text import read_beginning

ENTRY_POINT_GROUP = "tradegen.importers"
PLAIN_TABLE = "csv"
"""The name of no vendor's format: a table whose columns are told by their names."""

_BUILT_IN = {
    "binance-futures": "binance:FUTURES",
    "binance-spot": "binance:SPOT",
    "bybit-closed-pnl": "bybit:CLOSED_PNL",
    "bybit-derivatives": "bybit:DERIVATIVES",
    "bybit-spot": "bybit:SPOT",
    "ibkr-flex": "interactive_brokers:FLEX",
    "mt5": "metatrader:MT5",
    "tradersync": "tradersync:TRADERSYNC",
    "tradervue": "tradervue:TRADERVUE",
}
_SEEN = 131_072
"""Bytes by which a text file's format is told; an MT5 report in UTF-16 has a long preamble."""


def format_names() -> list[str]:
    """Return the names that `--format` takes."""
    return [PLAIN_TABLE, *sorted(_points())]


def find_format(name: str) -> ExportFormat:
    """Return the format of a name. Raises `InputError` if there is none or it cannot be loaded."""
    points = _points()
    if name in points:
        return _loaded(points[name])
    close = difflib.get_close_matches(name, format_names(), n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    raise InputError(f"--format {name}: {hint}There is {', '.join(format_names())}")


def recognise(path: Path) -> ExportFormat | None:
    """Return the format of a file, told from its content, or None for a plain table.

    Raises `GoldError` for a file that more than one format claims, and `InputError` for a format of
    another package that fails.
    """
    head = _head(path)
    found = [form for form in map(_loaded, _points().values()) if _claims(form, head)]
    if len(found) > 1:
        names = " and ".join(form.name for form in found)
        raise GoldError(
            f"{path}: may be {names}; say which, e.g. --format {found[0].name}, and where it holds "
            "exports of both, import each from a file of its own"
        )
    return found[0] if found else None


def _claims(form: ExportFormat, head: Head) -> bool:
    try:
        return bool(form.recognises(head))
    except Exception as error:  # whatever a package of somebody else's raises
        raise InputError(
            f"format {form.name} fails to recognise {head.path}: {type(error).__name__}: {error}; "
            f"state a format with --format"
        ) from error


def _points() -> Mapping[str, EntryPoint]:
    """Return where each format is found. Those of other packages are entry points as well.

    The built-in ones are listed here, so that a checkout that is not installed knows them too.
    """
    theirs = {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
    ours = {
        name: EntryPoint(name, f"tradegen.importers.vendors.{value}", ENTRY_POINT_GROUP)
        for name, value in _BUILT_IN.items()
    }
    return {**theirs, **ours}


def _loaded(point: EntryPoint) -> ExportFormat:
    origin = f"format {point.name!r} ({point.value}, of {point.dist.name if point.dist else '?'})"
    try:
        form: ExportFormat = point.load()
    except Exception as error:  # whatever a package of somebody else's raises
        problem = f"{type(error).__name__}: {error}"
        raise InputError(
            f"{origin} cannot be loaded: {problem}; state another with --format, or uninstall it"
        ) from error
    if not (callable(getattr(form, "recognises", None)) and callable(getattr(form, "read", None))):
        raise InputError(f"{origin} is no format: it does not recognise and read files")
    return form


def _head(path: Path) -> Head:
    """Return the beginning of a file; of one that cannot be read, nothing."""
    suffix = path.suffix.lower()
    if suffix in PARQUET:
        return Head(path, "", [])
    try:
        if suffix in EXCEL:
            return Head(path, "", read_excel_rows(path, SEARCHED))
        return _text_head(path)
    except (*UNREADABLE, ImportError):
        return Head(path, "", [])


def _text_head(path: Path) -> Head:
    text = read_beginning(path, _SEEN)
    lines = text.splitlines()[:SEARCHED]
    return Head(path, text, [split_cells(line, mark) for line in lines for mark in DELIMITERS])
