"""Side by side: synthetic rows, each beside the gold row nearest to it, as charts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tradegen.data.row import from_microseconds
from tradegen.data.rows import Rows
from tradegen.report.figures.candles import candle_figure, price_range_pct
from tradegen.report.figures.look import GOLD, SYNTHETIC
from tradegen.report.parts.part import Chart, PairShown, Table
from tradegen.report.traits import Traits


@dataclass(frozen=True)
class Seen:
    """A pair as it is shown: rows of length 1, their traits, distance, and why it is shown."""

    synthetic: Rows
    gold: Rows
    traits: tuple[Traits, Traits]
    distance: float
    why: str


def pairs_shown(pairs: Sequence[Seen]) -> list[PairShown]:
    """Return the charts of pairs; both of a pair have one scale."""
    return [_shown(k, pair) for k, pair in enumerate(pairs)]


def _shown(k: int, pair: Seen) -> PairShown:
    ends = [price_range_pct(rows) for rows in (pair.synthetic, pair.gold)]
    reach = min(low for low, _ in ends), max(high for _, high in ends)
    charts = [
        Chart(f"pair-{k}-{name}", candle_figure(rows, colour, reach), _alt(name, rows, traits))
        for name, rows, traits, colour in (
            ("synthetic", pair.synthetic, pair.traits[0], SYNTHETIC),
            ("gold", pair.gold, pair.traits[1], GOLD),
        )
    ]
    columns = [
        _facts(rows, traits)
        for rows, traits in zip((pair.synthetic, pair.gold), pair.traits, strict=True)
    ]
    rows = [(name, columns[0][name], columns[1][name]) for name in columns[0]]
    return PairShown(
        f"{pair.why[0].upper()}{pair.why[1:]}",
        f"distance {pair.distance:.2f}",
        charts[0],
        charts[1],
        Table(("", "synthetic", "nearest gold"), rows),
    )


def _facts(rows: Rows, traits: Traits) -> dict[str, str]:
    return {
        "trade": f"{rows.symbol[0]} · {rows.side[0]} · {rows.interval[0]}",
        "entry": f"{rows.entry_price[0]:,.6g} on {_day(rows.entry_time[0])}",
        "exit": f"{rows.exit_price[0]:,.6g} on {_day(rows.exit_time[0])}",
        "result": f"{traits.result_pct[0]:+.2f} % in {_bars(int(traits.bars_held[0]))}",
        "volatility": _volatility(float(traits.volatility[0])),
    }


def _alt(name: str, rows: Rows, traits: Traits) -> str:
    return (
        f"Candlestick chart of the {name} trade {rows.trade_id[0]}, {rows.symbol[0]} "
        f"{rows.side[0]}: {len(rows.bars)} bars, entry after 64, result "
        f"{traits.result_pct[0]:+.2f} % after {_bars(int(traits.bars_held[0]))}."
    )


def _volatility(fraction: float) -> str:
    return f"{100 * fraction:.0f} % a year before entry" if np.isfinite(fraction) else "not known"


def _bars(count: int) -> str:
    return f"{count:,} bar{'' if count == 1 else 's'}"


def _day(microseconds: Any) -> str:
    return f"{from_microseconds(int(microseconds)):%Y-%m-%d}"
