"""HTML of what is shown: all text is escaped, all colours go with light and dark pages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

GOOD, BAD, OPEN = "#2f9e64", "#d9503f", "#b7791f"
"""Colours that can be told from a white page and from a black one."""

LINES_SHOWN = 40
"""Lines of a table of buckets: a constraint may have thousands."""

_OURS = ".tradegen.tradegen.tradegen"
"""Said three times, it outweighs what a notebook says of all tables."""

_STYLE = (
    "<style>"
    f"{_OURS}{{font-family:system-ui,sans-serif;font-size:13px;line-height:1.45;color:inherit;"
    "max-width:60rem;overflow-x:auto}"
    f"{_OURS} p{{margin:.3em 0}}"
    f"{_OURS} small{{opacity:.75;font-size:12px}}"
    f"{_OURS} table{{border-collapse:collapse;margin:.5em 0;font-size:13px;color:inherit;border:0}}"
    f"{_OURS} caption{{text-align:left;opacity:.75;caption-side:top;padding:0 0 .2em}}"
    f"{_OURS} :is(th,td){{padding:.2em .8em .2em 0;text-align:left;border:0;background:none;"
    "border-bottom:1px solid rgba(128,128,128,.3);white-space:nowrap;vertical-align:middle}"
    f"{_OURS} th{{font-weight:600}}"
    f"{_OURS} .number{{text-align:right;font-variant-numeric:tabular-nums}}"
    f"{_OURS} .track{{display:inline-block;width:9em;height:.55em;border-radius:.3em;"
    "background:rgba(128,128,128,.25);overflow:hidden;vertical-align:middle}"
    f"{_OURS} .wide{{width:100%;max-width:34em}}"
    f"{_OURS} .fill{{display:block;height:100%;border-radius:.3em;background:{GOOD}}}"
    f"{_OURS} svg{{display:block;max-width:none}}"
    "</style>"
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: `html` as it stands, and whether it is a number."""

    html: str
    is_number: bool = False


def text(value: object) -> Cell:
    """Return a cell with text."""
    return Cell(escape(str(value)))


def number(value: str) -> Cell:
    """Return a cell with a number that was written out before."""
    return Cell(escape(value), is_number=True)


def coloured(words: str, colour: str) -> str:
    """Return words, in bold and a colour."""
    return f'<b style="color:{colour}">{escape(words)}</b>'


def paragraph(words: str) -> str:
    """Return a paragraph of text."""
    return f"<p>{escape(words)}</p>"


def small(words: str) -> str:
    """Return a paragraph of small text."""
    return f"<p><small>{escape(words)}</small></p>"


def more(count: int) -> str:
    """Return how many lines of a table of buckets are not shown, if any."""
    return small(f"... and {count - LINES_SHOWN:,} more") if count > LINES_SHOWN else ""


def filled(share: float, *, wide: bool = False) -> str:
    """Return a track that is filled to a share between 0 and 1."""
    width = 100 * min(max(share, 0.0), 1.0)
    kind = "track wide" if wide else "track"
    return f'<span class="{kind}"><span class="fill" style="width:{width:.1f}%"></span></span>'


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return a table; a column of numbers is one whose first cell is a number."""
    lines = list(rows)
    first = lines[0] if lines else [Cell("")] * len(header)
    head = "".join(
        _cell("th", Cell(escape(name), cell.is_number))
        for name, cell in zip(header, first, strict=True)
    )
    body = "".join(f"<tr>{''.join(_cell('td', cell) for cell in line)}</tr>" for line in lines)
    told = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{told}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def page(*parts: str) -> str:
    """Return the parts as one output, which looks alike in all notebooks."""
    return f'{_STYLE}<div class="tradegen">{"".join(parts)}</div>'


def _cell(tag: str, cell: Cell) -> str:
    kind = ' class="number"' if cell.is_number else ""
    return f"<{tag}{kind}>{cell.html}</{tag}>"
