"""What came of an import, for its files and for machines."""

from collections.abc import Mapping
from dataclasses import dataclass

from tradegen.cli.faults_table import fault_records
from tradegen.cli.import_asked import Asked
from tradegen.importers.bar_faults.examine import Examined
from tradegen.importers.fills import Matched
from tradegen.importers.left_out import left_out_records
from tradegen.importers.log import Log
from tradegen.importers.records import Read
from tradegen.importers.symbols import Symbols
from tradegen.importers.to_gold import Imported


@dataclass(frozen=True)
class Outcome:
    """A log, what its rows say, the bars that belong to them, and what both make.

    `spelling` holds the symbols that were taken for others.
    """

    log: Log
    read: Read
    spelling: Mapping[str, str]
    symbols: Symbols
    examined: Examined
    matched: Matched
    gold: Imported

    def left_out(self, asked: Asked) -> list[dict[str, object]]:
        """Return what of the file is no gold, and why, as records."""
        unread, passed = self.read.problems, self.log.passed_over
        return left_out_records(
            self.gold.left_out, self.matched.unfinished, unread, passed, asked.file
        )

    def summary(self, asked: Asked) -> dict[str, object]:
        """Return all that is told to people, for machines."""
        return {
            "file": str(asked.file),
            "format": self.log.format,
            "read_as": self.log.columns.kind.value,
            "columns": dict(self.log.columns.of),
            "notes": list(self.log.notes),
            "spelling": dict(self.spelling),
            "bars_of": dict(self.symbols.bars_of),
            "without_bars": list(self.symbols.without),
            "round_trips": len(self.matched.trips),
            "still_open": len(self.matched.unfinished),
            "not_imported": len(self.log.passed_over),
            "unreadable": len({one.row for one in self.read.problems}),
            "gold": len(self.gold.rows),
            "left_out": dict(self.gold.reasons),
            "out": None if asked.dry_run else str(asked.out),
            "bars": fault_records(self.examined.faults),
        }
