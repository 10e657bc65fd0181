"""New price paths: a block bootstrap of the seeds' standardised bars on a new volatility."""

from dataclasses import dataclass

import numpy as np

from tradegen.data.row import LOOKBACK, FloatArray, IntArray
from tradegen.engines.embedded.donors import VOLUME_DECAY, BarDonors

LONGEST_BLOCK = 5
"""Bars copied in one piece at the most; longer blocks look better and repeat gold."""

_NEW_BLOCK = 0.3
_REACTION, _PERSISTENCE = 0.06, 0.92
_VARIANCE_RANGE = (0.05, 20.0)
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


def draws_needed(n_bars: int) -> int:
    """Return how many uniform draws a path of `n_bars` takes."""
    return 3 * n_bars


def simulate(
    donors: BarDonors, seeds: IntArray, weights: FloatArray, n_bars: int, draws: FloatArray
) -> Moves:
    """Simulate paths from the bars of three seeds each (filtered historical simulation).

    Blocks of up to 5 standardised bars are drawn from the seeds and put on a volatility that
    reacts to the new path's own returns, as a GARCH(1,1) does (Barone-Adesi, Giannopoulos and
    Vosper, 1999). Log volumes follow their own moving average in the same way.

    `seeds` and `weights` have shape `(n, 3)`, weights sum to 1; `draws` are uniform, of shape
    `(n, draws_needed(n_bars))`.
    """
    donor = _donor_bars(donors, seeds, weights, draws.reshape(len(seeds), 3, n_bars))
    gap, body = donors.gap[donor], donors.body[donor]
    gap[:, 0] = 0.0
    scale = _volatility(gap + body)
    return Moves(
        gap=gap * scale,
        body=body * scale,
        upper=donors.upper[donor] * scale,
        lower=donors.lower[donor] * scale,
        volume=_log_volume(donors.volume[donor]),
    )


def _donor_bars(
    donors: BarDonors, seeds: IntArray, weights: FloatArray, draws: FloatArray
) -> IntArray:
    """Return the flat index of the donor of each bar, shape `(n, n_bars)`."""
    n, _, n_bars = draws.shape
    thresholds = np.cumsum(weights, axis=1)[:, :-1]
    start, end = donors.start[seeds], donors.end[seeds]
    rows = np.arange(n)
    donor = np.empty((n, n_bars), dtype=np.int64)
    current = np.zeros(n, dtype=np.int64)
    last = np.zeros(n, dtype=np.int64)
    length = np.full(n, LONGEST_BLOCK)
    for t in range(n_bars):
        which = (draws[:, 1, t, None] > thresholds).sum(axis=1)
        first, stop = start[rows, which], end[rows, which]
        fresh = first + (draws[:, 2, t] * (stop - first)).astype(np.int64)
        ends = (length >= LONGEST_BLOCK) | (current + 1 >= last) | (draws[:, 0, t] < _NEW_BLOCK)
        current = np.where(ends, fresh, current + 1)
        last = np.where(ends, stop, last)
        length = np.where(ends, 1, length + 1)
        donor[:, t] = current
    return donor


def _volatility(standardised: FloatArray) -> FloatArray:
    variance = np.empty_like(standardised)
    state = np.ones(len(standardised))
    constant = 1.0 - _REACTION - _PERSISTENCE
    for t in range(standardised.shape[1]):
        variance[:, t] = state
        shock = state * standardised[:, t] ** 2
        state = np.clip(constant + _REACTION * shock + _PERSISTENCE * state, *_VARIANCE_RANGE)
    return np.sqrt(variance)


def _log_volume(residual: FloatArray) -> FloatArray:
    """Return log volumes around 0."""
    volume = np.empty_like(residual)
    state = np.zeros(len(residual))
    for t in range(residual.shape[1]):
        volume[:, t] = state + residual[:, t]
        state = VOLUME_DECAY * state + (1 - VOLUME_DECAY) * volume[:, t]
    result: FloatArray = volume - volume[:, :LOOKBACK].mean(axis=1, keepdims=True)
    return result


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
    log_close, log_open = log_close + shift[:, None], log_open + shift[:, None]
    high = np.exp(np.maximum(log_open, log_close) + moves.upper)
    low = np.exp(np.minimum(log_open, log_close) - moves.lower)
    return np.exp(log_open), high, low, np.exp(log_close)
