"""The console of all commands: text is printed as it is, styles are given apart from it."""

import os
import sys

from rich.console import Console
from rich.text import Text


def make_console(*, stderr: bool = False) -> Console:
    """Return a console for stdout, or for stderr.

    Markup is off: names, notes and critiques may hold brackets. Lines are wrapped in a terminal
    only, so that paths and commands can be copied and logs can be searched.
    """
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, markup=False, highlight=False, soft_wrap=not stream.isatty())


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
