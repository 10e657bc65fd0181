"""New bars: the blended activity of three seeds' markets, filled with shapes of real bars."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from tradegen.data.row import LOOKBACK, BoolArray, FloatArray, IntArray
from tradegen.engines.embedded.activity import Activity, Blend, blend
from tradegen.engines.embedded.neighbours import NEAREST
from tradegen.engines.embedded.shapes import (
    Keys,
    Shapes,
    Situation,
    distance,
    mean_ahead,
    own_key,
    shape_terms,
    sums_before,
)
from tradegen.engines.embedded.windows import SEEN, place_within

CANDIDATES = 12
"""Bars that are compared, by what was expected of them, for each new gap and each new shape."""

_SEEDS = 3
_NEARBY = 6
_PRIMARY_SHARE = 0.4
_SPREAD_JITTER = 0.12
_SIGN_STRETCH = 1.5
"""Expected signs are stretched before they are matched: with few candidates a match is loose, and
loose matches draw what comes out towards the mean."""

_STRETCHED = np.array([1.0, _SIGN_STRETCH, 1.0])[:, None]
_STRIDE = 29
_STEPS = np.arange(CANDIDATES)
_RANKS_AWAY = 2
_PLACES_AWAY, _PLACES_AWAY_LATER = 3, 4
_SHARP = 3
_START_DRAWS = 12
_BAR_DRAWS = 3
_FARTHEST_LOG = 100.0
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Moves:
    """Log moves of simulated bars, each of shape `(n, n_bars)`; `volume` is the log volume.

    The first bar has no gap. Moves are not scaled to any volatility yet.
    """

    gap: FloatArray
    body: FloatArray
    upper: FloatArray
    lower: FloatArray
    volume: FloatArray

    @property
    def returns(self) -> FloatArray:
        """Close-to-close log returns, shape `(n, n_bars)`."""
        return self.gap + self.body


@dataclass(frozen=True, slots=True)
class BarModel:
    """What new bars are made from; `neighbours`, `(n_train, 2, 12)`, are the windows of a seed."""

    activity: Activity
    shapes: Shapes
    neighbours: IntArray


@dataclass(frozen=True, slots=True)
class Start:
    """What a new path starts from: its seeds, `(n, 3)`, its side, `(n,)`, its bars' places.

    Seeds are train indices, of which only those marked in `kin`, `(n, 3)`, are drawn on; the first
    always is. `place`, `(n, n_bars)`, numbers the bars' places in their day or session.
    """

    seeds: IntArray
    kin: BoolArray
    long: BoolArray
    place: IntArray


def draws_needed(n_bars: int) -> int:
    """Return how many uniform draws a path of `n_bars` takes."""
    return _START_DRAWS + _BAR_DRAWS * n_bars


def simulate(model: BarModel, start: Start, draws: FloatArray) -> Moves:
    """Simulate bars for each row from the markets of its seeds.

    How wide and how heavily traded bars are comes from a blend of three windows, one near each
    seed; see `activity.blend`. Then, bar after bar, a gap and a shape are taken from bars of the
    seeds' nearest windows of which the same was to be expected; see `shapes`. Half of the bars
    that a shape is taken from lie at about the same distance from their entry, from the last bar
    before it on all do, so that markets move before and after an entry as they do in gold.

    `draws` are uniform, of shape `(n, draws_needed(n_bars))`.
    """
    seeds = np.where(start.kin, start.seeds, start.seeds[:, :1])
    windows = model.neighbours[seeds, start.long.astype(np.int64)[:, None]]
    first = draws[:, :_START_DRAWS]
    sources, weights = _sources(windows, first)
    jitter = ndtri(np.clip(first[:, 9:], 1e-9, 1 - 1e-9))
    jitter = np.exp(_SPREAD_JITTER * jitter)
    blended = blend(model.activity, sources, weights, jitter, start.place)
    n_bars = start.place.shape[1]
    each = draws[:, _START_DRAWS : draws_needed(n_bars)].reshape(len(draws), n_bars, _BAR_DRAWS)
    gap, parts = _fill(model, windows, blended, start.long, each)
    width = np.exp(blended.range)
    return Moves(
        gap=gap,
        body=parts[0] * width,
        upper=parts[1] * width,
        lower=parts[2] * width,
        volume=blended.volume - blended.volume[:, :LOOKBACK].mean(axis=1, keepdims=True),
    )


def _sources(windows: IntArray, draws: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return the three windows to be blended, `(n, 3)`, and their weights, which sum to 1.

    Each is one of the 6 nearest of a seed. Weights are drawn from a Dirichlet distribution, with a
    share set aside for the first.
    """
    which = (draws[:, :_SEEDS] * _NEARBY).astype(np.int64)
    sources = np.take_along_axis(windows, which[:, :, None], axis=2)[:, :, 0]
    gammas = -np.log(np.maximum(draws[:, 3:6] * draws[:, 6:9], _TINY))  # of shape 2
    shares = gammas / gammas.sum(axis=1, keepdims=True)
    weights = (1 - _PRIMARY_SHARE) * shares
    weights[:, 0] += _PRIMARY_SHARE
    return sources, weights


def _fill(
    model: BarModel, windows: IntArray, blended: Blend, long: BoolArray, draws: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return gaps, `(n, n_bars)`, and body, upper and lower by range, `(3, n, n_bars)`."""
    shapes = model.shapes
    n, n_bars = blended.range.shape
    pool = windows.transpose(0, 2, 1).reshape(n, NEAREST * _SEEDS)
    score, volume, gap_score = blended.range_score, blended.volume_score, blended.gap_score
    width = np.exp(blended.range)
    side = np.where(long, 1.0, -1.0)
    near, held = distance(np.arange(n_bars))
    ahead, rank = mean_ahead(score), _rank(score)
    gap, cumulative = np.zeros((n, n_bars)), np.zeros((n, n_bars))
    parts = np.zeros((3, n, n_bars))
    last = gap_before = nothing = np.zeros(n)
    for t in range(n_bars):
        short, longer = sums_before(cumulative, t)
        situation = Situation(
            range=score[:, t],
            before=score[:, t - 1] if t else nothing,
            after=score[:, min(t + 1, n_bars - 1)],
            ahead=ahead[:, t],
            volume=volume[:, t],
            volume_before=volume[:, t - 1] if t else nothing,
            gap_size=gap_score[:, t],
            last=last,
            short=short,
            long=longer,
            gap_before=gap_before,
            near=near[t] * side,
            held=held[t] * side,
        )
        candidates = _Candidates(model, pool, t, draws[:, t])
        there = candidates.by_place(rank[:, t])
        terms = situation.terms()
        if t:
            key = np.concatenate(
                [_SIGN_STRETCH * shapes.expect_gap(terms), own_key(gap_score[:, t])]
            )
            chosen = _most_alike(shapes.gap_keys, there, key)
            gap[:, t] = shapes.gap_sign[chosen] * blended.gap[:, t]
        gap_before = gap[:, t]
        key = _STRETCHED * shapes.expect_parts(shape_terms(situation, terms, gap_before))
        key = np.concatenate([key, own_key(score[:, t])])
        if t < LOOKBACK - 1:
            half = CANDIDATES // 2
            alike = candidates.by_rank(rank[:, t])
            there = np.concatenate([alike[:, :half], there[:, half:]], axis=1)
        chosen = _most_alike(shapes.part_keys, there, key)
        parts[:, :, t] = shapes.parts[chosen].T
        last = gap[:, t] + parts[0, :, t] * width[:, t]
        cumulative[:, t] = (cumulative[:, t - 1] if t else 0.0) + last
    return gap, parts


class _Candidates:
    """The bars that the next bar may be like: one of each of some windows near the seeds."""

    def __init__(self, model: BarModel, pool: IntArray, t: int, draws: FloatArray) -> None:
        self._model = model
        self._t = t
        self._pool = pool
        self._draws = draws
        self._away = (draws[:, 2, None] * 2520).astype(np.int64) + 2 * _STEPS

    def by_rank(self, rank: IntArray) -> IntArray:
        """Return bars whose range ranks about as high in their own window, flat.

        `rank` is that of the new bar among the first 65 of its own row, shape `(n,)`; the result
        has shape `(n, CANDIDATES)`.
        """
        return self._ranked(self._windows(0), rank)

    def by_place(self, rank: IntArray) -> IntArray:
        """Return bars about as far before or after their entry, `(n, CANDIDATES)`, flat.

        After entry only trades that are still open at that bar count: bars of all ages at which a
        trade may end, its last one among them, would make markets drift as closed trades did. In
        place of windows that ended earlier stand their bars before entry; see `by_rank`.
        """
        t = place_within(self._t, self._model.shapes.width)
        window = self._windows(1)
        last = self._model.activity.length[window] - 1
        if t < LOOKBACK:
            reach = _PLACES_AWAY if t < LOOKBACK - _SHARP else 1
            place = np.clip(t + self._offset(reach), 1, LOOKBACK - 1)
        elif t == LOOKBACK:
            place = np.full(window.shape, t)
        else:
            reach = min(t - SEEN, _PLACES_AWAY_LATER)
            place = t + self._offset(reach)
        there: IntArray = window * self._model.shapes.width + np.minimum(place, last)
        return np.where(place <= last, there, self._ranked(window, rank))

    def _windows(self, draw: int) -> IntArray:
        """Return windows of the pool that one of the bar's draws picks, `(n, CANDIDATES)`."""
        size = self._pool.shape[1]
        first = (self._draws[:, draw, None] * size).astype(np.int64)
        return np.take_along_axis(self._pool, (first + _STRIDE * _STEPS) % size, axis=1)

    def _ranked(self, window: IntArray, rank: IntArray) -> IntArray:
        away = self._offset(_RANKS_AWAY)
        near = np.clip(rank[:, None] + away, 1, SEEN - 1)
        shapes = self._model.shapes
        found: IntArray = window * shapes.width + shapes.by_range[window, near]
        return found

    def _offset(self, reach: int) -> IntArray:
        return self._away % (2 * reach + 1) - reach


def _most_alike(keys: Keys, candidates: IntArray, wanted: FloatArray) -> IntArray:
    """Return each row's candidate whose keys are nearest to those wanted, shape `(n,)`.

    `candidates` has shape `(n, CANDIDATES)`, `wanted` `(n_keys, n)`.
    """
    apart = np.zeros(candidates.shape, dtype=np.float32)
    for key, one in zip(keys, wanted.astype(np.float32), strict=True):
        apart += (key[candidates] - one[:, None]) ** 2
    chosen: IntArray = candidates[np.arange(len(candidates)), apart.argmin(axis=1)]
    return chosen


def _rank(values: FloatArray) -> IntArray:
    """Return each bar's rank among the first 65 bars of its row, shape `(n, n_bars)`."""
    columns = [(values[:, :SEEN] < values[:, [t]]).sum(axis=1) for t in range(values.shape[1])]
    return np.stack(columns, axis=1)


def scale_to(moves: Moves, volatility: FloatArray) -> Moves:
    """Return moves whose lookback has the given volatility per bar, shape `(n,)`."""
    current = moves.returns[:, 1:LOOKBACK].std(axis=1, ddof=1)
    factor = (volatility / np.maximum(current, _TINY))[:, None]
    return Moves(
        moves.gap * factor,
        moves.body * factor,
        moves.upper * factor,
        moves.lower * factor,
        moves.volume,
    )


def to_prices(
    moves: Moves, entry_open: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return open, high, low and close, each `(n, n_bars)`; `entry_open` opens the entry bar."""
    log_close = np.cumsum(moves.returns, axis=1)
    log_open = log_close - moves.body
    shift = np.log(entry_open) - log_open[:, LOOKBACK]
    return prices_of(log_open + shift[:, None], log_close + shift[:, None], moves)


def prices_of(
    log_open: FloatArray, log_close: FloatArray, moves: Moves
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return open, high, low and close from opens and closes, and the shadows of `moves`.

    Prices are finite: a lookback that hardly moves scales what follows beyond any number.
    """
    high = np.maximum(log_open, log_close) + moves.upper
    low = np.minimum(log_open, log_close) - moves.lower
    open_, high, low, close = (
        np.exp(np.clip(log, -_FARTHEST_LOG, _FARTHEST_LOG))
        for log in (log_open, high, low, log_close)
    )
    return open_, high, low, close
