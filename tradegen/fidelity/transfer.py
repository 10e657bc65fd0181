"""Transfer: do models trained on synthetic rows hold on real ones?

Train on synthetic, test on real against train on real, test on real (TSTR and TRTR; Esteban,
Hyland and Raetsch, 2017, "Real-valued (medical) time series generation with recurrent conditional
GANs"). Both are tested on the same real rows, which neither saw, best on the later holdout.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from tradegen.data.row import LOOKBACK, BoolArray, FloatArray
from tradegen.data.rows import Rows
from tradegen.fidelity.features import bar_features, log_bars, trade_features

_KNOWN_AT_ENTRY = (
    "log interval",
    "hour, sine",
    "hour, cosine",
    "weekday",
    "place in 10 bars",
    "place in 63 bars",
    "range before entry",
    "volume before entry",
)
_EXIT_REASON = "exit_reason"
_FEWEST = 20
_LEAST_SKILL = 0.1
_STANDARD_ERRORS = 2.0


@dataclass(frozen=True, slots=True)
class Transfer:
    """Skill (2 AUC - 1) on one target, trained on real and trained on synthetic rows.

    `error` is the standard error of the skill of a model without any, from the number of test
    rows (Hanley and McNeil, 1982, under no skill).
    """

    target: str
    real_skill: float
    synthetic_skill: float
    error: float

    @property
    def has_signal(self) -> bool:
        """Whether real-trained models find something that could be learned."""
        return self.real_skill > max(_STANDARD_ERRORS * self.error, _LEAST_SKILL)

    @property
    def ratio(self) -> float:
        """Synthetic-trained skill over real-trained skill."""
        return self.synthetic_skill / self.real_skill


def transfers(real: Rows, synthetic: Rows, test: Rows, seed: int) -> list[Transfer]:
    """Return the skills on every target that both classes of all three sets are there for.

    Features are those known when the entry bar opens; targets: the side, and whether the trade
    wins, is held long, is large, and whether range and volume of the entry bar and the moves of the
    trade are above what is usual for the row, and how it ends. "Long" and "large" are against the
    real median.
    """
    from sklearn.metrics import roc_auc_score

    inputs = [known_at_entry(rows) for rows in (real, synthetic, test)]
    found = []
    for name, labels in targets(real, synthetic, test).items():
        if min(min(label.sum(), (~label).sum()) for label in labels) < _FEWEST:
            continue
        skills = [
            2 * float(roc_auc_score(labels[2], _predict(inputs[k], labels[k], inputs[2], seed))) - 1
            for k in (0, 1)
        ]
        positives, negatives = int(labels[2].sum()), int((~labels[2]).sum())
        variance = (positives + negatives + 1) / (12 * positives * negatives)
        found.append(Transfer(name, skills[0], skills[1], 2 * float(np.sqrt(variance))))
    return found


def transfer_ratio(found: list[Transfer]) -> float:
    """Return the synthetic-trained over the real-trained skill, summed over targets with signal.

    NaN where no target has any.
    """
    told = [one for one in found if one.has_signal]
    if not told:
        return float("nan")
    return sum(one.synthetic_skill for one in told) / sum(one.real_skill for one in told)


def known_at_entry(rows: Rows) -> FloatArray:
    """Return features that use only bars before the entry bar, and when it opens, `(n, k)`.

    The price is that of the last close: the entry price lies somewhere in the entry bar, and so
    would tell where that goes.
    """
    bars, trade = bar_features(rows), trade_features(rows)
    chosen = [trade.values[:, trade.names.index(name)] for name in _KNOWN_AT_ENTRY]
    returns = log_bars(rows).returns
    scale = np.maximum(returns.std(axis=1), 1e-9)
    moves = [returns[:, -k:].sum(axis=1) / scale for k in (1, 3, 10, 27)]
    level = np.log(rows.lookback(rows.bars.close)[:, -1])
    return np.column_stack([bars.values, *chosen, level, *moves])


def targets(*sets: Rows) -> dict[str, list[BoolArray]]:
    """Return what a model may be asked to foretell at entry: by name, `(n,)` for each of the sets.

    What "long" and "large" mean is taken from the first set, which should be real. Where all sets
    have an own column `exit_reason`, its most frequent value there may be foretold too.
    """
    held = [(rows.n_bars - LOOKBACK).astype(np.float64) for rows in sets]
    value = [rows.entry_price * rows.quantity for rows in sets]
    return {
        "side": [rows.long for rows in sets],
        "wins": [_wins(rows) for rows in sets],
        "held long": [one > np.median(held[0]) for one in held],
        "large": [one > np.median(value[0]) for one in value],
        "wide entry bar": [_wide(rows) for rows in sets],
        "heavy entry bar": [_heavy(rows) for rows in sets],
        "large move": [_moves_far(rows) for rows in sets],
        **_exits(sets),
    }


def _exits(sets: Sequence[Rows]) -> dict[str, list[BoolArray]]:
    reasons = [rows.extras.get(_EXIT_REASON) for rows in sets]
    told = [[value for value in each if value is not None] for each in reasons if each is not None]
    if len(told) < len(sets) or not told[0]:
        return {}
    ((most, _),) = Counter(told[0]).most_common(1)
    return {
        f"exits by {most}": [
            np.array([value == most for value in each], dtype=np.bool_)
            for each in reasons
            if each is not None
        ]
    }


def _wins(rows: Rows) -> BoolArray:
    direction = np.where(rows.long, 1.0, -1.0)
    won: BoolArray = direction * (rows.exit_price - rows.entry_price) > 0
    return won


def _wide(rows: Rows) -> BoolArray:
    ranges = np.log(rows.bars.high / rows.bars.low)
    wide: BoolArray = ranges[rows.entry_bar] > np.median(rows.lookback(ranges), axis=1)
    return wide


def _heavy(rows: Rows) -> BoolArray:
    volume = rows.bars.volume
    return volume[rows.entry_bar] > np.median(rows.lookback(volume), axis=1)


def _moves_far(rows: Rows) -> BoolArray:
    """Return whether the trade's move a root of time is above two thirds of the lookback's."""
    scale = log_bars(rows).returns.std(axis=1) * np.sqrt(rows.n_bars - LOOKBACK)
    result: BoolArray = np.abs(np.log(rows.exit_price / rows.entry_price)) > 0.67 * scale
    return result


def _predict(inputs: FloatArray, label: BoolArray, test: FloatArray, seed: int) -> FloatArray:
    from sklearn.ensemble import HistGradientBoostingClassifier

    learner = HistGradientBoostingClassifier(
        max_iter=60,
        max_bins=64,
        max_depth=3,
        learning_rate=0.08,
        min_samples_leaf=20,
        l2_regularization=2.0,
        random_state=seed,
    )
    with threadpool_limits(1):
        result: FloatArray = learner.fit(inputs, label).decision_function(test)
    return result
