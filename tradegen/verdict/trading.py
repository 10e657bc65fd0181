"""Trading: do plain strategies fare on synthetic rows as they do on real ones?"""

import numpy as np

from tradegen.backtest.agreement import Agreement, Results, agreement
from tradegen.backtest.clustered import UNKNOWN, Measured
from tradegen.backtest.costs import Costs
from tradegen.backtest.resampling import Estimate
from tradegen.backtest.strategies import run_strategies
from tradegen.verdict.sides import Side

RANKS = "strategies rank alike"
FAKE = "strategies better than in gold"

MATERIAL = 0.25
"""Gain in average true ranges a trade from which on a strategy that is no good would look good."""

_RESAMPLES = 300
_NEAR_95 = 3.92
_TINY = 1e-9


def compare_strategies(
    gold: Side, other: Side, costs: Costs, rng: np.random.Generator
) -> Agreement:
    """Run the same strategies over both and compare them."""
    ours, theirs = (Results(run_strategies(one.rows, costs), one.groups) for one in (gold, other))
    return agreement(ours, theirs, rng, _RESAMPLES)


def measure_trading(compared: Agreement) -> dict[str, Measured]:
    """Return the strategies' rank correlation and the gain of the one that looks most fake.

    The gain is in average true ranges a trade, of the strategy that most surely gains more than
    `MATERIAL`.
    """
    gains = [
        Measured(
            one.units.synthetic.value - one.units.real.value,
            float(np.hypot(one.units.synthetic.error, one.units.real.error)),
        )
        for one in compared.strategies
        if np.isfinite(one.p_fake)
    ]
    if not gains:
        return {RANKS: UNKNOWN, FAKE: UNKNOWN}
    worst = max(gains, key=lambda gain: (gain.value - MATERIAL) / max(gain.error, _TINY))
    return {RANKS: _measured(compared.rank_correlation), FAKE: worst}


def _measured(found: Estimate) -> Measured:
    return Measured(found.value, (found.high - found.low) / _NEAR_95)
