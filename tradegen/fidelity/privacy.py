"""Privacy: are synthetic rows nearer to gold rows than other real rows are?"""

import numpy as np

from tradegen.data.row import FloatArray, IntArray
from tradegen.data.rows import Rows
from tradegen.fidelity.features import log_bars
from tradegen.fidelity.space import distances

RUN = 16
RUN_CORRELATION = 0.99
"""Two runs of 16 bars whose 15 returns correlate this much are taken for copies."""

_QUANTILE = 0.01
_CLIP = 3.0
_TINY = 1e-12


def near_distance(real: FloatArray, groups: IntArray) -> float:
    """Return the distance within which only 1 % of real rows have another group's real row.

    `real` are standardised features `(n, k)`. The distance to the closest record (DCR) of a real
    row, its own group aside, is what an unrelated row's would be.
    """
    distance = distances(real, real)
    distance[groups[:, None] == groups[None, :]] = np.inf
    return float(np.quantile(distance.min(axis=1), _QUANTILE))


def too_close(gold: FloatArray, synthetic: FloatArray, near: float) -> float:
    """Return the share of synthetic rows within the distance `near` of a gold row.

    `gold` `(n, k)` and `synthetic` `(m, k)` are standardised features, `near` is what
    `near_distance` gives: unrelated real rows give 0.01, copies 1.
    """
    return float((distances(synthetic, gold).min(axis=1) < near).mean())


def authenticity(gold: FloatArray, synthetic: FloatArray, groups: IntArray) -> float:
    """Return the share of synthetic rows that are no nearer to gold than gold is to itself.

    A row is authentic if the gold row nearest to it has another one, of another of the `groups`
    `(n,)`, that is nearer than the synthetic row (Alaa, van Breugel, Saveliev and van der Schaar,
    2022). Copies give 0; unrelated real rows 0.5 and more, the more features there are: only the
    number of a half of gold says what is right. Standardised features `(n, k)`, `(m, k)`.
    """
    own = distances(gold, gold)
    own[groups[:, None] == groups[None, :]] = np.inf
    across = distances(synthetic, gold)
    nearest = across.argmin(axis=1)
    return float((across.min(axis=1) > own.min(axis=1)[nearest]).mean())


def copied_runs(gold: Rows, synthetic: Rows) -> tuple[float, float]:
    """Return the share of 16-bar runs that repeat one of gold's, and of rows that hold any.

    Runs lie anywhere in a row. Their returns are compared by correlation, so a copy at another
    price level or volatility is found; extremes are cut at three times the row's root mean square,
    so that two runs are not alike only because each has one big jump.
    """
    from scipy.spatial import cKDTree

    theirs, _ = _unit_runs(gold)
    mine, owner = _unit_runs(synthetic)
    reach = np.sqrt(2 * (1 - RUN_CORRELATION))
    distance, _ = cKDTree(theirs).query(mine, distance_upper_bound=reach, workers=-1)
    copied = np.isfinite(np.asarray(distance))
    rows = np.bincount(owner, weights=copied, minlength=len(synthetic)) > 0
    return float(copied.mean()), float(rows.mean())


def membership_attack(members: Rows, outsiders: Rows, synthetic: Rows) -> float:
    """Return the AUC of an attacker who guesses what was trained on by the shape of its window.

    A real row is called a member the more its lookback's returns correlate with those of the most
    similar synthetic row (Chen, Yu, Zhang and Fritz, 2020, "GAN-Leaks"). 0.5 is perfect; what
    drift alone gives must be measured with synthetic rows that saw neither.
    """
    from sklearn.metrics import roc_auc_score

    shown = _unit(log_bars(synthetic).returns)
    alike = [(_unit(log_bars(rows).returns) @ shown.T).max(axis=1) for rows in (members, outsiders)]
    label = np.arange(len(members) + len(outsiders)) < len(members)
    return float(roc_auc_score(label, np.concatenate(alike)))


def _unit_runs(rows: Rows) -> tuple[FloatArray, IntArray]:
    """Return all runs of 15 returns within rows, mean 0 and length 1, and the row of each.

    Shapes `(n_runs, 15)` and `(n_runs,)`. Runs without any move are left out.
    """
    owner = np.repeat(np.arange(len(rows)), rows.n_bars)
    returns = np.diff(np.log(rows.bars.close))
    inside = owner[1:] == owner[:-1]
    count = np.maximum(rows.n_bars - 1, 1)
    squares = np.bincount(owner[1:], weights=np.where(inside, returns, 0) ** 2, minlength=len(rows))
    limit = _CLIP * np.sqrt(squares / count)[owner[1:]]
    runs = np.lib.stride_tricks.sliding_window_view(np.clip(returns, -limit, limit), RUN - 1)
    whole = owner[: len(runs)] == owner[RUN - 1 :]
    centred = runs[whole] - runs[whole].mean(axis=1, keepdims=True)
    length = np.sqrt((centred**2).sum(axis=1))
    moving = length > _TINY
    unit: FloatArray = centred[moving] / length[moving, None]
    return unit, owner[: len(runs)][whole][moving]


def _unit(values: FloatArray) -> FloatArray:
    centred = values - values.mean(axis=1, keepdims=True)
    length = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    result: FloatArray = centred / np.maximum(length, _TINY)
    return result
