"""Local times without an offset, brought into their zone; none is guessed."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def in_zone(moment: datetime, tz: ZoneInfo) -> datetime:
    """Return a naive time as a time in `tz`.

    Raises `ValueError`, whose text says what would be needed, for a time that clocks in `tz`
    show twice or never because they were changed.
    """
    first, second = (moment.replace(tzinfo=tz, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first
    exists = first.astimezone(UTC).astimezone(tz).replace(tzinfo=None) == moment
    often = "twice" if exists else "never"
    raise ValueError(
        f"expected a time with its offset from UTC (clocks in {tz.key} show this one {often})"
    )
