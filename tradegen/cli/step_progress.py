"""Progress of one long step, on stderr: a live bar in a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from tradegen.progress import LINE_EVERY_S, duration


@contextmanager
def step_progress(
    what: str, total: int, clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[int], None]]:
    """Yield what is to be called with how many more of `total` are done; stdout stays free."""
    console = Console(stderr=True, markup=False, highlight=False)
    if not console.is_terminal:
        yield _Lines(what, total, clock).advance
        return
    columns = (
        TextColumn("{task.description}", style="bold", markup=False),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=console, expand=True, transient=True) as bars:
        yield partial(bars.advance, bars.add_task(what, total=total))


class _Lines:
    """Prints a line every few seconds, for logs and pipes; what cannot be written is lost."""

    def __init__(self, what: str, total: int, clock: Callable[[], float]) -> None:
        self._what, self._total, self._clock = what, total, clock
        self._done = 0
        self._began = self._last = clock()

    def advance(self, more: int) -> None:
        """Count what is done, and tell it if it is time to."""
        self._done += more
        now = self._clock()
        if now - self._last < LINE_EVERY_S:
            return
        self._last = now
        left = (self._total - self._done) * (now - self._began) / self._done
        line = f"{self._what}: {self._done:,} of {self._total:,}, {duration(left)} left"
        with suppress(OSError):
            print(line, file=sys.stderr, flush=True)
