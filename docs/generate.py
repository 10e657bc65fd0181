"""Write the reference pages from the code they speak of: `make docs`."""

import ast
import inspect
import re
import runpy
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import tradegen
from tradegen.cli.init_command import settings_file
from tradegen.data.invariants import INVARIANTS
from tradegen.graph.build import build_graph
from tradegen.indicators.catalogue import DEFAULT_SET

REFERENCE = Path(__file__).parent / "reference"
_ARGUMENTS_A_LINE = 2


def commands_page() -> str:
    """Return the help of every command."""
    done = subprocess.run(
        [sys.executable, "-m", "typer", "tradegen.cli.app", "utils", "docs", "--name", "tradegen"],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.replace("# `tradegen`", "# Commands", 1).strip() + "\n"


def settings_page() -> str:
    """Return every setting with its default and meaning."""
    return f"# Settings\n\n`tradegen init` writes this file.\n\n```toml\n{settings_file()}```\n"


def graph_page() -> str:
    """Return a picture of the compiled graph."""
    drawing = build_graph().get_graph().draw_mermaid()
    return (
        "# Graph\n\nThe loop of one attempt at one row, drawn from the compiled graph.\n\n"
        f"```mermaid\n{drawing.strip()}\n```\n"
    )


def invariants_page() -> str:
    """Return the invariants of a row."""
    rows = "\n".join(f"| `{i.name}` | {i.criterion} | {i.meaning} |" for i in INVARIANTS)
    return (
        "# Invariants\n\nWhat holds for every row, gold or new.\n\n"
        f"| name | criterion | meaning |\n|---|---|---|\n{rows}\n"
    )


def indicators_page() -> str:
    """Return the default set of indicators."""
    rows = "\n".join(
        f"| {', '.join(f'`{column}`' for column in i.columns)} | {i.meaning} | {i.unit} "
        f"| {i.n_bars} | {i.library} |"
        for i in DEFAULT_SET
    )
    return (
        "# Indicators\n\nThe columns of `features.parquet` besides `trade_id`: values at the last "
        "bar before entry. What\nruns on from bar to bar begins at the first of the 64 bars of the "
        "lookback.\n\n"
        "| columns | meaning | unit | bars read | computed by |\n|---|---|---|---|---|\n"
        f"{rows}\n\n"
        "A price is in the symbol's quote currency, a volume in its bars' unit; an annualised "
        "fraction of 0.7\nis 70 % a year. Columns asked for with `--indicator` follow under "
        "pandas-ta's own names, in lower\ncase.\n"
    )


def python_page() -> str:
    """Return what `tradegen` has for Python: signatures and docstrings."""
    parts = [_described(name) for name in tradegen.__all__ if not name.startswith("_")]
    return (
        "# Python\n\nWhat `import tradegen` offers. Everything else may change from version to "
        "version.\n\n" + "\n".join(parts)
    )


def _described(name: str) -> str:
    """Return a function, or a class with its public methods and properties."""
    thing = getattr(tradegen, name)
    if inspect.isfunction(thing):
        return f"## {name}\n\n{_signature(name, thing)}\n{_words(thing)}\n"
    parts = [f"## {name}\n\n{_words(thing)}\n"]
    for member, what in vars(thing).items():
        if member.startswith("_"):
            continue
        if isinstance(what, property):
            parts.append(f"### {name}.{member}\n\n{_words(what)}\n")
        elif inspect.isfunction(what):
            parts.append(f"### {name}.{member}\n\n{_signature(member, what)}\n{_words(what)}\n")
    return "\n".join(parts)


def _signature(name: str, function: Callable[..., object]) -> str:
    """Return a signature as it stands in the source, one argument a line where they are many."""
    (found,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(found, ast.FunctionDef)
    given = inspect.signature(function).parameters
    arguments = ast.unparse(found.args)
    if len(given) > _ARGUMENTS_A_LINE:
        arguments = re.sub(rf", (?=(?:{'|'.join(given)}):|\\*,)", ",\n    ", arguments)
        arguments = f"\n    {arguments},\n"
    returned = "None" if found.returns is None else ast.unparse(found.returns)
    told = f"{name}({arguments.replace('=', ' = ')}) -> {returned}"
    told = re.sub(r"'((?:p[da]\.)?[A-Z]\w*)'", r"\1", told)  # what is imported late is quoted
    return f"```text\n{told}\n```\n"


def _words(thing: object) -> str:
    return inspect.getdoc(thing) or ""


def transcript_page() -> str:
    """Return one row's way through the graph."""
    page: str = runpy.run_path(str(Path(__file__).parent / "transcript.py"))["transcript_page"]()
    return page


PAGES = {
    "commands.md": commands_page,
    "settings.md": settings_page,
    "graph.md": graph_page,
    "invariants.md": invariants_page,
    "indicators.md": indicators_page,
    "python.md": python_page,
    "transcript.md": transcript_page,
}

if __name__ == "__main__":
    REFERENCE.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")
