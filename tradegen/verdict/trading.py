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

_RESAMPLES = 300
_NEAR_95 = 3.92


def compare_strategies(
    gold: Side, other: Side, costs: Costs, rng: np.random.Generator
) -> Agreement:
    """Run the same strategies over both and compare them."""
    ours, theirs = (Results(run_strategies(one.rows, costs), one.groups) for one in (gold, other))
    return agreement(ours, theirs, rng, _RESAMPLES)


def measure_trading(compared: Agreement) -> dict[str, Measured]:
    """Return the strategies' rank correlation and the gain of the one that looks most fake.

    The gain is in average true ranges a trade; its error is widened to what the strategy's chance
    is after Benjamini and Hochberg, since it is the most extreme of many.
    """
    from scipy.stats import norm

    told = [one for one in compared.strategies if np.isfinite(one.q_fake)]
    if not told:
        return {RANKS: UNKNOWN, FAKE: UNKNOWN}
    worst = min(told, key=lambda one: one.p_fake)
    gain = worst.units.synthetic.value - worst.units.real.value
    error = float(np.hypot(worst.units.synthetic.error, worst.units.real.error))
    z = float(norm.isf(worst.q_fake))
    if gain > 0 and z > 0:
        error = max(error, gain / z)
    return {RANKS: _measured(compared.rank_correlation), FAKE: Measured(gain, error)}


def _measured(found: Estimate) -> Measured:
    return Measured(found.value, (found.high - found.low) / _NEAR_95)
