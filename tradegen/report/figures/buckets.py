"""A figure of the volatilities asked for against those got."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from tradegen.report.figures.look import INK, OTHER, SYNTHETIC, figure, shown

if TYPE_CHECKING:
    import plotly.graph_objects as go

_ROW = 22


class Bucket(NamedTuple):
    """A bucket: rows asked for, rows got, gold rows it holds."""

    label: str
    asked: int
    got: int
    gold: int


def buckets_figure(buckets: Sequence[Bucket]) -> "go.Figure":
    """Return rows got as bars and rows asked for as marks at which the bars should end."""
    import plotly.graph_objects as go

    places = list(range(len(buckets)))
    return figure(
        [
            go.Bar(
                x=[bucket.got for bucket in buckets],
                y=places,
                orientation="h",
                name="got",
                marker={"color": SYNTHETIC},
                opacity=0.75,
                hovertemplate="%{x:,} got<extra></extra>",
            ),
            go.Scatter(
                x=[bucket.asked for bucket in buckets],
                y=places,
                name="asked",
                mode="markers",
                marker={
                    "symbol": "line-ns",
                    "size": 14,
                    "color": INK,
                    "line": {"color": INK, "width": 3},
                },
                hovertemplate="%{x:,} asked<extra></extra>",
            ),
        ],
        x="rows",
        y="volatility of the lookback",
        height=90 + _ROW * max(len(places), 2),
        bargap=0.3,
        xaxis={"rangemode": "tozero", "showgrid": True, "showline": False, "nticks": 6},
        yaxis={
            "tickvals": places,
            "ticktext": [shown(bucket.label, 22) for bucket in buckets],
            "autorange": "reversed",
            "showgrid": False,
            "linecolor": OTHER,
        },
    )
