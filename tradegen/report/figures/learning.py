"""A figure of the learning curves of one target: of the trials that Hyperband chose."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tradegen.report.figures.look import GOLD, OTHER, SYNTHETIC, figure, rounded

if TYPE_CHECKING:
    import plotly.graph_objects as go

_STYLES = {
    "gold": (GOLD, "diamond"),
    "synthetic": (SYNTHETIC, "circle"),
    "shuffled": (OTHER, "x-thin-open"),
}


class Curve(NamedTuple):
    """Skill (2 AUC - 1) after each step of training, on rows kept back and on the gold holdout."""

    validation: Sequence[float]
    holdout: Sequence[float]


def learning_figure(chosen: Mapping[str, Curve], others: Sequence[Sequence[float]]) -> "go.Figure":
    """Return the chosen trials' curves by what they were trained on.

    `others` are the validation skills of the other trials on synthetic rows, drawn faintly: those
    that are short were stopped early.
    """
    import plotly.graph_objects as go

    traces = []
    if others:
        x: list[int | None] = []
        y: list[float | None] = []
        for other in others:
            x += [*range(1, len(other) + 1), None]
            y += [*rounded(other), None]
        traces.append(
            go.Scatter(
                x=x,
                y=y,
                name="other trials on synthetic",
                mode="lines",
                line={"color": OTHER, "width": 1},
                opacity=0.45,
                hoverinfo="skip",
            )
        )
    for name, curve in chosen.items():
        colour, symbol = _STYLES[name]
        for what, values, dash in (
            ("validation", curve.validation, "dot"),
            ("gold holdout", curve.holdout, "solid"),
        ):
            steps = list(range(1, len(values) + 1))
            traces.append(
                go.Scatter(
                    x=steps,
                    y=rounded(values),
                    name=name,
                    legendgroup=name,
                    showlegend=what == "gold holdout",
                    mode="lines+markers",
                    line={"color": colour, "width": 2, "dash": dash},
                    marker={"symbol": symbol, "size": 8, "maxdisplayed": 6},
                    hovertemplate=f"{what}, step %{{x}}: %{{y:.2f}}",
                )
            )
    return figure(
        traces,
        x="step of training",
        y="skill",
        height=330,
        xaxis={"nticks": 8},
        yaxis={"zeroline": True, "zerolinecolor": OTHER, "nticks": 6},
    )
