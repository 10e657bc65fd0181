"""Logs: a file of trades, read in a vendor's format or as a plain table."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from tradegen.data.regular_file import why_no_file
from tradegen.errors import GoldError, InputError
from tradegen.importers.columns import Columns, find_columns
from tradegen.importers.export import ExportFormat, PassedOver
from tradegen.importers.formats import PLAIN_TABLE, find_format, recognise
from tradegen.importers.joined_times import join_times
from tradegen.importers.sheet import Sheet, read_sheet


@dataclass(frozen=True, slots=True)
class LogOrder:
    """A file to be read, and what is stated of it.

    Without `format` that is told from the content. `columns` (by field) and `time_format` (one of
    `datetime.strptime`) are for plain tables. `tz` is the zone of times without an offset.
    """

    path: Path
    format: str | None = None
    columns: Mapping[str, str] | None = None
    time_format: str | None = None
    tz: ZoneInfo | None = None


@dataclass(frozen=True, slots=True)
class Log:
    """A file's rows and what they mean. `format` is a vendor's, or `csv` for a plain table.

    `notes` say what was decided on the way, `passed_over` are rows that are no trades.
    """

    sheet: Sheet
    columns: Columns
    format: str
    title: str
    tz: ZoneInfo | None
    time_format: str | None
    notes: Sequence[str] = ()
    passed_over: Sequence[PassedOver] = ()


def read_log(order: LogOrder) -> Log:
    """Read a file of trades.

    Stated columns or times, without a format, are a word on a plain table. Raises `GoldError` for
    a file that cannot be read, `InputError` for an unknown format, one that needs a zone which is
    not stated, or one that needs a library that is not there.
    """
    if (wrong := why_no_file(order.path)) is not None:
        raise GoldError(f"{order.path}: {wrong}")
    plain = bool(order.columns or order.time_format)
    if order.format == PLAIN_TABLE or (order.format is None and plain):
        return _plain_table(order)
    form = recognise(order.path) if order.format is None else find_format(order.format)
    return _plain_table(order) if form is None else _export(order, form)


def _plain_table(order: LogOrder) -> Log:
    stated = order.columns or {}
    sheet = read_sheet(order.path, stated.values())
    sheet = join_times(sheet, stated.values())
    columns = find_columns(sheet, stated)
    notes = []
    if sheet.header > 1:
        notes.append(f"the header is line {sheet.header}; what stands above it is not read")
    notes += _joined(columns.of.values())
    if columns.signed:
        notes.append(f"no column of sides: negative {columns.of['quantity']!r} are sold (or short)")
    return Log(sheet, columns, PLAIN_TABLE, "table", order.tz, order.time_format, notes)


def _joined(names: Collection[str]) -> list[str]:
    return [f"{name!r} is made of the two columns" for name in names if " + " in name]


def _export(order: LogOrder, form: ExportFormat) -> Log:
    if order.time_format or order.columns:
        option = "--time-format" if order.time_format else "--map (import.columns)"
        raise InputError(
            f"{option}: --format {form.name} knows its columns and times; for others pass "
            f"--format {PLAIN_TABLE}"
        )
    found = form.read(order.path)
    tz = found.zone or order.tz
    if tz is None:
        hint = f" ({found.zone_hint})" if found.zone_hint else ""
        raise InputError(
            f"{order.path}: a {form.title} does not say in which zone its times are{hint}; "
            "say it with --tz ZONE"
        )
    notes = list(found.notes)
    if found.zone is not None and order.tz is not None and order.tz.key != found.zone.key:
        notes.append(f"times are {found.zone.key}, as the export says; --tz is not used")
    return Log(
        found.sheet, found.columns, form.name, form.title, tz, None, notes, found.passed_over
    )
