"""Ten synthetic trades and ten real ones as candlestick charts that only the key tells apart.

    python -m benchmarks.charts [--gold equity] [--out charts.png] [--seed 0]

A test for the eye: the charts are numbered 1 to 20 in random order, and the numbers of the
synthetic ones go to a file of their own (`charts.key.txt`), to be opened after guessing. All are
drawn alike. Prices are in per cent of the entry price and volumes in units of the lookback's mean;
symbols and dates are not shown, for a level or a date would give a row away. Gold is read from the
folder that TRADEGEN_GOLD_DIR names; the rows are made as `benchmarks.quality` makes them.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.compared import GOLD, compare
from tradegen.data.row import LOOKBACK, Row
from tradegen.data.rows import Rows

_OF_EACH = 10
_MADE = 200
"""Rows to make, of which ten are drawn at random: the first few of a run are not a fair sample."""

_COLUMNS = 4
_RISING, _FALLING, _TRADE = "#26856c", "#c0483b", "#1f4fa8"
_WIDTH = 0.7


def draw(real: Rows, synthetic: Rows, out: Path, rng: np.random.Generator) -> Path:
    """Draw ten random rows of each in random order to `out`; return the file of the key."""
    chosen = [
        rows.select(rng.choice(len(rows), _OF_EACH, replace=False)) for rows in (real, synthetic)
    ]
    order = rng.permutation(2 * _OF_EACH)
    shown = Rows.concatenate(chosen).select(order)
    _figure([shown.row(i) for i in range(len(shown))]).savefig(out)
    numbers = [number for number, i in enumerate(order.tolist(), 1) if i >= _OF_EACH]
    key = out.with_suffix(".key.txt")
    key.write_text("synthetic: " + " ".join(map(str, numbers)) + "\n", encoding="utf-8")
    return key


def _figure(rows: Sequence[Row]) -> Figure:
    """Return one chart a row, numbered from 1."""
    lines = -(-len(rows) // _COLUMNS)
    figure = Figure(figsize=(6 * _COLUMNS, 3.6 * lines), dpi=80, layout="constrained")
    grid = figure.add_gridspec(lines, _COLUMNS)
    for number, row in enumerate(rows, 1):
        place = grid[divmod(number - 1, _COLUMNS)].subgridspec(2, 1, height_ratios=(4, 1), hspace=0)
        price = figure.add_subplot(place[0])
        _draw_prices(price, row)
        price.set_title(f"{number}   {row.side}", loc="left", fontweight="bold")
        _draw_volumes(figure.add_subplot(place[1], sharex=price), row)
    return figure


def _draw_prices(axes: Axes, row: Row) -> None:
    """Draw candles in per cent of the entry price, the trade and its two fills."""
    open_, high, low, close = (
        100 * (price / row.entry_price - 1)
        for price in (row.bars.open, row.bars.high, row.bars.low, row.bars.close)
    )
    at = np.arange(len(row.bars))
    colours = _colours(row)
    axes.vlines(at, low, high, colors=colours, linewidth=0.8)
    # The edge is drawn so that a bar that closes where it opened is seen as a line.
    axes.bar(at, close - open_, _WIDTH, open_, color=colours, edgecolor=colours, linewidth=0.8)
    last = len(row.bars) - 1
    result = 100 * (row.exit_price / row.entry_price - 1)
    axes.axvspan(LOOKBACK - 0.5, last + 0.5, color=_TRADE, alpha=0.08, linewidth=0)
    axes.plot([LOOKBACK, last], [0, result], color=_TRADE, linewidth=1, linestyle=":")
    entered, left = ("^", "v") if row.side == "long" else ("v", "^")
    for bar, price, marker in ((LOOKBACK, 0.0, entered), (last, result, left)):
        axes.scatter([bar], [price], s=80, c=_TRADE, marker=marker, edgecolors="white", zorder=3)
    axes.set_ylabel("% of entry")
    axes.tick_params(labelbottom=False)
    axes.grid(alpha=0.3)


def _draw_volumes(axes: Axes, row: Row) -> None:
    level = row.bars.volume[:LOOKBACK].mean() or 1.0
    axes.bar(np.arange(len(row.bars)), row.bars.volume / level, _WIDTH, color=_colours(row))
    axes.set_yticks([])


def _colours(row: Row) -> list[str]:
    rising = (row.bars.close >= row.bars.open).tolist()
    return [_RISING if up else _FALLING for up in rising]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gold", choices=list(GOLD), default="equity")
    parser.add_argument("--out", type=Path, default=Path("charts.png"))
    parser.add_argument("--seed", type=int, default=0)
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the picture and its key."""
    asked = _parser().parse_args(arguments)
    made = compare(asked.gold, "embedded", asked.seed, _MADE)
    key = draw(made.real, made.synthetic, asked.out, np.random.default_rng(asked.seed))
    print(f"{asked.out}: guess first, then open {key}")


if __name__ == "__main__":
    main()
