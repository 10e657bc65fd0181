"""What is left out of gold, and why: round trips, open positions, rows that cannot be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tradegen.data.row import from_microseconds
from tradegen.errors import Problem
from tradegen.importers.export import PassedOver
from tradegen.importers.fills import Trip, Unfinished


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A round trip that is no gold, and why."""

    trip: Trip
    reason: str
    why: str


def left_out_records(
    left_out: Sequence[LeftOut],
    unfinished: Sequence[Unfinished],
    problems: Sequence[Problem],
    passed_over: Sequence[PassedOver],
    path: Path,
) -> list[dict[str, object]]:
    """Return what is no gold as records: the position, the rows of the file, and why."""
    unread = [
        {
            **_row(one.row, path),
            "reason": "cannot be read",
            "why": f"{one.field} is {one.value or 'missing'}; expected {one.expected}",
        }
        for one in problems
    ]
    others = [
        {**_row(one.row, path), "reason": "not imported", "why": one.why} for one in passed_over
    ]
    trips = [
        {
            **_record(one.trip, path),
            "entry_time": _time(one.trip.entry_time),
            "exit_time": _time(one.trip.exit_time),
            "reason": one.reason,
            "why": one.why,
        }
        for one in left_out
    ]
    open_ = [
        {
            **_record(one, path),
            "entry_time": _time(one.since),
            "exit_time": None,
            "reason": "still open",
            "why": "no later fill closes it",
        }
        for one in unfinished
    ]
    return [*trips, *open_, *unread, *others]


def _row(row: int | None, path: Path) -> dict[str, object]:
    position = ("symbol", "account", "side", "quantity", "entry_time", "exit_time")
    return {**dict.fromkeys(position), "file": str(path), "rows": str(row)}


def _record(one: Trip | Unfinished, path: Path) -> dict[str, object]:
    return {
        "file": str(path),
        "rows": _ranges(one.rows),
        "symbol": one.symbol,
        "account": one.account,
        "side": "long" if one.long else "short",
        "quantity": one.quantity,
    }


def _time(moment: int) -> str:
    return from_microseconds(moment).isoformat()


def _ranges(rows: Sequence[int]) -> str:
    """Return increasing numbers in short: 3-5 8."""
    parts: list[list[int]] = []
    for row in rows:
        if parts and row == parts[-1][-1] + 1:
            parts[-1][1:] = [row]
        else:
            parts.append([row])
    return " ".join("-".join(map(str, part)) for part in parts)
