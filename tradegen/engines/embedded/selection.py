"""Selection among a row's candidates: the likelier it is taken for real, the likelier it is kept.

Discriminator rejection sampling (Azadi et al., 2019) with a fixed number of candidates: a
classifier that tells gold rows from simulated ones estimates how much more often a row like this
one is real than simulated, and one of a few candidates is drawn with those odds.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tradegen.data.row import FloatArray, IntArray
from tradegen.data.rows import Rows
from tradegen.engines.embedded.compose import TRADE_DRAWS, Task, compose, path_draws_needed
from tradegen.engines.embedded.correlations import correlation
from tradegen.engines.embedded.donors import Donors
from tradegen.engines.embedded.features import features
from tradegen.streams import Purpose, stream

FEWEST = 60
"""Gold rows below which there is no classifier."""

MOST_TRAINED_ON = 3000
"""Gold rows, and simulated rows, that the classifier learns from at the most."""

_CHUNK = 1000
_WIDER = 1 + 1e-9
_LEAST, _MOST = -3.0, 2.0
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Selection:
    """A classifier of real against simulated rows, or None, and how many rows it chooses from."""

    trees: Any
    candidates: int

    def log_odds(self, rows: Rows) -> FloatArray:
        """Return each row's log odds of being real rather than simulated, shape `(n,)`, bounded."""
        from threadpoolctl import threadpool_limits

        if self.trees is None:
            return np.zeros(len(rows))
        with threadpool_limits(1):
            odds = self.trees.decision_function(traits(rows))
        bounded: FloatArray = np.clip(odds, _LEAST, _MOST)
        return bounded

    @staticmethod
    def choose(log_odds: FloatArray, draw: FloatArray) -> IntArray:
        """Return a candidate for each row; `log_odds` `(n, candidates)`, `draw` uniform, `(n,)`."""
        weights = np.exp(log_odds)
        cumulative = np.cumsum(weights, axis=1)
        beyond = (draw[:, None] * cumulative[:, -1:] > cumulative).sum(axis=1)
        chosen: IntArray = np.minimum(beyond, weights.shape[1] - 1)
        return chosen


NO_SELECTION = Selection(None, 1)
"""One row is written, and kept."""


def learn_selection(donors: Donors, seed: int, candidates: int) -> Selection:
    """Train on gold train rows and on simulated rows of the same volatilities.

    Fewer than 60 gold rows train no classifier, and none is needed where one row is written.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    gold = donors.rows
    if len(gold) < FEWEST or candidates == 1:
        return NO_SELECTION
    if len(gold) > MOST_TRAINED_ON:
        gold = gold.select(np.linspace(0, len(gold) - 1, MOST_TRAINED_ON).astype(np.int64))
    simulated = _simulated(donors, min(max(len(gold), 600), MOST_TRAINED_ON), seed)
    values = np.vstack([traits(gold), traits(simulated)])
    real = np.arange(len(values)) < len(gold)
    trees = HistGradientBoostingClassifier(
        max_iter=50,
        max_depth=4,
        max_bins=64,
        learning_rate=0.12,
        min_samples_leaf=25,
        l2_regularization=5.0,
        class_weight="balanced",
        early_stopping=False,
        random_state=0,
    )
    with threadpool_limits(1):
        return Selection(trees.fit(values, real), candidates)


def _simulated(donors: Donors, n: int, seed: int) -> Rows:
    """Return rows written from random train rows, with two of about their volatility each."""
    rng = stream(seed, 1, Purpose.MODEL)
    order = np.argsort(donors.volatility, kind="stable")
    reach = max(len(order) // 20, 2)
    place = rng.integers(0, len(order), (n, 1)) + rng.integers(-reach, reach + 1, (n, 3))
    seeds = order[np.clip(place, 0, len(order) - 1)]
    low, high = (edge(donors.volatility[seeds], axis=1) for edge in (np.min, np.max))
    high = np.maximum(high * _WIDER, _TINY)  # windows may stand still
    parts = []
    for start in range(0, n, _CHUNK):
        own = slice(start, min(start + _CHUNK, n))
        numbers = np.arange(n)[own]
        free = [frozenset[str]()] * len(numbers)
        task = Task(numbers, seeds[own], low[own], high[own], free)
        path = rng.random((len(task.numbers), path_draws_needed(donors)))
        parts.append(compose(donors, task, path, rng.random((len(path), TRADE_DRAWS))))
    return Rows.concatenate(parts)


def traits(rows: Rows) -> FloatArray:
    """Return what rows are told apart by, shape `(n, n_traits)`: the judge's features and more."""
    bars = rows.bars
    open_, high, low, close = (
        np.log(rows.lookback(column)) for column in (bars.open, bars.high, bars.low, bars.close)
    )
    returns = np.diff(close, axis=1)
    scale = np.maximum(returns.std(axis=1), _TINY)[:, None]
    move, body = returns / scale, (close - open_)[:, 1:] / scale
    gap = (open_[:, 1:] - close[:, :-1]) / scale
    log_range = np.log(np.maximum((high - low)[:, 1:] / scale, 1e-3))
    volume = np.log1p(rows.lookback(bars.volume))[:, 1:]
    size = np.abs(move)
    at = np.arange(len(rows))
    last_ranges = [np.log((high - low)[:, -k:].mean(axis=1) / scale[:, 0] + _TINY) for k in (3, 16)]
    edges = [rows.entry_bar, rows.exit_bar]
    widths = [np.log(bars.high[k] / bars.low[k]) / scale[:, 0] for k in edges]
    level = volume.mean(axis=1)
    heavy = [np.log1p(bars.volume[k]) - level for k in edges]
    top = np.argsort(volume, axis=1)[:, -3:]
    pick = at[:, None], top
    more = [
        (move**3).mean(axis=1),
        correlation(move, move, 2),
        correlation(size, size, 5),
        correlation(move, size, 1),
        correlation(move, size, 2),
        correlation(log_range, log_range, 5),
        correlation(volume, volume, 5),
        correlation(volume, log_range, 0),
        correlation(np.abs(gap), log_range, 0),
        correlation(np.abs(gap), volume, 0),
        correlation(gap, body, 0),
        (np.abs(gap) < _TINY).mean(axis=1),
        gap.var(axis=1),
        np.abs(gap).max(axis=1),
        size.max(axis=1),
        size[pick].mean(axis=1),
        np.abs(gap)[pick].mean(axis=1),
        log_range[pick].mean(axis=1),
        log_range.mean(axis=1),
        volume[:, -16:].mean(axis=1) - level,
        volume[:, -3:].mean(axis=1) - level,
        move.sum(axis=1),
        *last_ranges,
        *widths,
        *heavy,
        np.log(scale[:, 0]),
        level,
        np.log(rows.entry_price),
        rows.long.astype(np.float64),
    ]
    return np.column_stack([features(rows), *more])
