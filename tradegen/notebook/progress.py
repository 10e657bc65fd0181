"""Progress in a notebook: of a run, and of an evaluation's steps."""

import time
from collections.abc import Callable
from html import escape
from typing import Self

from tradegen.data.run_folder import RunFolder
from tradegen.notebook.live import LivePlace
from tradegen.notebook.markup import (
    LINES_SHOWN,
    Cell,
    filled,
    more,
    number,
    page,
    paragraph,
    small,
    table,
    text,
)
from tradegen.pipeline.job import Progress
from tradegen.pipeline.prepare import Prepared
from tradegen.progress import Fills, Pace, duration, headline, usage_lines

_LEARNING = "the engine is getting ready"
_STOPPING = "stopping: rows in flight are being finished (interrupt again: at once)"


class NotebookProgress:
    """Draws a bar for the run and one for each bucket, at one place of the cell's output."""

    def __init__(self, place: LivePlace | None = None) -> None:
        """Draw at `place`, by default a new one."""
        self._place = place or LivePlace()
        self._pace = Pace()
        self._begun: tuple[str, Fills] | None = None
        self._last: Progress | None = None
        self._note = ""

    def started(self, prepared: Prepared, folder: RunFolder, accepted: int) -> None:
        """See `Observer`."""
        self._begun = headline(prepared, folder, accepted), Fills(prepared)
        self._draw()

    def progressed(self, progress: Progress) -> None:
        """See `Observer`."""
        self._last = progress
        self._note = self._pace.told(progress) if progress.session_ready else _LEARNING
        if self._place.is_due():
            self._draw()

    def stopping(self) -> None:
        """See `Observer`."""
        self._note = _STOPPING
        self._draw()

    def close(self) -> None:
        """Draw what the run has come to; it stays in the notebook."""
        if self._last is not None and self._note != _STOPPING:
            self._note = duration(self._last.session_seconds)
        self._draw()

    def _draw(self) -> None:
        if self._begun is None:
            return
        told, fills = self._begun
        if self._last is None:
            self._place.draw(page(*map(paragraph, told.splitlines())), told)
            return
        line = _counts(self._last, self._note)
        calls = usage_lines(self._last.usage)
        html = page(
            *map(paragraph, told.splitlines()),
            f"<p>{filled(self._last.ready / max(self._last.asked, 1), wide=True)}</p>",
            paragraph(line),
            *map(small, calls),
            _buckets(fills, self._last) if self._last.accepted < self._last.asked else "",
        )
        self._place.draw(html, "\n".join([told, line, *calls]))


def _counts(progress: Progress, note: str) -> str:
    return (
        f"{progress.ready:,} of {progress.asked:,} rows made, {progress.accepted:,} accepted, "
        f"{progress.retries:,} retries, {progress.thrown_away:,} thrown away; {note}"
    )


def _buckets(fills: Fills, progress: Progress) -> str:
    counts = fills.counts(progress)
    lines = (
        (text(label), number(f"{made:,} of {asked:,}"), Cell(filled(made / asked)))
        for label, made, asked in counts[:LINES_SHOWN]
    )
    return table("", ("volatility", "accepted", ""), lines) + more(len(counts))


class NotebookSteps:
    """Draws the steps of an evaluation, with when each was begun."""

    def __init__(
        self, place: LivePlace | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Draw at `place`, by default a new one."""
        self._place = place or LivePlace(clock)
        self._clock = clock
        self._began = clock()
        self._steps: list[tuple[str, float]] = []

    def __call__(self, step: str) -> None:
        """Add a step that is begun."""
        self._steps.append((step, self._clock() - self._began))
        before = "".join(
            f"<li><small>{seconds:.0f} s: {escape(begun)}</small></li>"
            for begun, seconds in self._steps
        )
        now = f"{step} ..."
        self._place.draw(page(paragraph(now), f"<ul>{before}</ul>"), now)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        if failed is None:
            told = f"evaluated in {duration(self._clock() - self._began)}"
            self._place.draw(page(paragraph(told)), told)
