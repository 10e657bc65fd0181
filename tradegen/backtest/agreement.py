"""Whether strategies fare on synthetic rows as they do on real ones."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from tradegen.backtest.clustered import Measured, mean, sharpe_per_trade, z_of_difference
from tradegen.backtest.resampling import RESAMPLES, UNKNOWN, Estimate, estimate
from tradegen.backtest.strategies import StrategyTrades
from tradegen.data.row import FloatArray, IntArray
from tradegen.fidelity.resampling import dense, groups_resampled

SIGNIFICANT = 0.05
"""Share of false alarms that is accepted among the strategies that are called fake."""

_FEWEST_STRATEGIES = 4


@dataclass(frozen=True, slots=True)
class Compared:
    """A statistic on real and on synthetic rows.

    `z` says by how many standard errors of the difference the synthetic one is higher.
    """

    real: Measured
    synthetic: Measured
    z: float


@dataclass(frozen=True, slots=True)
class StrategyAgreement:
    """How one strategy fared on both.

    `units` is the mean net return of a trade in average true ranges, `net_return` the mean as a
    fraction, `sharpe` the Sharpe ratio of a trade, not annualised. `p_fake` is the chance of a mean
    in units as much better on synthetic rows if there were no difference, `q_fake` the same after
    Benjamini and Hochberg; NaN where there are too few trades on either.
    """

    name: str
    real_trades: int
    synthetic_trades: int
    units: Compared
    net_return: Compared
    sharpe: Compared
    p_fake: float
    q_fake: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """How all strategies fared.

    `rank_correlation` is Spearman's, between the strategies' mean returns in units on real and on
    synthetic rows: near 1 where the same ones are good and bad on both. `fake_alphas` names the
    strategies that look significantly better on synthetic rows.
    """

    strategies: tuple[StrategyAgreement, ...]
    rank_correlation: Estimate
    fake_alphas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """Strategies' trades on a set of rows, and the group of each row, shape `(n,)`.

    Groups are those of `tradegen.fidelity.overlap`: rows that share moments of a market.
    """

    trades: Mapping[str, StrategyTrades]
    groups: IntArray


def agreement(
    real: Results, synthetic: Results, rng: np.random.Generator, resamples: int = RESAMPLES
) -> Agreement:
    """Return how far results of the same strategies on real and on synthetic rows agree.

    A strategy that is significantly better on synthetic rows has found what the market does not
    have: fake alpha, a flaw of the generator that would mislead whoever develops strategies on its
    rows. Returns are compared in units of volatility, since synthetic rows may be more or less
    volatile than real ones, on purpose. Raises KeyError if the strategies are not the same.
    """
    found = [
        _compared(name, trades, real.groups, synthetic.trades[name], synthetic.groups)
        for name, trades in real.trades.items()
    ]
    judged = _with_false_discovery_control(found)
    return Agreement(
        strategies=tuple(judged),
        rank_correlation=_rank_correlation(real, synthetic, judged, rng, resamples),
        fake_alphas=tuple(one.name for one in judged if one.q_fake < SIGNIFICANT),
    )


def _compared(
    name: str,
    real: StrategyTrades,
    real_groups: IntArray,
    synthetic: StrategyTrades,
    synthetic_groups: IntArray,
) -> StrategyAgreement:
    from scipy.stats import norm

    ours, theirs = real_groups[real.row], synthetic_groups[synthetic.row]

    def compared(one: Measured, other: Measured) -> Compared:
        return Compared(one, other, z_of_difference(other, one))

    units = compared(mean(real.net_units, ours), mean(synthetic.net_units, theirs))
    return StrategyAgreement(
        name=name,
        real_trades=len(real.row),
        synthetic_trades=len(synthetic.row),
        units=units,
        net_return=compared(mean(real.net_return, ours), mean(synthetic.net_return, theirs)),
        sharpe=compared(
            sharpe_per_trade(real.net_return, ours),
            sharpe_per_trade(synthetic.net_return, theirs),
        ),
        p_fake=float(norm.sf(units.z)),
        q_fake=float("nan"),
    )


def _with_false_discovery_control(found: list[StrategyAgreement]) -> list[StrategyAgreement]:
    """Return the same with `q_fake` (Benjamini and Hochberg, 1995, JRSS B 57), where told."""
    from scipy.stats import false_discovery_control

    told = [k for k, one in enumerate(found) if np.isfinite(one.p_fake)]
    adjusted = dict.fromkeys(range(len(found)), float("nan"))
    if told:
        q = false_discovery_control([found[k].p_fake for k in told], method="bh")
        adjusted.update(zip(told, np.atleast_1d(q).tolist(), strict=True))
    return [replace(one, q_fake=adjusted[k]) for k, one in enumerate(found)]


def _rank_correlation(
    real: Results,
    synthetic: Results,
    judged: list[StrategyAgreement],
    rng: np.random.Generator,
    resamples: int,
) -> Estimate:
    """Return Spearman's correlation of the strategies that have enough trades on both.

    Its interval is by bootstrap over whole groups of both sets. Resampling adds noise of its own to
    the ranks, so that it lies low; where even the value lies above, the interval ends with that.
    """
    names = [one.name for one in judged if np.isfinite(one.p_fake)]
    if len(names) < _FEWEST_STRATEGIES:
        return UNKNOWN
    every = [_means(one, names, None, 1) for one in (real, synthetic)]
    drawn = [_means(one, names, rng, resamples) for one in (real, synthetic)]
    found = estimate(float(_spearman(every[0], every[1])[0]), _spearman(drawn[0], drawn[1]))
    return replace(found, high=max(found.high, found.value))


def _means(
    results: Results, names: list[str], rng: np.random.Generator | None, resamples: int
) -> FloatArray:
    """Return each strategy's mean return in units, `(resamples, n_names)`; without `rng`, of all.

    NaN where a resample has no trade of a strategy.
    """
    group = dense(results.groups)
    count = int(group.max()) + 1
    taken = np.ones((1, count)) if rng is None else groups_resampled(group, rng, resamples)
    trades = [results.trades[name] for name in names]
    sums = [np.bincount(group[one.row], one.net_units, count) for one in trades]
    counts = [np.bincount(group[one.row], minlength=count) for one in trades]
    top, bottom = taken @ np.column_stack(sums), taken @ np.column_stack(counts)
    return np.where(bottom > 0, top / np.maximum(bottom, 1.0), np.nan)


def _spearman(one: FloatArray, other: FloatArray) -> FloatArray:
    """Return the rank correlation of each row of `(resamples, k)` with the other's, or NaN."""
    from scipy.stats import rankdata

    centred = [
        ranks - ranks.mean(axis=1, keepdims=True)
        for ranks in (rankdata(values, axis=1) for values in (one, other))
    ]
    norm = np.sqrt((centred[0] ** 2).sum(axis=1) * (centred[1] ** 2).sum(axis=1))
    product = (centred[0] * centred[1]).sum(axis=1)
    return np.where(norm > 0, product / np.where(norm > 0, norm, 1.0), np.nan)
