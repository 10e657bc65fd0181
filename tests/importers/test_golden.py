"""Files made from the vendors' documentation are read as what was worked out of them by hand."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tradegen.data.gold import zone
from tradegen.data.row import to_microseconds
from tradegen.importers.fills import Fill, Trip
from tradegen.importers.log import LogOrder, read_log
from tradegen.importers.records import read_records

FOLDERS = sorted(path for path in (Path(__file__).parent / "golden").iterdir() if path.is_dir())


def moment(text: str) -> int:
    return to_microseconds(datetime.fromisoformat(text))


def as_fill(known: dict[str, Any]) -> Fill:
    return Fill(**{**known, "time": moment(known["time"])})


def as_trip(known: dict[str, Any]) -> Trip:
    times = {name: moment(known[name]) for name in ("entry_time", "exit_time")}
    row = known.pop("row")
    return Trip(**{"account": "", **known, **times, "rows": (row,)})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_vendors_file_is_read_as_what_it_says(folder: Path) -> None:
    known = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    (path,) = (path for path in folder.iterdir() if path.name != "expected.json")
    log = read_log(LogOrder(path, tz=zone(known["tz"])))
    assert log.format == known["format"]
    assert log.tz is not None
    assert log.tz.key == known["zone"]
    assert list(log.notes) == known["notes"]
    assert [[one.row, one.why] for one in log.passed_over] == known["not_imported"]
    read = read_records(log.sheet, log.columns, log.tz, log.time_format)
    assert read.problems == []
    assert read.fills == [as_fill(one) for one in known.get("fills", [])]
    assert read.trips == [as_trip(one) for one in known.get("trips", [])]
