"""The page: one HTML file that needs nothing else, neither files beside it nor a network."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from tradegen.report.figures.look import DARK
from tradegen.report.parts.part import Chart, Section
from tradegen.report.parts.verdict import Band

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER = files("tradegen.report") / "template"


@dataclass(frozen=True)
class Page:
    """What a page shows. `band` is None where there is no evaluation; `warnings` stand on top.

    `evaluate` is the command that would bring a verdict, empty where there is no row to judge.
    """

    name: str
    summary: str
    band: Band | None
    evaluate: str
    warns_of_gold: str
    warnings: Sequence[str]
    sections: Sequence[Section]
    made_with: Sequence[tuple[str, str]]
    settings: str
    again: str


def as_html(page: Page) -> str:
    """Return the page. What others wrote is text in it, never markup; equal pages, equal bytes."""
    from plotly.offline import get_plotlyjs

    scripts = [get_plotlyjs(), _text("page.js")]
    return (
        _environment()
        .get_template("page.html")
        .render(
            page=page,
            css=_text("page.css"),
            scripts=scripts,
            policy=_policy(scripts),
            dark=script_json(DARK),
        )
    )


def script_json(value: object) -> str:
    """Return JSON that may stand in a `<script>`: no tag can begin or end in it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def chart_json(chart: Chart) -> str:
    """Return a chart's figure as Plotly's JSON, for a `<script>`."""
    return script_json(_plain(chart.figure.to_plotly_json()))


def _plain(value: Any) -> Any:
    """Return a figure's JSON with lists for the tuples and arrays that Plotly keeps."""
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value


def _policy(scripts: Sequence[str]) -> str:
    """Return the content security policy: these scripts may run, and nothing may be fetched."""
    hashes = " ".join(
        f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _unbroken(value: object) -> object:
    """Return what is printed; no line may end between a number and its percent sign."""
    return value.replace(" %", "\u00a0%") if type(value) is str else value


@cache
def _text(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_text),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_unbroken,
    )
    environment.filters["chart_json"] = chart_json
    environment.tests["kind"] = lambda part, name: type(part).__name__ == name
    return environment
