"""Reports made once and looked at by many tests."""

import json
import re
import shutil
from dataclasses import dataclass, replace
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np

from tradegen.data.rows import Rows, object_array
from tradegen.data.run_folder import RunFolder
from tradegen.report.material import Material
from tradegen.report.page import as_html
from tradegen.report.write import page_of

_DRAWN = re.compile(r'<script type="application/json" id="figure-([\w-]+)">(.*?)</script>', re.S)


class _Text(HTMLParser):
    """Gathers what a reader sees, and every tag with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._hidden = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self._hidden = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._hidden:
            self._hidden = ""

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.seen.append(data)


@dataclass(frozen=True)
class Report:
    """A report as a file."""

    path: Path

    @cached_property
    def html(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def _parsed(self) -> _Text:
        parser = _Text()
        parser.feed(self.html)
        return parser

    @cached_property
    def text(self) -> str:
        """What a reader sees, with single spaces."""
        return " ".join(" ".join(self._parsed.seen).split())

    @property
    def tags(self) -> list[tuple[str, dict[str, str | None]]]:
        return self._parsed.tags

    @cached_property
    def figures(self) -> dict[str, Any]:
        """The figures' JSON by name."""
        return {name: json.loads(body) for name, body in _DRAWN.findall(self.html)}


def copied(run: Path, folder: Path) -> RunFolder:
    """Return a copy of a run that a test may change."""
    return RunFolder(Path(shutil.copytree(run, folder / run.name)))


def shown(material: Material, folder: Path) -> Report:
    path = folder / "report.html"
    path.write_text(as_html(page_of(material)), encoding="utf-8")
    return Report(path)


def with_manifest(material: Material, **changes: Any) -> Material:
    return replace(material, manifest={**material.manifest, **changes})


HOSTILE = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "<a href='javascript:alert(3)'>x</a>",
    "%{x} $\\alpha$ {{ page }} &lt;b&gt;",
    "naïve 漢字 \u202e\u2028",
)


def hostile_rows(rows: Rows) -> Rows:
    names = np.array([HOSTILE[k % len(HOSTILE)] for k in range(len(rows))])
    return replace(rows, symbol=names, extras={HOSTILE[1]: object_array(names.tolist())})
