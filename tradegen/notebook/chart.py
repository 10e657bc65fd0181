"""One trade as a small chart in SVG: closes within their ranges, entry and exit marked."""

from html import escape

import numpy as np

from tradegen.data.row import LOOKBACK, FloatArray, Row
from tradegen.notebook.markup import BAD, GOOD

_WIDTH, _HEIGHT, _EDGE = 220.0, 44.0, 4.0
_DOT = 3.0


def chart(row: Row) -> str:
    """Return the chart of a row: the lookback in grey, the trade in green if it won, else red.

    Time goes from left to right, one bar a step; the price scale is that of the row's own bars.
    An upright line stands at the entry bar, dots where entry and exit were filled.
    """
    won = (row.exit_price - row.entry_price) * (1 if row.side == "long" else -1) > 0
    colour = GOOD if won else BAD
    x, y = _scales(row)
    highs, lows, closes = y(row.bars.high), y(row.bars.low), y(row.bars.close)
    entry, leave = float(x[LOOKBACK]), float(x[-1])
    fills = y(np.array([row.entry_price, row.exit_price]))
    ranges = "".join(
        f"M{at:.1f} {low:.1f}V{high:.1f}" for at, low, high in zip(x, lows, highs, strict=True)
    )
    named = escape(f"{row.symbol} {row.side}: {'won' if won else 'not won'}")
    return (
        f'<svg role="img" width="{_WIDTH:g}" height="{_HEIGHT:g}" '
        f'viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" fill="none"><title>{named}</title>'
        f'<path d="{ranges}" stroke="currentColor" stroke-opacity=".25"/>'
        f'<path d="M{entry:.1f} 0V{_HEIGHT:g}" stroke="currentColor" stroke-opacity=".5" '
        'stroke-dasharray="2 2"/>'
        f'<polyline points="{_points(x[: LOOKBACK + 1], closes[: LOOKBACK + 1])}" '
        'stroke="currentColor" stroke-opacity=".7"/>'
        f'<polyline points="{_points(x[LOOKBACK:], closes[LOOKBACK:])}" stroke="{colour}" '
        'stroke-width="1.6"/>'
        f'<circle class="entry" cx="{entry:.1f}" cy="{fills[0]:.1f}" r="{_DOT:g}" '
        f'stroke="{colour}" stroke-width="1.5"/>'
        f'<circle class="exit" cx="{leave:.1f}" cy="{fills[1]:.1f}" r="{_DOT:g}" '
        f'fill="{colour}"/></svg>'
    )


class _Prices:
    """The price scale: the row's own range, from the bottom of the chart to its top."""

    def __init__(self, row: Row) -> None:
        self._low = float(row.bars.low.min())
        self._span = float(row.bars.high.max()) - self._low or 1.0

    def __call__(self, prices: FloatArray) -> FloatArray:
        share: FloatArray = (prices - self._low) / self._span
        return _HEIGHT - _EDGE - share * (_HEIGHT - 2 * _EDGE)


def _scales(row: Row) -> tuple[FloatArray, _Prices]:
    """Return where each bar stands, shape `(n_bars,)`, and the price scale."""
    return np.linspace(_EDGE, _WIDTH - _EDGE, len(row.bars)), _Prices(row)


def _points(x: FloatArray, y: FloatArray) -> str:
    return " ".join(f"{across:.1f},{down:.1f}" for across, down in zip(x, y, strict=True))
