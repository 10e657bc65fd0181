"""An evaluation as a notebook shows it: the verdict, what led to it, and the checks."""

from collections.abc import Mapping
from html import escape
from typing import Any

from tradegen.notebook.markup import (
    BAD,
    GOOD,
    OPEN,
    Cell,
    coloured,
    number,
    page,
    paragraph,
    small,
    table,
    text,
)

_MARKS = {"passed": ("✓", GOOD), "failed": ("✗", BAD), "open": ("?", OPEN)}
_VERDICTS = {"well_fit": GOOD, "overfit": BAD, "underfit": BAD}


def evaluation_view(record: Mapping[str, Any]) -> str:
    """Return what `evaluation.json` says as HTML."""
    verdict = record["verdict"]
    words, _, more = record["headline"].partition(".")
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in record["reasons"])
    return page(
        f"<p>{coloured(words, _VERDICTS.get(verdict, OPEN))}.{escape(more)}</p>",
        f"<ul>{reasons}</ul>" if reasons else "",
        paragraph(record["next"]),
        table(
            "",
            ("check", "outcome", "value", "", "limit", "half of gold"),
            map(_check, record["checks"]),
        ),
        *(small(f"note: {note}") for note in record["notes"]),
    )


def _check(check: Mapping[str, Any]) -> tuple[Cell, ...]:
    mark, colour = _MARKS[check["outcome"]]
    bound = "at least" if check["worse"] == "lower" else "at most"
    return (
        Cell(f'<span title="{escape(check["says"])}">{escape(check["check"])}</span>'),
        Cell(coloured(f"{mark} {check['outcome']}", colour)),
        number(_written(check["value"])),
        text(bound if check["limit"] is not None else ""),
        number(_written(check["limit"])),
        number(_written(check["half_of_gold"])),
    )


def _written(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
