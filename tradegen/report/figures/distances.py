"""A figure of how far rows lie from their nearest gold row."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from tradegen.data.row import FloatArray
from tradegen.report.figures.look import GOLD, HOLDOUT, INK, SYNTHETIC, figure, rounded

if TYPE_CHECKING:
    import plotly.graph_objects as go

_BINS = 50
_STYLES = {
    "synthetic": (SYNTHETIC, "solid"),
    "gold": (GOLD, "solid"),
    "holdout": (HOLDOUT, "dash"),
}

EdgesAndShares = tuple[FloatArray, Mapping[str, FloatArray]]


def distance_shares(distances: Mapping[str, FloatArray]) -> EdgesAndShares:
    """Return bin edges from 0 on, and the percentage of each kind of rows in every bin."""
    furthest = max(float(values.max()) for values in distances.values())
    edges = np.linspace(0, furthest if furthest > 0 else 1.0, _BINS + 1)
    shares = {
        name: 100 * np.histogram(values, edges)[0] / len(values)
        for name, values in distances.items()
    }
    return edges, shares


def distances_figure(
    distances: Mapping[str, FloatArray], names: Mapping[str, str], near: float
) -> "go.Figure":
    """Return shares of rows by distance: of `synthetic` ones, and `holdout` and `gold` if there.

    `names` say what each is; `near` is the distance within which rows count as copies.
    """
    import plotly.graph_objects as go

    edges, shares = distance_shares(distances)
    middle = rounded(((edges[1:] + edges[:-1]) / 2).tolist())
    traces: list[go.Bar | go.Scatter] = []
    for name, share in shares.items():
        colour, dash = _STYLES[name]
        points = {
            "x": middle,
            "y": rounded(share.tolist()),
            "name": names[name],
            "hovertemplate": "distance %{x:.2f}: %{y:.1f} %",
        }
        if name == "synthetic":
            traces.append(go.Bar(**points, marker={"color": colour}, opacity=0.75))
        else:
            line = {"color": colour, "width": 2.4, "dash": dash, "shape": "hvh"}
            traces.append(go.Scatter(**points, mode="lines", line=line))
    marked = np.isfinite(near)
    return figure(
        traces,
        x="distance to the nearest gold row",
        y="% of rows",
        height=320,
        bargap=0.08,
        xaxis={"rangemode": "tozero"},
        yaxis={"rangemode": "tozero", "nticks": 5},
        shapes=[_limit(near)] if marked else [],
        annotations=[_limit_label(near)] if marked else [],
    )


def _limit(near: float) -> dict[str, object]:
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": near,
        "x1": near,
        "y0": 0,
        "y1": 1,
        "line": {"color": INK, "width": 1.5, "dash": "dashdot"},
    }


def _limit_label(near: float) -> dict[str, object]:
    return {
        "x": near,
        "y": 1,
        "xref": "x",
        "yref": "paper",
        "xanchor": "right",
        "yanchor": "top",
        "xshift": -6,
        "text": "near<br>gold",
        "align": "right",
        "showarrow": False,
        "font": {"color": INK},
    }
