"""Progress of a run: live bars in a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Callable, Mapping

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bars
from rich.text import Text

from tradegen.data.gold import Gold
from tradegen.data.row import from_microseconds
from tradegen.data.run_folder import RunFolder
from tradegen.engines.attempt_log import Usage
from tradegen.pipeline.job import Progress
from tradegen.pipeline.manifest import is_simulated
from tradegen.pipeline.prepare import Prepared

LINE_EVERY_S = 5.0
"""Seconds between two plain lines."""

_STOPPING = "stopping: rows in flight are being finished"
_ROWS_TO_TELL = 20
_SECONDS_TO_TELL = 3.0
_BLOCKS = ("", *"▏▎▍▌▋▊▉")


def duration(seconds: float | None) -> str:
    """Return seconds in a form for people."""
    if seconds is None:
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def headline(prepared: Prepared, folder: RunFolder, accepted: int) -> str:
    """Return what is about to be done, in a few lines."""
    settings, gold = prepared.settings, prepared.gold
    kind = "simulated demo trades" if is_simulated(gold) else "trades"
    lines = [
        f"run {folder.name}: {settings.n:,} rows, engine {settings.engine}, seed {settings.seed}",
        f"gold: {len(gold.train):,} {kind} to learn from{_kept_back(gold)}",
    ]
    if accepted:
        lines.append(f"going on with {accepted:,} rows accepted before")
    return "\n".join([*lines, *(f"note: {note}" for note in prepared.notes)])


def split_of(prepared: Prepared) -> str:
    """Return how many rows are asked for in each bucket."""
    buckets, quotas = prepared.sampler.constraint.buckets, prepared.sampler.quotas
    pairs = zip(buckets, quotas, strict=True)
    return ", ".join(f"{bucket.label} {int(quota):,}" for bucket, quota in pairs if quota)


def usage_lines(usage: Mapping[str, Usage]) -> list[str]:
    """Return what the calls of each role took, a line a role."""
    return [_usage_line(role, used) for role, used in usage.items() if used.calls]


def _usage_line(role: str, used: Usage) -> str:
    line = (
        f"{role}: {used.calls:,} answered, {used.seconds / used.calls:.2f} s each, "
        f"{used.requests - used.calls:,} retried, {used.tokens_in:,} tokens read, "
        f"{used.tokens_out:,} written"
    )
    return f"{line}, cost {used.cost:,.2f}" if used.cost else line


class Fills:
    """How full each bucket is that rows are asked for in."""

    def __init__(self, prepared: Prepared) -> None:
        """Count against the quotas of a run."""
        buckets, quotas = prepared.sampler.constraint.buckets, prepared.sampler.quotas
        self._buckets = [
            (k, buckets[k].label, int(quota)) for k, quota in enumerate(quotas) if quota
        ]

    def counts(self, progress: Progress) -> list[tuple[str, int, int]]:
        """Return each bucket's label, its accepted rows and those asked for."""
        made = progress.accepted_by_bucket
        return [(label, int(made[k]), asked) for k, label, asked in self._buckets]

    def as_bars(self, progress: Progress) -> str:
        """Return a small bar for each bucket."""
        return "  ".join(
            f"{label} {_fill(made, asked)}" for label, made, asked in self.counts(progress)
        )

    def as_numbers(self, progress: Progress) -> str:
        """Return each bucket's numbers."""
        return ", ".join(
            f"{label} {made:,}/{asked:,}" for label, made, asked in self.counts(progress)
        )


def _kept_back(gold: Gold) -> str:
    if gold.begins is None:
        return ", none kept back"
    begins = f"{from_microseconds(gold.begins):%Y-%m-%d %H:%M} UTC"
    crossing = f"; {gold.purged:,} overlap that moment and are left out" if gold.purged else ""
    return f", {len(gold.holdout):,} kept back, from {begins} on (--holdout){crossing}"


class Pace:
    """Rows a second since the first ones were made: workers that still learn make none."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._first: Progress | None = None

    def told(self, progress: Progress) -> str:
        """Return the rate and, as soon as enough is known to tell, the time that is left."""
        if self._first is None and progress.session_ready:
            self._first = progress
        if self._first is None:
            return "0 rows/s"
        rows = progress.session_ready - self._first.session_ready
        seconds = progress.session_seconds - self._first.session_seconds
        if rows < _ROWS_TO_TELL or seconds < _SECONDS_TO_TELL:
            return f"{progress.rows_per_second:,.0f} rows/s"
        rate = rows / seconds
        return f"{rate:,.0f} rows/s, {duration((progress.asked - progress.ready) / rate)} left"


class PlainProgress:
    """Prints a line every few seconds, for logs and pipes."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        """Print to `console`."""
        self._console = console
        self._clock = clock
        self._last = clock()
        self._fills: Fills | None = None
        self._pace = Pace()

    def started(self, prepared: Prepared, folder: RunFolder, accepted: int) -> None:
        """See `Observer`."""
        self._fills = Fills(prepared)
        self._console.print(Text(headline(prepared, folder, accepted)))

    def progressed(self, progress: Progress) -> None:
        """See `Observer`."""
        now = self._clock()
        if now - self._last < LINE_EVERY_S:
            return
        self._last = now
        line = (
            f"{progress.ready:,} of {progress.asked:,} rows made, {progress.accepted:,} accepted, "
            f"{self._pace.told(progress)}; "
            f"{progress.retries:,} retries, {progress.thrown_away:,} thrown away"
        )
        if self._fills is not None:
            line += f"; {self._fills.as_numbers(progress)}"
        for told in [line, *usage_lines(progress.usage)]:
            self._console.print(told, soft_wrap=True)

    def stopping(self) -> None:
        """See `Observer`."""
        self._console.print(f"{_STOPPING} (a second signal: at once)")

    def close(self) -> None:
        """Nothing is left open."""


class LiveProgress:
    """Redraws a bar for the run and a small one for each bucket."""

    def __init__(self, console: Console) -> None:
        """Draw on `console`, which must be a terminal."""
        self._console = console
        self._fills: Fills | None = None
        self._pace = Pace()
        self._bars = Bars(
            TextColumn("rows made", style="bold", markup=False),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}", markup=False),
            console=console,
            expand=True,
        )
        self._task = self._bars.add_task("rows", total=None, rate="")
        self._live = Live(console=console, refresh_per_second=8, transient=True)

    def started(self, prepared: Prepared, folder: RunFolder, accepted: int) -> None:
        """See `Observer`."""
        self._console.print(Text(headline(prepared, folder, accepted)))
        self._fills = Fills(prepared)
        self._bars.update(self._task, total=prepared.settings.n, completed=accepted)
        self._live.start()

    def progressed(self, progress: Progress) -> None:
        """See `Observer`."""
        self._bars.update(self._task, completed=progress.ready, rate=self._pace.told(progress))
        detail = Text(
            f"{progress.accepted:,} accepted, {progress.retries:,} retries, "
            f"{progress.thrown_away:,} thrown away",
            style="dim",
        )
        fills = "" if self._fills is None else self._fills.as_bars(progress)
        calls = [Text(line, style="dim") for line in usage_lines(progress.usage)]
        self._live.update(Group(self._bars, Text(fills, style="dim"), detail, *calls))

    def stopping(self) -> None:
        """See `Observer`."""
        self._console.print(f"{_STOPPING} (Ctrl-C again: at once; nothing received is lost)")

    def close(self) -> None:
        """Remove the live display."""
        self._live.stop()


class LastingProgress:
    """Shows progress for as long as it can be written: a run goes on without its reader."""

    def __init__(self, shown: LiveProgress | PlainProgress) -> None:
        """Show by means of `shown`."""
        self._shown = shown
        self.lost = False

    def started(self, prepared: Prepared, folder: RunFolder, accepted: int) -> None:
        """See `Observer`."""
        self.show(lambda: self._shown.started(prepared, folder, accepted))

    def progressed(self, progress: Progress) -> None:
        """See `Observer`."""
        self.show(lambda: self._shown.progressed(progress))

    def stopping(self) -> None:
        """See `Observer`."""
        self.show(self._shown.stopping)

    def close(self) -> None:
        """Remove what is still shown."""
        self.show(self._shown.close)

    def show(self, show: Callable[[], None]) -> None:
        """Call what shows something, unless output was lost before."""
        if self.lost:
            return
        try:
            show()
        except OSError:
            self.lost = True
        except SystemExit as left:  # rich's answer to a pipe that has closed
            if not isinstance(left.__context__, BrokenPipeError):
                raise
            self.lost = True


def _fill(count: int, asked: int, width: int = 4) -> str:
    """Return a small bar of `width` characters."""
    eighths = round(8 * width * count / asked) if asked else 0
    full, part = divmod(eighths, 8)
    bar: str = "█" * full + _BLOCKS[part]
    return bar.ljust(width, "·")


def is_watched() -> bool:
    """Return whether a person looks on at a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def make_progress(console: Console) -> LastingProgress:
    """Return a live display where the console can redraw it, else plain lines."""
    return LastingProgress(LiveProgress(console) if console.is_terminal else PlainProgress(console))
