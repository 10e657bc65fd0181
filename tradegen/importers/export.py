"""Exports: what a format of a vendor is to the importer, and what it reads from a file."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from tradegen.importers.columns import Columns
from tradegen.importers.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a file: its text ("" if it is none), and its first rows of cells.

    A row of text is there once for each character that may set its cells apart.
    """

    path: Path
    text: str
    rows: Sequence[Sequence[str]]

    def has_columns(self, names: Collection[str]) -> bool:
        """Return whether a row holds all these names, in any order."""
        return any(set(names) <= {cell.strip() for cell in row} for row in self.rows)


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A row of an export that is no trade, such as a deposit, and why."""

    row: int
    why: str


@dataclass(frozen=True, slots=True)
class Export:
    """What a file of a vendor says.

    Times in the sheet are ISO 8601, numbers plain decimals; what cannot be brought into that form
    stands as it is, so that it is told. `zone` is that of times without an offset, where the file
    or its name states one; `zone_hint` says what is known of it else. `notes` are decisions of
    which the user should know.
    """

    sheet: Sheet
    columns: Columns
    zone: ZoneInfo | None = None
    zone_hint: str = ""
    notes: Sequence[str] = ()
    passed_over: Sequence[PassedOver] = field(default_factory=list)


class ExportFormat(Protocol):
    """A format in which a vendor exports trades.

    `name` is what `--format` calls it, `title` what people do.
    """

    @property
    def name(self) -> str:
        """Return its name."""
        ...

    @property
    def title(self) -> str:
        """Return its title."""
        ...

    def recognises(self, head: Head) -> bool:
        """Return whether a file that begins so is of this format, and surely of no other."""
        ...

    def read(self, path: Path) -> Export:
        """Read a file. Raises `GoldError` for one that is not of this format, or damaged."""
        ...
