"""A figure of one trade: its bars as candles, with entry and exit drawn in."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tradegen.data.row import LOOKBACK, FloatArray, from_microseconds
from tradegen.data.rows import Rows
from tradegen.report.figures.look import INK, LINE, OTHER, PAPER, figure, rounded

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MOST = 160


def price_range_pct(rows: Rows) -> tuple[float, float]:
    """Return the lowest and the highest price of one row's bars, in percent from its entry."""
    low, high = rows.bars.low.min(), rows.bars.high.max()
    entry = rows.entry_price[0]
    return 100 * float(low / entry - 1), 100 * float(high / entry - 1)


def candle_figure(rows: Rows, colour: str, reach: tuple[float, float]) -> "go.Figure":
    """Return the chart of one row; prices are in percent from entry, `reach` is what is shown.

    A candle is hollow if the price rose and full if it fell. Of more than 160 bars several share a
    candle.
    """
    import plotly.graph_objects as go

    per_candle = math.ceil(len(rows.bars) / _MOST)
    parts = _merged(rows, per_candle)
    place = parts.pop("place")
    low, high = reach
    room = 0.06 * max(high - low, 1e-6)
    exit_at = (len(rows.bars) - 1 - LOOKBACK) / per_candle
    result = 100 * float(rows.exit_price[0] / rows.entry_price[0] - 1)
    up = bool(rows.long[0])
    return figure(
        [
            go.Candlestick(
                x=rounded(place),
                **{name: rounded(values) for name, values in parts.items()},
                increasing={"line": {"color": colour, "width": 1}, "fillcolor": PAPER},
                decreasing={"line": {"color": colour, "width": 1}, "fillcolor": colour},
                whiskerwidth=0,
                hoverinfo="none",
                showlegend=False,
            ),
            go.Scatter(
                x=[0, exit_at],
                y=rounded([0.0, result]),
                mode="lines+markers",
                text=["in", "out"],
                line={"color": INK, "width": 1.4, "dash": "dot"},
                marker={
                    "symbol": ["triangle-up" if up else "triangle-down", "square"],
                    "size": [13, 10],
                    "color": INK,
                    "line": {"color": PAPER, "width": 1.5},
                },
                customdata=[_moment(rows.entry_time[0]), _moment(rows.exit_time[0])],
                hovertemplate="%{text}: %{y:+.2f} %<br>%{customdata}<extra></extra>",
                showlegend=False,
                cliponaxis=False,
            ),
        ],
        x="bars from entry" + ("" if per_candle == 1 else f", {per_candle} to a candle"),
        y="% from entry",
        height=250,
        margin={"l": 8, "r": 8, "t": 30, "b": 8},
        shapes=[_trade_shade(exit_at)],
        annotations=[_legend(rows, result)],
        xaxis={
            "rangeslider": {"visible": False},
            "nticks": 6,
            **_ticks(place, per_candle),
        },
        yaxis={"range": rounded([low - room, high + room]), "nticks": 5},
    )


def _ticks(place: FloatArray, per_candle: int) -> dict[str, Any]:
    """Return ticks that count bars where several share a candle."""
    if per_candle == 1:
        return {}
    at = np.linspace(place[0], place[-1], 5).round()
    return {"tickvals": at.tolist(), "ticktext": [f"{per_candle * k:.0f}" for k in at]}


def _legend(rows: Rows, result: float) -> dict[str, Any]:
    """Return the words over a chart: its side, the marks of entry and exit, the result."""
    up = bool(rows.long[0])
    gained = result if up else -result
    return {
        "text": f"{rows.side[0]}   {'▲' if up else '▼'} in   ■ out   {gained:+.2f} %",
        "x": 1,
        "xref": "paper",
        "xanchor": "right",
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "yshift": 4,
        "showarrow": False,
        "font": {"color": INK},
    }


def _trade_shade(exit_at: float) -> dict[str, Any]:
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": -0.5,
        "x1": exit_at + 0.5,
        "y0": 0,
        "y1": 1,
        "fillcolor": LINE,
        "opacity": 0.55,
        "line": {"width": 0, "color": OTHER},
        "layer": "below",
    }


def _merged(rows: Rows, per_candle: int) -> dict[str, FloatArray]:
    """Return the place of each candle, the entry bar's being 0, and its prices in percent."""
    bars, entry = rows.bars, float(rows.entry_price[0])
    first = -(LOOKBACK // per_candle) * per_candle + LOOKBACK  # candles meet at the entry bar
    starts = np.unique(np.concatenate([[0], np.arange(first, len(bars), per_candle)]))
    ends = np.append(starts[1:], len(bars)) - 1
    prices = {
        "open": bars.open[starts],
        "high": np.maximum.reduceat(bars.high, starts),
        "low": np.minimum.reduceat(bars.low, starts),
        "close": bars.close[ends],
    }
    place = np.floor((starts - LOOKBACK) / per_candle)
    return {
        "place": place,
        **{name: 100 * (values / entry - 1) for name, values in prices.items()},
    }


def _moment(microseconds: int) -> str:
    return f"{from_microseconds(int(microseconds)):%Y-%m-%d %H:%M} UTC"
