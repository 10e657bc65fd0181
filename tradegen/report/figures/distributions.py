"""Figures of how often values occur: synthetic rows as bars, gold as a line."""

from itertools import pairwise
from typing import TYPE_CHECKING

from tradegen.report.counting import OTHERS, Counted, Histogram
from tradegen.report.figures.look import GOLD, PAPER, SYNTHETIC, figure, rounded, shown

if TYPE_CHECKING:
    import plotly.graph_objects as go

_ROW = 26
_LEAST = 150
_MANY = 14
_MOST_OTHERS_PCT = 40.0


def histogram_figure(counted: Histogram, x: str) -> "go.Figure":
    """Return the shares of rows by bin."""
    import plotly.graph_objects as go

    gold, synthetic = counted.shares
    edges = counted.edges
    middle = rounded([(a + b) / 2 for a, b in pairwise(edges)])
    return figure(
        [
            go.Bar(
                x=middle,
                y=rounded(synthetic),
                name="synthetic",
                marker={"color": SYNTHETIC, "line": {"width": 0}},
                opacity=0.75,
                customdata=[
                    [*pair] for pair in zip(counted.labels, counted.synthetic, strict=True)
                ],
                hovertemplate="%{customdata[0]}<br>%{y:.1f} % (%{customdata[1]:,})",
            ),
            go.Scatter(
                x=middle,
                y=rounded(gold),
                name="gold",
                mode="lines",
                line={"color": GOLD, "width": 2.2, "shape": "hvh"},
                customdata=[[*pair] for pair in zip(counted.labels, counted.gold, strict=True)],
                hovertemplate="%{customdata[0]}<br>%{y:.1f} % (%{customdata[1]:,})",
            ),
        ],
        x=x,
        y="% of rows",
        bargap=0.08,
        xaxis={"nticks": 7},
        yaxis={"rangemode": "tozero", "nticks": 5},
    )


def steps_figure(counted: Counted, x: str) -> "go.Figure":
    """Return the shares of rows by bins that have an order, such as hours."""
    import plotly.graph_objects as go

    gold, synthetic = counted.shares
    labels = [shown(label) for label in counted.labels]
    return figure(
        [
            go.Bar(
                x=labels,
                y=rounded(synthetic),
                name="synthetic",
                marker={"color": SYNTHETIC},
                opacity=0.75,
                customdata=counted.synthetic,
                hovertemplate="%{x}<br>%{y:.1f} % (%{customdata:,})",
            ),
            go.Scatter(
                x=labels,
                y=rounded(gold),
                name="gold",
                mode="lines+markers",
                line={"color": GOLD, "width": 2},
                marker={"symbol": "diamond", "size": 8, "line": {"color": PAPER, "width": 1}},
                customdata=counted.gold,
                hovertemplate="%{x}<br>%{y:.1f} % (%{customdata:,})",
            ),
        ],
        x=x,
        y="% of rows",
        bargap=0.25,
        xaxis={"type": "category", "tickangle": 0, **_ticks(labels)},
        yaxis={"rangemode": "tozero", "nticks": 5},
    )


def _ticks(labels: list[str]) -> dict[str, object]:
    """Return ticks at every third label where there are many."""
    return {"tickvals": labels[::3]} if len(labels) > _MANY else {}


def words_figure(counted: Counted) -> "go.Figure":
    """Return the shares of rows by word, the commonest of gold on top.

    All other words are left out where they are so many that they would dwarf those with a name.
    """
    import plotly.graph_objects as go

    gold, synthetic = counted.shares
    n = len(counted.labels)
    if counted.labels[-1] == OTHERS and gold[-1] > _MOST_OTHERS_PCT:
        n -= 1
    # Words that are cut may look alike, and Plotly would take them for one: places are numbers.
    places = list(range(n))
    return figure(
        [
            go.Bar(
                x=rounded(synthetic[:n]),
                y=places,
                orientation="h",
                name="synthetic",
                marker={"color": SYNTHETIC},
                opacity=0.75,
                customdata=counted.synthetic[:n],
                hovertemplate="%{x:.1f} % (%{customdata:,})",
            ),
            go.Scatter(
                x=rounded(gold[:n]),
                y=places,
                name="gold",
                mode="markers",
                marker={
                    "symbol": "diamond",
                    "size": 10,
                    "color": GOLD,
                    "line": {"color": PAPER, "width": 1},
                },
                customdata=counted.gold[:n],
                hovertemplate="%{x:.1f} % (%{customdata:,})",
            ),
        ],
        x="% of rows",
        height=max(_LEAST, 90 + _ROW * len(places)),
        bargap=0.3,
        xaxis={"rangemode": "tozero", "showgrid": True, "showline": False, "nticks": 6},
        yaxis={
            "tickvals": places,
            "ticktext": [shown(label, 20) for label in counted.labels[:n]],
            "range": [max(n, 2) - 0.5, -0.5],
            "showgrid": False,
        },
    )
