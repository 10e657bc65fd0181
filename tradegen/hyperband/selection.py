"""Selection: is the best of many trials better than the best of many would be by chance?

Every trial made counts, those that Hyperband stopped early too.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from tradegen.data.row import BoolArray, FloatArray
from tradegen.hyperband.bets import BLOCKS, bets, block_sums
from tradegen.hyperband.study import VALIDATION, Found

_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Selection:
    """How far the choice of a trial can be trusted; NaN where that cannot be said.

    `rank_correlation` (Spearman) is that of all trials' skill on the validation rows with their
    skill on later, real ones; `overfitting` the probability of backtest overfitting;
    `deflated_sharpe` how sure the chosen trial's bets are better than the best of so many by luck.
    Rows count as independent, which those that share moments of a market are not quite.
    """

    rank_correlation: float
    overfitting: float
    deflated_sharpe: float


def selection(found: Found, label: BoolArray, later: str) -> Selection:
    """Judge how a study chose by validation rows with labels `(n,)`, in the order of time.

    `later` names the watched set of real rows.
    """
    gains = np.array([one.gains for one in found.tried])
    spread = (label - label.mean()) ** 2
    totals = gains.sum(axis=1) / len(label)
    sharpes = totals / np.sqrt(np.maximum(spread.mean() - totals**2, _TINY))
    chosen = bets(found.scores[VALIDATION], label)
    return Selection(
        _rank_correlation(
            [one.skill(VALIDATION) for one in found.tried],
            [one.skill(later) for one in found.tried],
        ),
        overfitting_probability(gains, block_sums(spread), block_sums(np.ones(len(label)))),
        deflated_sharpe_ratio(chosen, sharpes),
    )


def overfitting_probability(gains: FloatArray, squares: FloatArray, sizes: FloatArray) -> float:
    """Return the probability of backtest overfitting (PBO).

    By combinatorially symmetric cross-validation (Bailey, Borwein, Lopez de Prado and Zhu, 2017,
    Journal of Computational Finance 20): the share of ways to take half of the blocks in which the
    trial with the highest Sharpe ratio there has at most the median one in the others. 0 is best;
    0.5 is what choosing at random gives. `gains` `(n_trials, 10)` are each trial's sums of returns
    by block, `squares` and `sizes` `(10,)` the sums of squared returns, the same for all trials,
    and the numbers of returns. NaN for fewer than two trials, or where a Sharpe ratio is undefined.
    """
    from scipy.stats import rankdata

    if len(gains) < 2 or sizes.min() < 1:
        return float("nan")
    halves = combinations(range(BLOCKS), BLOCKS // 2)
    taken = np.array([np.isin(np.arange(BLOCKS), half) for half in halves], dtype=np.float64)
    inside, outside = (_sharpes(part, gains, squares, sizes) for part in (taken, 1 - taken))
    if not np.isfinite(inside).all() or not np.isfinite(outside).all():
        return float("nan")
    winner = inside.argmax(axis=1)
    rank = rankdata(outside, axis=1)[np.arange(len(taken)), winner] / (len(gains) + 1)
    return float((rank <= 0.5).mean())


def _sharpes(
    taken: FloatArray, gains: FloatArray, squares: FloatArray, sizes: FloatArray
) -> FloatArray:
    """Return each trial's Sharpe ratio a return over the blocks taken, `(n_ways, n_trials)`."""
    n = (taken @ sizes)[:, None]
    mean = taken @ gains.T / n
    variance = ((taken @ squares)[:, None] - n * mean**2) / (n - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        result: FloatArray = mean / np.sqrt(variance)
    return result


def deflated_sharpe_ratio(returns: FloatArray, sharpes: FloatArray) -> float:
    """Return the deflated Sharpe ratio of the best of several trials, a chance from 0 to 1.

    The chance that its true Sharpe ratio is above what the best of as many trials without skill
    would show (Bailey and Lopez de Prado, 2014, Journal of Portfolio Management 40). `returns`
    `(n,)` are its own, `sharpes` `(n_trials,)` the Sharpe ratios a return of all trials. NaN for
    fewer than two trials or four returns, and for returns that do not vary. It is conservative
    where trials truly differ: their spread is taken for luck.
    """
    from scipy.stats import kurtosis, norm, skew

    n, trials = len(returns), len(sharpes)
    deviation = returns.std(ddof=1) if n > 3 else 0.0
    if trials < 2 or deviation < _TINY:
        return float("nan")
    sharpe = returns.mean() / deviation
    luck = (1 - np.euler_gamma) * norm.isf(1 / trials) + np.euler_gamma * norm.isf(
        1 / trials / np.e
    )
    hurdle = sharpes.std(ddof=1) * luck
    asymmetry, tails = skew(returns, bias=False), kurtosis(returns, bias=False) + 3
    variance = 1 - asymmetry * sharpe + (tails - 1) / 4 * sharpe**2
    if variance <= 0:
        return float("nan")
    return float(norm.cdf((sharpe - hurdle) * np.sqrt((n - 1) / variance)))


def _rank_correlation(one: list[float], other: list[float]) -> float:
    from scipy.stats import spearmanr

    if len(one) < 3 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    return float(spearmanr(one, other).statistic)
