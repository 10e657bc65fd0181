"""A figure of stylised facts: gold's value and the rows' value of each, with their intervals."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from tradegen.report.figures.look import GOLD, PAPER, SYNTHETIC, figure, rounded

if TYPE_CHECKING:
    import plotly.graph_objects as go

_ROW = 26
_TWO_SIDED_95 = 1.96


class Fact(NamedTuple):
    """A fact with the standard errors of both sides."""

    name: str
    gold: float
    gold_error: float
    synthetic: float
    synthetic_error: float


def facts_figure(facts: Sequence[Fact], x: str) -> "go.Figure":
    """Return two marks a fact, a little apart, with 95 % intervals."""
    import plotly.graph_objects as go

    places = list(range(len(facts)))
    return figure(
        [
            _marks(go, facts, "gold", -0.14, GOLD, "diamond"),
            _marks(go, facts, "synthetic", 0.14, SYNTHETIC, "circle"),
        ],
        x=x,
        height=90 + _ROW * max(len(places), 2),
        xaxis={"showgrid": True, "showline": False, "nticks": 5, "tickangle": 0},
        yaxis={
            "tickvals": places,
            "ticktext": [_short(fact.name) for fact in facts],
            "range": [len(facts) - 0.4, -0.6],
            "showline": True,
        },
    )


def _short(name: str) -> str:
    """Return a fact's name as short as a phone needs it."""
    return name.replace("absolute returns", "|returns|").replace("ACF of ", "ACF ")


def _marks(
    go: "object", facts: Sequence[Fact], side: str, shift: float, colour: str, symbol: str
) -> "go.Scatter":
    errors = [_TWO_SIDED_95 * getattr(fact, f"{side}_error") for fact in facts]
    return go.Scatter(  # type: ignore[attr-defined]
        x=rounded([getattr(fact, side) for fact in facts]),
        y=[k + shift for k in range(len(facts))],
        name=side,
        mode="markers",
        marker={
            "symbol": symbol,
            "size": 10,
            "color": colour,
            "line": {"color": PAPER, "width": 1},
        },
        error_x={"array": rounded(errors), "color": colour, "thickness": 1.4, "width": 0},
        customdata=[fact.name for fact in facts],
        hovertemplate="%{customdata}: %{x:.3g}",
    )
