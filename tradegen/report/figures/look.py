"""The look that all figures share: colours that the colour-blind tell apart, and plain axes.

Colours are those of Okabe and Ito (2008), where they stand out from white. The page exchanges
each for its dark twin where the reader prefers dark, so no other colour may be used in a figure.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import plotly.graph_objects as go

GOLD, SYNTHETIC, HOLDOUT, OTHER = "#d55e00", "#0072b2", "#00815d", "#737a84"
INK, SOFT, LINE, PAPER = "#1b1f24", "#59616b", "#e4e7ec", "#ffffff"

DARK = {
    GOLD: "#e69f00",
    SYNTHETIC: "#56b4e9",
    HOLDOUT: "#2ec195",
    OTHER: "#98a1ac",
    INK: "#e9ebee",
    SOFT: "#a8b0ba",
    LINE: "#30363d",
    PAPER: "#181b20",
}
"""The twin of each colour on a dark page."""

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def figure(
    traces: Sequence[Any],
    *,
    x: str = "",
    y: str = "",
    height: int = 280,
    xaxis: Mapping[str, Any] | None = None,
    yaxis: Mapping[str, Any] | None = None,
    **layout: Any,
) -> "go.Figure":
    """Return a figure of traces; `xaxis`, `yaxis` and `layout` say what differs from the look."""
    import plotly.graph_objects as go

    return go.Figure(
        traces,
        layout={
            "template": "none",
            "height": height,
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "font": {"family": _FONT, "size": 12, "color": SOFT},
            "paper_bgcolor": PAPER,
            "plot_bgcolor": PAPER,
            "dragmode": False,
            "hoverlabel": {
                "bgcolor": PAPER,
                "bordercolor": OTHER,
                "font": {"family": _FONT, "color": INK, "size": 12},
            },
            "legend": {
                "orientation": "h",
                "x": 0,
                "xanchor": "left",
                "y": 1.02,
                "yanchor": "bottom",
                "font": {"color": INK},
                "itemclick": False,
                "itemdoubleclick": False,
            },
            "xaxis": {**_AXIS, "title": _title(x), "showgrid": False, **(xaxis or {})},
            "yaxis": {**_AXIS, "title": _title(y), "showline": False, **(yaxis or {})},
            **layout,
        },
    )


_AXIS: Mapping[str, Any] = {
    "automargin": True,
    "fixedrange": True,
    "gridcolor": LINE,
    "linecolor": OTHER,
    "showline": True,
    "ticks": "outside",
    "tickcolor": PAPER,
    "ticklen": 5,
    "zeroline": False,
}


def _title(text: str) -> dict[str, Any]:
    return {"text": text, "standoff": 8, "font": {"size": 12}}


def shown(text: str, most: int = 28) -> str:
    """Return text that somebody else wrote as Plotly shows it: no tags, no more than a line."""
    line = " ".join(text.split()) or " "
    cut = line if len(line) <= most else f"{line[: most - 1]}…"
    return escape(cut, quote=False).replace("$", "&#36;")  # between two of these it reads TeX


def rounded(values: Iterable[float], digits: int = 5) -> list[float]:
    """Return numbers to a few digits: a page need not carry more than can be seen."""
    return [float(f"{value:.{digits}g}") for value in values]
