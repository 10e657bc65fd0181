"""The realism test: is a row as near to gold as gold rows are to each other, and no nearer?"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from tradegen.data.row import BoolArray, FloatArray
from tradegen.data.rows import Rows
from tradegen.engines.embedded.features import features
from tradegen.streams import Purpose, stream

NEIGHBOURS = 5
MOST_REFERENCES = 2000
"""Gold rows compared with at the most; more would cost time and change nothing."""

_CLIP = 6.0
_FEWEST = 20


@dataclass(frozen=True, slots=True)
class Realism:
    """The result of the test for `n` rows.

    `p_value` is small for rows unlike any in gold, `nearness_p_value` for rows too much like one;
    both have shape `(n,)`. `nearest` is the trade_id of the gold row that each is most like.
    `deviation` says how far each feature is from the row's nearest gold rows, in robust standard
    deviations, shape `(n, n_features)`.
    """

    p_value: FloatArray
    nearness_p_value: FloatArray
    nearest: npt.NDArray[np.str_]
    deviation: FloatArray


class RealismTest:
    """A conformal anomaly test (Vovk, Gammerman and Shafer, 2005; Laxhammar, 2014).

    A row's score is its mean distance to its 5 nearest gold train rows in standardised features.
    Its p-value is the share of gold rows whose own score, taken against the other gold rows, is
    at least as large: a real row unlike none before is rejected at level 0.05 in 5 % of cases.
    A second p-value is the share of gold rows that have another one at least as near as the row has
    its nearest. Gold rows of one symbol whose windows overlap are no evidence of each other and are
    left out, as long as enough others are there.

    No p-value is below `1 / (1 + number of gold rows)`: fewer than 19 gold rows cannot reject
    anything at level 0.05.
    """

    def __init__(self, gold: Rows, seed: int = 0) -> None:
        """Calibrate on gold's train rows."""
        if len(gold) > MOST_REFERENCES:
            rng = stream(seed, 0, Purpose.MODEL)
            gold = gold.select(np.sort(rng.permutation(len(gold))[:MOST_REFERENCES]))
        self._trade_id = gold.trade_id
        raw = features(gold)
        self._centre = np.median(raw, axis=0)
        quartiles = np.quantile(raw, [0.25, 0.75], axis=0)
        spread = (quartiles[1] - quartiles[0]) / 1.349
        self._spread = np.where(spread > 1e-8, spread, np.maximum(raw.std(axis=0), 1e-8))
        self._gold = self._standardise(raw)
        distance = cdist(self._gold, self._gold)
        self._k = min(NEIGHBOURS, max(len(gold) - 1, 1))
        apart = np.where(_overlapping(gold), np.inf, distance)
        judged = np.isfinite(apart).sum(axis=1) >= self._k
        if judged.sum() < min(_FEWEST, len(gold)):
            apart = np.where(np.eye(len(gold), dtype=np.bool_), np.inf, distance)
            judged = np.ones(len(gold), dtype=np.bool_)
        scores, _ = self._nearest(apart[judged])
        self._scores = np.sort(scores)
        self._closest = np.sort(apart[judged].min(axis=1))

    def __call__(self, rows: Rows) -> Realism:
        """Test rows against gold."""
        standard = self._standardise(features(rows))
        distance = cdist(standard, self._gold)
        scores, nearest = self._nearest(distance)
        as_near = np.searchsorted(self._closest, distance.min(axis=1), side="right")
        at_least = len(self._scores) - np.searchsorted(self._scores, scores, side="left")
        typical = self._gold[nearest].mean(axis=1)
        count = 1 + len(self._scores)
        return Realism(
            (1 + at_least) / count,
            (1 + as_near) / count,
            self._trade_id[distance.argmin(axis=1)],
            standard - typical,
        )

    def _standardise(self, raw: FloatArray) -> FloatArray:
        result: FloatArray = np.clip((raw - self._centre) / self._spread, -_CLIP, _CLIP)
        return result

    def _nearest(self, distance: FloatArray) -> tuple[FloatArray, npt.NDArray[np.intp]]:
        nearest = np.argpartition(distance, self._k - 1, axis=1)[:, : self._k]
        chosen = np.sort(np.take_along_axis(distance, nearest, axis=1), axis=1)
        return chosen.mean(axis=1), np.sort(nearest, axis=1)


def _overlapping(rows: Rows) -> BoolArray:
    """Return which pairs of rows share symbol and time, shape `(n, n)`; each row with itself."""
    start, end = rows.window_start, rows.bars.time[rows.exit_bar]
    overlap = (start[:, None] <= end[None, :]) & (start[None, :] <= end[:, None])
    result: BoolArray = overlap & (rows.symbol[:, None] == rows.symbol[None, :])
    return result
