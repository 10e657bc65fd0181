"""Reports made once and looked at by many tests."""

import json
import re
import shutil
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from tradegen.data.run_folder import RunFolder

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
