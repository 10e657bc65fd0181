"""When trades are closed: odds of an exit at each bar, learned from how gold's trades went."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from tradegen.data.row import LOOKBACK, BoolArray, FloatArray, IntArray
from tradegen.data.rows import Rows

_KNOTS = np.array([0, 1, 2, 3, 5, 8, 12, 18, 26, 36, 48, 64, 96, 144, 224, 352, 544])
_MOST_BARS = 120_000
_AT_ONCE = 200_000
"""Bars whose terms are made together: there are dozens for each, and one trade may be long."""

_CLIP = 4.0
_CERTAIN = 50.0
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Course:
    """How trades go, bar by bar from the entry bar on: arrays of shape `(n, n_held)`, else `(n,)`.

    `scale` is the lookback's volatility per bar, `usual_range` the mean of its log ranges,
    `usual_volume` and `volume_spread` mean and standard deviation of its log volumes. `patience`
    is the mean log holding of similar gold trades.
    """

    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    log_volume: FloatArray
    long: BoolArray
    scale: FloatArray
    usual_range: FloatArray
    usual_volume: FloatArray
    volume_spread: FloatArray
    patience: FloatArray
    kind: IntArray

    @classmethod
    def of(
        cls,
        bars: tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray],
        long: BoolArray,
        patience: FloatArray,
        kind: IntArray,
    ) -> Self:
        """Take the course of trades from whole windows: open to volume, each `(n, n_bars)`."""
        open_, high, low, close, volume = bars
        log_volume = np.log1p(volume)
        before, traded = slice(0, LOOKBACK), slice(LOOKBACK, None)
        returns = np.diff(np.log(close[:, before]), axis=1)
        ranges = np.log(high[:, before] / low[:, before])
        return cls(
            open=open_[:, traded],
            high=high[:, traded],
            low=low[:, traded],
            close=close[:, traded],
            log_volume=log_volume[:, traded],
            long=long,
            scale=np.maximum(returns.std(axis=1), _TINY),
            usual_range=np.maximum(ranges.mean(axis=1), _TINY),
            usual_volume=log_volume[:, before].mean(axis=1),
            volume_spread=np.maximum(log_volume[:, before].std(axis=1), 0.05),
            patience=patience,
            kind=kind,
        )

    def part(self, own: slice) -> Self:
        """Return the course of some of the trades."""
        return type(self)(*(getattr(self, field.name)[own] for field in fields(self)))

    def terms(self, n_kinds: int) -> FloatArray:
        """Return what an exit's odds depend on, shape `(n, n_held, n_terms)`.

        Results are in units of the volatility times the root of the bars held.
        """
        n, held = self.close.shape
        bars = np.arange(held)
        unit = self.scale[:, None] * np.sqrt(bars + 1.0)
        sign = np.where(self.long, 1.0, -1.0)[:, None]
        paid = np.log(self.open[:, :1] * self.close[:, :1]) / 2
        up, down = (np.log(self.high) - paid) / unit, (paid - np.log(self.low)) / unit
        result = np.clip(sign * (np.log(self.close) - paid) / unit, -_CLIP, _CLIP)
        best = np.clip(np.where(self.long[:, None], up, down), -_CLIP, _CLIP)
        worst = np.clip(np.where(self.long[:, None], down, up), -_CLIP, _CLIP)
        width = np.log(np.maximum(np.log(self.high / self.low) / self.usual_range[:, None], 0.05))
        volume = (self.log_volume - self.usual_volume[:, None]) / self.volume_spread[:, None]
        volume = np.clip(volume, -_CLIP, _CLIP)
        time = np.log1p(bars) + np.zeros((n, 1))
        patience = self.patience[:, None] + np.zeros(held)
        long = np.clip(sign, 0, 1) + np.zeros(held)
        found = [
            *(result, result**2, np.abs(result), best, worst, best**2, worst**2),
            *(width, volume, width * volume, long, long * result),
            *(patience, patience * time, patience**2, result * time, np.abs(result) * time),
        ]
        ages = np.searchsorted(_KNOTS, bars, side="right") - 1
        found += [np.broadcast_to(ages == age, (n, held)) for age in range(len(_KNOTS))]
        found += [np.broadcast_to((self.kind == k)[:, None], (n, held)) for k in range(n_kinds)]
        return np.stack([np.asarray(one, np.float64) for one in found], axis=2)


@dataclass(frozen=True, slots=True)
class ExitModel:
    """A discrete-time hazard model (Singer and Willett, 1993): logistic odds of an exit.

    `patience` is that of each train row, shape `(n_train,)`, `shortest`, `(n_kinds,)`, the fewest
    bars from entry to exit that gold's trades of each kind take.
    """

    weights: FloatArray
    intercept: float
    patience: FloatArray
    shortest: IntArray

    def holding(self, course: Course, draw: FloatArray, longest: IntArray) -> IntArray:
        """Return how many bars after entry each trade is closed, from `shortest` to `longest`.

        `draw` is uniform and `longest` below the course's `n_held`; both have shape `(n,)`.
        """
        odds = [
            (course.part(own).terms(len(self.shortest)) * self.weights).sum(axis=2) + self.intercept
            for own in _slices(*course.close.shape)
        ]
        hazard = 1 / (1 + np.exp(-np.concatenate(odds)))
        bars = np.arange(hazard.shape[1])
        hazard[bars < self.shortest[course.kind][:, None]] = 0.0
        left = np.cumprod(1 - hazard, axis=1)
        closed = (left <= 1 - draw[:, None]) | (bars >= longest[:, None])
        holding: IntArray = closed.argmax(axis=1)
        return holding


def learn_exits(rows: Rows, kind: IntArray, n_kinds: int, similar: IntArray) -> ExitModel:
    """Learn from train rows; `similar`, `(n_train, k)`, are train rows that each is like."""
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    holding = rows.n_bars - 1 - LOOKBACK
    log_holding = np.log1p(holding)
    other = similar != np.arange(len(rows))[:, None]
    counted = np.maximum(other.sum(axis=1), 1)
    patience = (log_holding[similar] * other).sum(axis=1) / counted
    patience = np.where(other.any(axis=1), patience, log_holding.mean())
    shortest = np.array([holding[kind == number].min() for number in range(n_kinds)])
    few = max(int(_MOST_BARS / (holding.mean() + 1)), 1)
    index = np.unique(np.linspace(0, len(rows) - 1, min(few, len(rows))).astype(np.int64))
    terms, closed = _cases(rows.select(index), patience[index], kind[index], shortest)
    if closed.all():
        nothing = np.zeros(terms.shape[1])
        return ExitModel(nothing, _CERTAIN, patience, shortest)
    with threadpool_limits(1):
        found = LogisticRegression(C=1.0, max_iter=300).fit(terms, closed)
    return ExitModel(found.coef_[0], float(found.intercept_[0]), patience, shortest)


def _cases(
    rows: Rows, patience: FloatArray, kind: IntArray, shortest: IntArray
) -> tuple[FloatArray, BoolArray]:
    """Return a case for every bar that a trade is open at, and whether it is closed there."""
    parts = [
        _cases_among(rows.slice(own.start, own.stop), patience[own], kind[own], shortest)
        for own in _slices(len(rows), int(rows.n_bars.max()))
    ]
    terms, closed = zip(*parts, strict=True)
    return np.concatenate(terms), np.concatenate(closed)


def _cases_among(
    rows: Rows, patience: FloatArray, kind: IntArray, shortest: IntArray
) -> tuple[FloatArray, BoolArray]:
    longest = int(rows.n_bars.max())
    at = np.minimum(np.arange(longest), rows.n_bars[:, None] - 1) + rows.offsets[:-1, None]
    bars = rows.bars
    columns = [column[at] for column in (bars.open, bars.high, bars.low, bars.close, bars.volume)]
    course = Course.of((*columns,), rows.long, patience, kind)  # type: ignore[arg-type]
    holding = rows.n_bars - 1 - LOOKBACK
    past = np.arange(longest - LOOKBACK)
    open_ = (past <= holding[:, None]) & (past >= shortest[kind][:, None])
    closed = past == holding[:, None]
    return course.terms(len(shortest))[open_], closed[open_]


def _slices(n: int, n_bars: int) -> list[slice]:
    """Return the parts of `n` trades of `n_bars` each that are looked at together."""
    step = max(_AT_ONCE // n_bars, 1)
    return [slice(start, min(start + step, n)) for start in range(0, n, step)]
