"""One place in a notebook's output that is drawn anew."""

import time
from collections.abc import Callable

DRAW_EVERY_S = 0.2
"""Seconds between two drawings, at the least."""


class LivePlace:
    """An output of the cell that runs; without ipywidgets, by IPython's own display ids."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the place with the first drawing."""
        self._clock = clock
        self._drawn = float("-inf")
        self._draw_anew: Callable[[dict[str, str]], None] | None = None

    def is_due(self) -> bool:
        """Return whether the last drawing is old enough for another one."""
        return self._clock() - self._drawn >= DRAW_EVERY_S

    def draw(self, html: str, text: str) -> None:
        """Draw `html`, and `text` where no HTML can be shown."""
        self._drawn = self._clock()
        drawing = {"text/html": html, "text/plain": text}
        if self._draw_anew is not None:
            self._draw_anew(drawing)
            return
        from IPython.display import DisplayHandle

        place = DisplayHandle()
        place.display(drawing, raw=True)
        self._draw_anew = lambda anew: place.update(anew, raw=True)
