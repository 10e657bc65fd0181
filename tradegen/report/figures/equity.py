"""A figure of equity curves, one a book."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tradegen.data.row import FloatArray
from tradegen.report.figures.look import GOLD, HOLDOUT, OTHER, SYNTHETIC, figure, rounded

if TYPE_CHECKING:
    import plotly.graph_objects as go

_STYLES = {
    "gold train": (GOLD, "dot"),
    "gold holdout": (HOLDOUT, "dash"),
    "synthetic": (SYNTHETIC, "solid"),
}
_MOST = 800
_COARSE, _FINE = (1, 2, 5), (1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9)
_WIDE = 4.0


class Book(NamedTuple):
    """Days in ISO form, and each day's return of all open trades together as a fraction."""

    days: Sequence[str]
    returns: FloatArray


def growth(returns: FloatArray) -> FloatArray:
    """Return what 1 has become by the end of each day, shape `(n_days,)`."""
    return np.cumprod(1 + returns, dtype=np.float64)


def equity_figure(books: Mapping[str, Book]) -> "go.Figure":
    """Return the growth of 1 in each book, on a logarithmic scale; at most 800 days of each."""
    import plotly.graph_objects as go

    traces = []
    for name, book in books.items():
        colour, dash = _STYLES.get(name, (OTHER, "longdash"))
        last = max(len(book.days) - 1, 0)
        kept = np.unique(np.linspace(0, last, min(_MOST, len(book.days))).round().astype(int))
        value = growth(book.returns)[kept]
        traces.append(
            go.Scatter(
                x=[book.days[k] for k in kept],
                y=rounded(value.tolist()),
                name=name,
                mode="lines",
                line={"color": colour, "width": 2, "dash": dash},
                hovertemplate="%{x}: %{y:.2f}",
            )
        )
    ticks = _ticks([growth(book.returns) for book in books.values()])
    return figure(
        traces,
        y="growth of 1",
        height=320,
        xaxis={"type": "date", "nticks": 7},
        yaxis={"type": "log", "tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks]},
    )


def _ticks(values: Sequence[FloatArray]) -> list[float]:
    """Return values to label on a logarithmic scale: more of them where it spans little."""
    low, high = min(float(one.min()) for one in values), max(float(one.max()) for one in values)
    digits = _COARSE if low <= 0 or high / low > _WIDE else _FINE
    return [float(f"{digit}e{power}") for power in range(-6, 9) for digit in digits]
