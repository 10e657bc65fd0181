"""Names of nightly runs: a prefix, the night's date, and a number where a date has several."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, order=True)
class Night:
    """One nightly run: of which date, and the how manieth of that date."""

    date: date
    number: int = 1

    def name(self, prefix: str) -> str:
        """Return the name of its run, e.g. `nightly-2026-11-21`, or `nightly-2026-11-21-2`."""
        again = f"-{self.number}" if self.number > 1 else ""
        return f"{prefix}-{self.date.isoformat()}{again}"


def night_of(name: str, prefix: str) -> Night | None:
    """Return the night that a run's name tells of, or None for the name of any other run."""
    found = re.fullmatch(rf"{re.escape(prefix)}-(\d{{4}}-\d\d-\d\d)(?:-([1-9]\d{{0,5}}))?", name)
    if found is None:
        return None
    try:
        night = Night(date.fromisoformat(found[1]), int(found[2] or 1))
    except ValueError:  # the 31st of February
        return None
    return night if night.name(prefix) == name else None


def date_in(zone: str, now: datetime) -> date:
    """Return the date in a time zone at a moment."""
    return now.astimezone(ZoneInfo(zone)).date()
