"""What `tradegen import` is asked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be imported, and how; see the command's own help, and `ImportSettings`.

    `must_trade` are symbols of flags: a file that holds none of them is another one. The settings'
    may be those of several files. `stated` is all that settings and flags say, as `ImportSettings`
    names it.
    """

    file: Path
    bars: Sequence[Path]
    out: Path
    format: str | None
    fifo: bool
    columns: Mapping[str, str]
    symbols: Mapping[str, str]
    must_trade: Collection[str]
    interval: str | None
    tz: ZoneInfo | None
    bars_tz: ZoneInfo | None
    time_format: str | None
    dust: float
    skip_bad: bool
    force: bool
    dry_run: bool
    show_map: bool
    bars_from: str | None
    fixes: Sequence[str]
    calendar: str | None
    as_json: bool
    stated: Mapping[str, object]
