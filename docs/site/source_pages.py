"""Site: files of the checkout that the documentation links to have pages: no link is dead."""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
_LINK = re.compile(r"\]\(([^)#:\s]+)(#[^)\s]*)?\)")
_LANGUAGES = {".py": "python", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".json": "json"}
_LARGEST = 100_000
"""Characters of a file that are shown."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for each file, and each file of a folder, that a page links to."""
    pages = [file for file in files.documentation_pages() if file.abs_src_path]
    for path in sorted({path for file in pages for path in _outside(file, files)}):
        for one in [path, *_listed(path)] if path.is_dir() else [path]:
            if files.get_file_from_path(_page_of(one)) is None:
                files.append(
                    File.generated(
                        config,
                        _page_of(one),
                        content=_text(one),
                        inclusion=InclusionLevel.NOT_IN_NAV,
                    )
                )
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links to such files lead to their pages."""
    here = posixpath.dirname(page.file.src_uri)

    def led(found: re.Match[str]) -> str:
        path = _target(page.file, found[1], files)
        if path is None or files.get_file_from_path(_page_of(path)) is None:
            return found[0]
        return f"]({posixpath.relpath(_page_of(path), here)})"

    return _LINK.sub(led, markdown)


def _outside(file: File, files: Files) -> Iterator[Path]:
    """Yield what a page links to that is in the checkout and not in the site."""
    for target, _ in _LINK.findall(file.content_string):
        path = _target(file, target, files)
        if path is not None:
            yield path


def _target(file: File, target: str, files: Files) -> Path | None:
    """Return the file or folder that a link means, or None if it is in the site, or nowhere."""
    if file.abs_src_path is None or target.endswith(".ipynb"):
        return None
    named = posixpath.normpath(posixpath.join(posixpath.dirname(file.src_uri), target))
    there = files.get_file_from_path(named)
    if there is not None and there.inclusion.is_included():
        return None
    path = (Path(file.abs_src_path).parent / target).resolve()
    return path if path.is_relative_to(ROOT) and path.exists() else None


def _listed(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and path.suffix != ".pyc")


def _page_of(path: Path) -> str:
    """Return where a file's page is: a file of Markdown keeps its kind, any other gets `.md`."""
    name = path.relative_to(ROOT).as_posix()
    return f"source/{name}/index.md" if path.is_dir() else f"source/{name.removesuffix('.md')}.md"


def _text(path: Path) -> str:
    """Return the page of a file or a folder."""
    name = path.relative_to(ROOT).as_posix()
    if path.is_dir():
        lines = "\n".join(
            f"- [{one.name}]({posixpath.relpath(_page_of(one), f'source/{name}')})"
            for one in _listed(path)
        )
        return f"# {name}\n\n{lines}\n"
    content = path.read_text(encoding="utf-8")
    if path.name == "CHANGELOG.md":
        return content
    shown = content[:_LARGEST]
    rest = "" if shown == content else f"\nThe rest of {len(content):,} characters is left out.\n"
    fence = "`" * (3 + max((len(run) for run in re.findall("`{3,}", shown)), default=0))
    return f"# {name}\n\n{fence}{_LANGUAGES.get(path.suffix, 'text')}\n{shown}\n{fence}\n{rest}"
