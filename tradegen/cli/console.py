"""The console of all commands: text is printed as it is, styles are given apart from it."""

import os
import sys
from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from tradegen.cli.terminal_text import shown


class _PlainConsole(Console):
    """A console on which what is printed cannot move the cursor, set a title or hide text."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Return what `Console` does, with control characters of any text spelt out."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else shown(text), style, control)


def make_console(*, stderr: bool = False) -> Console:
    """Return a console for stdout, or for stderr.

    Markup is off: names, notes and critiques may hold brackets. Lines are wrapped in a terminal
    only, so that paths and commands can be copied and logs can be searched.
    """
    stream = sys.stderr if stderr else sys.stdout
    return _PlainConsole(
        stderr=stderr, markup=False, highlight=False, soft_wrap=not stream.isatty()
    )


def silence_stdout() -> None:
    """Let what is still to be written lead nowhere, after stdout has failed.

    Else Python tries once more when it ends, and complains; see its note on SIGPIPE.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def styled(*parts: str | tuple[str, str]) -> Text:
    """Return text of plain parts and parts with a style."""
    return Text.assemble(*parts)


def counted(count: int, noun: str) -> str:
    """Return a count with its noun in the right number."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
