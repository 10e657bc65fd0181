"""Shapes of bars: gaps, bodies and shadows of gold's bars, found again by what goes before them.

Predictive mean matching (Little, 1988; Rubin, 1986): regressions learned once say what a bar in a
given situation is expected to look like; a new bar takes the shape of a real one of which nearly
the same was expected. So couplings are kept that no model of a few terms would hold, and what is
drawn is always the shape of a real bar.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from tradegen.data.row import LOOKBACK, FloatArray, IntArray
from tradegen.engines.embedded.activity import Activity
from tradegen.engines.embedded.windows import SEEN, Windows

Keys = npt.NDArray[np.float32]

_SHORT, _LONG = 5, 20
_APPROACH = 6.0
_CLIP = 4.0
_RIDGE = 1e-9
_POWER = 0.15
_OWN_KEY = 0.5
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of a bar before its gap's sign is drawn; each of shape `(n,)` or `(n, w)`.

    `range`, `before`, `after`, `ahead`, `volume`, `volume_before` and `gap_size` are normal scores
    of the bar's range, of the ranges before and after it, of the 5 after it (their mean), of its
    volume, of the volume before and of its gap's size. `last` is the return before, `short` and
    `long` the sums of the last 5 and 20, each over the root of its number, and `gap_before` the gap
    before, all in units of the volatility. `near` is 1 shortly before an entry and fades away from
    it, `held` is 1 while a trade is open; both are negative for short trades.
    """

    range: FloatArray
    before: FloatArray
    after: FloatArray
    ahead: FloatArray
    volume: FloatArray
    volume_before: FloatArray
    gap_size: FloatArray
    last: FloatArray
    short: FloatArray
    long: FloatArray
    gap_before: FloatArray
    near: FloatArray
    held: FloatArray

    def terms(self) -> list[FloatArray]:
        """Return all terms that a gap's sign is regressed on."""
        last, gap, short, long = (
            np.clip(value, -_CLIP, _CLIP)
            for value in (self.last, self.gap_before, self.short, self.long)
        )
        return [
            *(np.ones_like(self.range), self.range, self.before, self.after, self.ahead),
            *(self.volume, self.volume_before, self.gap_size),
            *(last, np.abs(last), short, long, gap, np.abs(gap)),
            *(self.range**2, self.volume**2, self.gap_size**2),
            *(self.range * self.volume, self.range * self.gap_size),
            *(self.range * self.before, self.range * self.after, self.after**2),
            *(self.after * last, self.after * np.abs(last)),
            *(self.near, self.near * self.range, self.held, self.held * self.range),
        ]


def shape_terms(
    situation: Situation, terms: Sequence[FloatArray], gap: FloatArray
) -> list[FloatArray]:
    """Return all terms that a bar's shape is regressed on: the gap's and the gap itself."""
    gap = np.clip(gap, -_CLIP, _CLIP)
    return [*terms, gap, np.abs(gap), gap * situation.range, gap * situation.volume]


@dataclass(frozen=True, slots=True)
class Regression:
    """Coefficients `(n_terms, n_targets)`, scaled so that a key is worth what it explains."""

    coefficients: FloatArray

    def __call__(self, terms: Sequence[FloatArray]) -> FloatArray:
        """Return the keys of bars, shape `(n_targets, ...)`.

        Terms are added one by one: a matrix product may round a row differently in another batch.
        """
        shape = terms[0].shape
        keys = np.zeros((self.coefficients.shape[1], terms[0].size))
        for term, weights in zip(terms, self.coefficients, strict=True):
            keys += weights[:, None] * term.ravel()
        return keys.reshape(-1, *shape)

    @classmethod
    def fit(cls, terms: Sequence[FloatArray], targets: Sequence[FloatArray]) -> Self:
        """Fit by least squares; terms and targets have shape `(n_bars,)`.

        A key's standard deviation grows with the share of variance that it explains.
        """
        design = np.stack(terms, axis=1)
        square = design.T @ design
        square[np.diag_indices_from(square)] *= 1 + _RIDGE
        square[np.diag_indices_from(square)] += _TINY
        columns = []
        for target in targets:
            found = np.linalg.solve(square, design.T @ target)
            expected = design @ found
            explained = expected.var() / max(target.var(), _TINY)
            columns.append(found * explained**_POWER / max(float(expected.std()), _TINY))
        return cls(np.stack(columns, axis=1))


@dataclass(frozen=True, slots=True)
class Shapes:
    """Signs of gaps and shapes of gold's bars, flat over windows of `width` places, with keys.

    Keys have shape `(n_keys, n_bars)`. `parts`, `(n_bars, 3)`, are body (signed), upper and lower
    shadow as shares of the range. `by_range`, `(n_windows, 65)`, lists a window's places in order
    of their range.
    """

    width: int
    gap_sign: FloatArray
    gap_keys: Keys
    parts: FloatArray
    part_keys: Keys
    by_range: IntArray
    expect_gap: Regression
    expect_parts: Regression


def learn_shapes(windows: Windows, activity: Activity) -> Shapes:
    """Learn from gold windows and their activity."""
    known = windows.known.copy()
    known[:, 0] = False
    range_score, volume_score, gap_score = (
        channel.scores(channel.standard)
        for channel in (activity.range, activity.volume, activity.gap)
    )
    gap = windows.gap
    side = np.where(windows.long, 1.0, -1.0)[:, None]
    near, held = distance(np.arange(gap.shape[1]))
    cumulative = np.cumsum(windows.returns, axis=1)
    short, long = zip(*(sums_before(cumulative, t) for t in range(gap.shape[1])), strict=True)
    situation = Situation(
        range=range_score,
        before=_shifted(range_score),
        after=np.concatenate([range_score[:, 1:], range_score[:, -1:]], axis=1),
        ahead=mean_ahead(range_score),
        volume=volume_score,
        volume_before=_shifted(volume_score),
        gap_size=gap_score,
        last=_shifted(windows.returns),
        short=np.stack(short, axis=1),
        long=np.stack(long, axis=1),
        gap_before=_shifted(gap),
        near=near[None, :] * side,
        held=held[None, :] * side,
    )
    terms = situation.terms()
    width = np.exp(windows.range)
    parts = np.stack([windows.body, windows.upper, windows.lower], axis=2) / width[:, :, None]
    expect_gap = Regression.fit([term[known] for term in terms], [np.sign(gap[known])])
    more = shape_terms(situation, terms, gap)
    body, upper, lower = parts[known].T
    expect_parts = Regression.fit(
        [term[known] for term in more], [np.abs(body), body, upper - lower]
    )
    n_bars = gap.size
    gap_keys = np.concatenate([expect_gap(terms), own_key(gap_score)])
    part_keys = np.concatenate([expect_parts(more), own_key(range_score)])
    return Shapes(
        width=gap.shape[1],
        gap_sign=_signs(gap).ravel(),
        gap_keys=gap_keys.astype(np.float32).reshape(-1, n_bars),
        parts=parts.reshape(n_bars, 3),
        part_keys=part_keys.astype(np.float32).reshape(-1, n_bars),
        by_range=range_score[:, :SEEN].argsort(axis=1, kind="stable"),
        expect_gap=expect_gap,
        expect_parts=expect_parts,
    )


def _signs(gap: FloatArray) -> FloatArray:
    """Return the signs of gaps; where there is none, as many ups as downs."""
    in_turn = np.where(np.arange(gap.size).reshape(gap.shape) % 2, 1.0, -1.0)
    return np.where(gap == 0, in_turn, np.sign(gap))


def distance(place: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return how near bars are before an entry, from 0 to 1, and whether they are after it."""
    before = np.maximum(LOOKBACK - place, 0)
    near = np.where(place < LOOKBACK, np.exp(-before / _APPROACH), 0.0)
    return near, (place >= LOOKBACK).astype(np.float64)


def own_key(score: FloatArray) -> FloatArray:
    """Return the key by which the size of a range or gap is itself matched, shape `(1, ...)`."""
    return _OWN_KEY * score[None]


def mean_ahead(values: FloatArray) -> FloatArray:
    """Return the mean of the 5 values after each, fewer at the end, where 0 stands for none."""
    total = np.cumsum(values, axis=1)
    last = values.shape[1] - 1
    at = np.arange(last + 1)
    end = np.minimum(at + _SHORT, last)
    result: FloatArray = (total[:, end] - total) / np.maximum(end - at, 1)
    return result


def sums_before(cumulative: FloatArray, t: int) -> tuple[FloatArray, FloatArray]:
    """Return `short` and `long` of bar `t`; `cumulative` holds sums up to each bar, `(n, w)`."""
    last = cumulative[:, t - 1] if t else np.zeros(len(cumulative))
    short, long = (
        (last - (cumulative[:, t - 1 - k] if t > k else 0.0)) / np.sqrt(k) for k in (_SHORT, _LONG)
    )
    return short, long


def _shifted(values: FloatArray) -> FloatArray:
    return np.concatenate([np.zeros((len(values), 1)), values[:, :-1]], axis=1)
