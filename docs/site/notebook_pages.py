"""Site: each notebook is a page, with its outputs where it was run with the cells it now has."""

import re
from html import escape
from pathlib import Path
from typing import Any

import nbformat
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

_NOTEBOOK = re.compile(r"\]\((?:\.\./notebooks/)?(\w+)\.ipynb\)")

_WIDE = "---\nhide: [toc]\n---\n\n"
"""Outputs have wide tables: a notebook's page takes the room of its table of contents."""

ROOT = Path(__file__).parents[2]
NOTEBOOKS, RUN = ROOT / "notebooks", ROOT / "build" / "notebooks"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        page = _WIDE + notebook_page(_with_outputs(path))
        files.append(File.generated(config, f"notebooks/{path.stem}.md", content=page))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links to notebooks lead to their pages."""
    if page.file.src_uri.startswith("notebooks/"):
        return markdown
    return _NOTEBOOK.sub(r"](notebooks/\1.md)", markdown)


def notebook_page(notebook: Any) -> str:
    """Return a notebook as Markdown."""
    return "\n\n".join(part for cell in notebook.cells for part in _parts(cell)) + "\n"


def _with_outputs(path: Path) -> Any:
    """Return a notebook as `make notebooks` has run it, if its cells are still the same."""
    plain = nbformat.read(path, as_version=4)
    if not (RUN / path.name).is_file():
        return plain
    run = nbformat.read(RUN / path.name, as_version=4)
    same = [cell.source for cell in run.cells] == [cell.source for cell in plain.cells]
    return run if same else plain


def _parts(cell: Any) -> list[str]:
    if cell.cell_type == "markdown":
        return [_NOTEBOOK.sub(r"](\1.md)", cell.source.replace("](../docs/", "](../"))]
    outputs = [_output(one) for one in cell.get("outputs", [])]
    return [f"```python\n{cell.source}\n```", *(one for one in outputs if one)]


def _output(output: Any) -> str:
    """Return an output: HTML as it is, on one line so that Markdown takes it for HTML."""
    if output.output_type == "stream":
        return _printed(output.text)
    data = output.get("data", {})
    for kind in ("text/html", "image/svg+xml"):
        if kind in data:
            line = " ".join(data[kind].split("\n"))
            return f'<div class="notebook-output">{line}</div>'
    return _printed(data.get("text/plain", ""))


def _printed(text: str) -> str:
    return f'<pre class="notebook-output">{_lines(text)}</pre>' if text.strip() else ""


def _lines(text: str) -> str:
    """Return text for a block of HTML in Markdown, which an empty line would end."""
    return escape(text.rstrip()).replace("\n", "&#10;")
