"""Plain strategies, traded on the bars of each row."""

from collections.abc import Callable
from dataclasses import dataclass

from tradegen.backtest import signals
from tradegen.backtest.costs import Costs, cost_share
from tradegen.backtest.fills import Exits, Positions, carry_out
from tradegen.backtest.histories import Histories
from tradegen.backtest.signals import SignalArray
from tradegen.data.row import FloatArray, IntArray
from tradegen.data.rows import Rows

_PARTICIPATION = 0.01


@dataclass(frozen=True, slots=True)
class Strategy:
    """A signal and the way out of what it led into."""

    name: str
    signal: Callable[[Histories], SignalArray]
    exits: Exits


_WITH = Exits(stop=2.0, target=4.0, bars=20)
_AGAINST = Exits(stop=2.0, target=2.0, bars=10)

STRATEGIES = (
    Strategy("always long", signals.always_long, Exits(stop=3.0, target=3.0, bars=10)),
    Strategy("momentum", signals.momentum, _WITH),
    Strategy("reversal", signals.reversal, _AGAINST),
    Strategy("breakout", signals.breakout, _WITH),
    Strategy("failed breakout", signals.failed_breakout, _AGAINST),
    Strategy("moving-average cross", signals.average_cross, _WITH),
    Strategy("RSI reversal", signals.rsi_reversal, _AGAINST),
    Strategy("Bollinger reversal", signals.bollinger_reversal, _AGAINST),
    Strategy("squeeze", signals.squeeze, _WITH),
    Strategy("wide range", signals.wide_range, _WITH),
    Strategy("heavy volume", signals.heavy_volume, _WITH),
    Strategy("quiet pullback", signals.quiet_pullback, _WITH),
    Strategy("gap fade", signals.gap_fade, Exits(stop=1.5, target=1.5, bars=5)),
    Strategy("inside bar", signals.inside_bar, _WITH),
    Strategy("engulfing", signals.engulfing, _AGAINST),
    Strategy("three in a row", signals.three_in_a_row, _AGAINST),
)
"""Trends are given twice as far to run as to fail, and time; what returns returns soon or not."""


@dataclass(frozen=True, slots=True)
class StrategyTrades:
    """A strategy's `k` trades on rows, and what each returned after costs, shape `(k,)`."""

    positions: Positions
    net_return: FloatArray

    @property
    def row(self) -> IntArray:
        """Number of the row that each trade was made on, shape `(k,)`."""
        return self.positions.row

    @property
    def gross_return(self) -> FloatArray:
        """Return of each trade before costs, as a fraction of its value at entry, shape `(k,)`."""
        held = self.positions
        return held.side * (held.exit_price / held.entry_price - 1)

    @property
    def net_units(self) -> FloatArray:
        """Net return of each trade in average true ranges at its signal, shape `(k,)`."""
        return self.net_return * self.positions.entry_price / self.positions.unit


def run_strategies(
    rows: Rows, costs: Costs, strategies: tuple[Strategy, ...] = STRATEGIES
) -> dict[str, StrategyTrades]:
    """Return each strategy's trades on the bars of rows, by its name.

    Each row is a market of its own, from its first lookback bar through its exit bar (but no more
    than `HORIZON` bars); what the row's trader did in it plays no part. Every fill is taken to be
    1 % of its bar's volume (all of it, where there is none): volumes of different markets compare,
    quantities do not.
    """
    bars = Histories.of(rows)
    unit = signals.average_true_range(bars)
    return {one.name: _run(one, bars, unit, costs) for one in strategies}


def _run(strategy: Strategy, bars: Histories, unit: FloatArray, costs: Costs) -> StrategyTrades:
    held = carry_out(bars, strategy.signal(bars), unit, strategy.exits)
    entry_cost, exit_cost = (
        cost_share(costs, price, _PARTICIPATION * volume, volume)
        for price, volume in (
            (held.entry_price, bars.volume[held.row, held.entry_at]),
            (held.exit_price, bars.volume[held.row, held.exit_at]),
        )
    )
    growth = held.exit_price / held.entry_price
    net = held.side * (growth - 1) - entry_cost - growth * exit_cost
    return StrategyTrades(held, net)
