"""Reports in HTML: the cells that a page's tables show, row by row."""

from pathlib import Path

from tradegen.errors import GoldError, InputError
from tradegen.importers.text import read_text


def read_html_rows(path: Path) -> list[list[str]]:
    """Return the rows of all tables of a page, without the cells that it hides.

    Raises `InputError` without `tradegen[html]`, `GoldError` for what is no text.
    """
    try:
        from lxml import etree, html
    except ImportError as error:
        raise InputError(f"{path}: to read HTML reports, pip install 'tradegen[html]'") from error
    try:
        text = read_text(path)
    except UnicodeDecodeError as error:
        raise GoldError(f"{path}: not text in UTF-8 or UTF-16; save the report anew") from error
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        page = html.document_fromstring(text.encode(), parser=parser)
    except etree.ParserError as error:
        raise GoldError(f"{path}: not readable as HTML: {error}") from error
    return [
        [
            " ".join(cell.text_content().split())
            for cell in row.iterchildren("td", "th")
            if "hidden" not in (cell.get("class") or "").split()
        ]
        for row in page.iter("tr")
    ]
