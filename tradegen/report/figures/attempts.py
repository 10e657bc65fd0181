"""A figure of what became of a run's attempts."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tradegen.report.figures.look import INK, OTHER, SYNTHETIC, figure, shown

if TYPE_CHECKING:
    import plotly.graph_objects as go

_ROW = 30


def attempts_figure(accepted: Mapping[str, int], thrown_away: Mapping[str, int]) -> "go.Figure":
    """Return counts of attempts, accepted ones by retries and thrown-away ones by reason."""
    import plotly.graph_objects as go

    rows = [(label, count, SYNTHETIC, "") for label, count in accepted.items()]
    rows += [(label, count, PATTERNED, "/") for label, count in thrown_away.items()]
    places = list(range(len(rows)))
    return figure(
        [
            go.Bar(
                x=[count for _, count, _, _ in rows],
                y=places,
                orientation="h",
                marker={
                    "color": [colour for _, _, colour, _ in rows],
                    "pattern": {"shape": [shape for *_, shape in rows], "solidity": 0.35},
                },
                opacity=0.8,
                text=[f"{count:,}" for _, count, _, _ in rows],
                textposition="outside",
                textfont={"color": INK},
                cliponaxis=False,
                hoverinfo="skip",
                showlegend=False,
            )
        ],
        x="attempts",
        height=80 + _ROW * max(len(rows), 2),
        bargap=0.3,
        margin={"l": 8, "r": 48, "t": 8, "b": 8},
        xaxis={"rangemode": "tozero", "showgrid": True, "showline": False, "nticks": 6},
        yaxis={
            "tickvals": places,
            "ticktext": [shown(label, 34) for label, *_ in rows],
            "autorange": "reversed",
            "showgrid": False,
        },
    )


PATTERNED = OTHER
"""Attempts that were thrown away are grey and hatched."""
