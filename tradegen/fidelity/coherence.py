"""Coherence: does what follows the entry go on from what came before it?

A learner is taught on real rows which lookbacks and trades, bars and all, belong together, and
which were dealt to each other at random. How often rows look dealt tells which share of them is:
the probabilistic adjusted count (Bella, Ferri, Hernandez-Orallo and Ramirez-Quintana, 2010,
"Quantification via probability estimators", ICDM). It is right, whatever the learner's own errors
are, where rows are a mixture of true and of dealt ones. What it goes by is mostly how active the
market is, which lasts: sides alone, dealt at random, it hardly sees.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from threadpoolctl import threadpool_limits

from tradegen.data.row import LOOKBACK, FloatArray, IntArray
from tradegen.data.rows import Rows
from tradegen.fidelity.features import excursions, log_bars
from tradegen.fidelity.resampling import dense, resamples
from tradegen.fidelity.transfer import known_at_entry

_FOLDS = 5
_DEALS = 2
_DEALS_JUDGED = 4
_LEAST_APART = 0.1
_SMALLEST_RANGE = 1e-6
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class _Rows:
    """What is known of rows before entry and after it, apart from each other; all `(n, k)`.

    Levels are logs of ranges, volumes, volatilities and values, whose differences between before
    and after say whether these belong together.
    """

    before: FloatArray
    levels_before: FloatArray
    after: FloatArray
    levels_after: FloatArray

    @classmethod
    def of(cls, rows: Rows) -> Self:
        parts = log_bars(rows)
        ranges = np.log(np.maximum(parts.ranges, _SMALLEST_RANGE))
        volatility = np.log(parts.returns.std(axis=1) + _TINY)
        level = (ranges.mean(axis=1), ranges[:, -3:].mean(axis=1))
        volume = (parts.volume.mean(axis=1), parts.volume[:, -3:].mean(axis=1))
        owner = np.repeat(np.arange(len(rows)), rows.n_bars)
        traded = np.arange(len(owner)) - rows.offsets[:-1][owner] >= LOOKBACK
        range_ = np.log(np.maximum(np.log(rows.bars.high / rows.bars.low), _SMALLEST_RANGE))
        volumes = np.log1p(rows.bars.volume)
        bars_held = (rows.n_bars - LOOKBACK).astype(np.float64)

        def mean(values: FloatArray) -> FloatArray:
            result: FloatArray = np.bincount(owner, np.where(traded, values, 0.0)) / bars_held
            return result

        up, down = excursions(rows)
        reach = np.log(up + down + _SMALLEST_RANGE) - 0.5 * np.log(bars_held)
        entry, value = rows.entry_bar, np.log(rows.entry_price * rows.quantity)
        return cls(
            before=known_at_entry(rows),
            levels_before=np.column_stack([*level, level[0], *volume, volume[0], volatility]),
            after=np.column_stack(
                [rows.long, np.log(bars_held), value, np.log(rows.exit_price / rows.entry_price)]
            ),
            levels_after=np.column_stack(
                [
                    *(range_[entry], range_[entry], mean(range_)),
                    *(volumes[entry], volumes[entry], mean(volumes), reach),
                ]
            ),
        )

    def dealt(self, market: IntArray, trade: IntArray) -> FloatArray:
        """Return some rows' markets with other rows' trades, side by side, `(m, k)`."""
        apart = self.levels_after[trade] - self.levels_before[market]
        return np.hstack([self.before[market], self.after[trade], self.levels_after[trade], apart])

    def as_they_are(self) -> FloatArray:
        every = np.arange(len(self.before))
        return self.dealt(every, every)


@dataclass(frozen=True, slots=True)
class Dealt:
    """The share of rows whose trade looks dealt to its lookback, and that in resamples of rows.

    About 0 for real rows, 1 if all were dealt at random; NaN if gold rows look alike either way.
    """

    share: float
    draws: FloatArray


def dealt_at_random(
    gold: Rows,
    other: Rows,
    groups: tuple[IntArray, IntArray],
    rng: np.random.Generator,
    count: int = 200,
) -> Dealt:
    """Return which share of other rows hold a trade that does not go on from its lookback.

    `groups` are those of both, shape `(n,)` and `(m,)`; whole ones are judged by learners that did
    not see them, and drawn, `count` times.
    """
    ours, theirs = _Rows.of(gold), _Rows.of(other)
    number = dense(groups[0])
    fold = (rng.permutation(number.max() + 1) % _FOLDS)[number]
    together, at_random, judged = np.zeros(len(gold)), np.zeros(len(gold)), np.zeros(len(other))
    learner = _learner(int(rng.integers(2**31)))
    found = theirs.as_they_are()
    with threadpool_limits(1):
        for k in range(_FOLDS):
            train, test = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
            deals = [ours.dealt(*_deal(train, number, rng)) for _ in range(_DEALS)]
            label = np.arange(len(train) + sum(map(len, deals))) >= len(train)
            learner.fit(np.vstack([ours.dealt(train, train), *deals]), label)
            together[test] = _odds(learner, ours.dealt(test, test))
            for _ in range(_DEALS_JUDGED):
                market, trade = _deal(test, number, rng)
                at_random[market] += _odds(learner, ours.dealt(market, trade)) / _DEALS_JUDGED
            judged += _odds(learner, found) / _FOLDS
    least, apart = together.mean(), at_random.mean() - together.mean()
    if apart < _LEAST_APART:
        return Dealt(float("nan"), np.full(count, np.nan))
    share = (judged.mean() - least) / apart
    of_gold, of_other = (resamples(len(of), of, rng, count) for of in groups)
    # what the share is missed by in a resample, as if `apart` were exact (the delta method)
    missed = _means(of_other, judged) - _means(of_gold, (1 - share) * together + share * at_random)
    return Dealt(float(share), share + missed / apart)


def _deal(rows: IntArray, groups: IntArray, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Return the rows, and for each a row of another group, as far as groups are small enough.

    Rows in the random order of their groups are rotated by more than the largest group.
    """
    order = rng.permutation(int(groups.max()) + 1)[groups[rows]]
    around = rows[np.lexsort((rng.random(len(rows)), order))]
    largest = int(np.bincount(groups[rows]).max())
    shift = int(rng.integers(largest, max(len(rows) - largest, largest) + 1))
    return around, np.roll(around, shift)


def _means(weights: FloatArray, values: FloatArray) -> FloatArray:
    result: FloatArray = weights @ values / weights.sum(axis=1)
    return result


def _odds(learner: Any, values: FloatArray) -> FloatArray:
    result: FloatArray = learner.predict_proba(values)[:, 1]
    return result


def _learner(seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=60,
        max_bins=63,
        max_leaf_nodes=12,
        learning_rate=0.1,
        min_samples_leaf=20,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=seed,
    )
