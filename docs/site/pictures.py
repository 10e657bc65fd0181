"""Site: pictures are put into the pages, where their colours go with light and dark."""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from tradegen.graph.build import build_graph
from tradegen.graph.drawing import graph_svg

_SVG = re.compile(r"^!\[([^\]]*)\]\(([^)]+\.svg)\)$", re.MULTILINE)
_MERMAID = re.compile(r"^```mermaid\n.*?^```$", re.MULTILINE | re.DOTALL)
_STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Draw pictures in place: SVG files, and the graph where its Mermaid text stands.

    Mermaid itself would be fetched from a network.
    """
    here = posixpath.dirname(page.file.src_uri)

    def drawn(found: re.Match[str]) -> str:
        path = Path(config.docs_dir) / here / found[2]
        return _figure(_STYLE.sub("", path.read_text(encoding="utf-8")))

    markdown = _SVG.sub(drawn, markdown)
    return _MERMAID.sub(lambda _: _figure(graph_svg(build_graph())), markdown)


def _figure(svg: str) -> str:
    """Return a figure on one line: an empty one would end the HTML in Markdown."""
    return f"<figure>{''.join(svg.splitlines())}</figure>"
