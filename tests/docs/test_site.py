"""The documentation as a site: it builds without a warning, and fetches nothing from elsewhere."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
FETCHED = {
    "script": "src",
    "img": "src",
    "source": "src",
    "iframe": "src",
    "video": "src",
    "audio": "src",
    "embed": "src",
    "object": "data",
    "use": "href",
    "image": "href",
}
_URL = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")


class Page(HTMLParser):
    """What a page fetches, where its links lead, and the places that can be led to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.places: set[str] = set()
        self.classes: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.places |= {given[name] for name in ("id", "name") if name in given}
        self.classes |= set(given.get("class", "").split())
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "link" and given.get("rel") not in ("prev", "next", "canonical"):
            self.fetched.append(given["href"])
        if FETCHED.get(tag) in given:
            self.fetched.append(given[FETCHED[tag]])
        self.fetched += [one[0] or one[1] for one in _URL.findall(given.get("style", ""))]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site as `make docs-site` does."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = [line for line in done.stderr.splitlines() if not line.startswith("INFO")]
    assert [line for line in told if line.strip()] == []
    assert "excluded from the built site" not in done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    found = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    assert len(found) > 20
    return found


def is_here(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme in ("", "data") and not parts.netloc


def test_no_page_fetches_anything_from_elsewhere(pages: dict[Path, Page], site: Path) -> None:
    away = {one for page in pages.values() for one in page.fetched if not is_here(one)}
    assert away == set()
    for path, page in pages.items():
        if path.name == "404.html":  # its paths begin at the root of a server
            continue
        for address in page.fetched:
            if not address.startswith("data:"):
                assert (path.parent / urlsplit(address).path).is_file(), f"{path}: {address}"


def test_no_style_fetches_anything_from_elsewhere(site: Path) -> None:
    sheets = list(site.rglob("*.css"))
    assert sheets
    for sheet in sheets:
        found = _URL.findall(sheet.read_text(encoding="utf-8"))
        assert [one for pair in found for one in pair if one and not is_here(one)] == []


def test_no_page_holds_what_would_make_the_theme_fetch_its_own_helpers(
    pages: dict[Path, Page],
) -> None:
    for path, page in pages.items():
        assert page.classes.isdisjoint({"mermaid", "arithmatex"}), path


def test_every_link_of_the_site_leads_to_a_page_and_a_place_in_it(
    pages: dict[Path, Page], site: Path
) -> None:
    dead = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or path.name == "404.html":
                continue
            led = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            led = led / "index.html" if led.is_dir() else led
            there = led.is_file() and led.is_relative_to(site.resolve())
            if not there:
                dead.append(f"{path.relative_to(site)}: {link}")
            elif parts.fragment and led in pages and parts.fragment not in pages[led].places:
                dead.append(f"{path.relative_to(site)}: no place {link}")
    assert dead == []


def test_every_page_of_the_documentation_is_in_the_site(site: Path) -> None:
    docs = ROOT / "docs"
    for path in sorted(docs.rglob("*.md")):
        assert (site / path.relative_to(docs)).with_suffix(".html").is_file(), path


def test_the_graph_is_drawn_from_the_compiled_one(site: Path) -> None:
    page = (site / "reference" / "graph.html").read_text(encoding="utf-8")
    for node in ("sampler_node", "generator_node", "judge_node", "refiner_node", "start", "end"):
        assert f">{node}</text>" in page


def test_the_picture_of_the_loop_is_what_its_code_draws() -> None:
    import runpy

    drawn = runpy.run_path(str(ROOT / "docs" / "images" / "draw.py"))
    assert (ROOT / "docs/images/loop.svg").read_text(encoding="utf-8") == drawn["picture"](), (
        "run: python docs/images/draw.py"
    )
