"""Grids that numbers live on: price ticks, quantity lots, whole volumes."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tradegen.data.row import FloatArray

SINGLE_PRECISION = 2.0**-24
"""Largest relative rounding error of a number that was once stored as a 32-bit float."""

_STEPS = tuple(
    float(f"{digit}e{power}") for power in range(3, -9, -1) for digit in ("5", "2.5", "1")
)
_FREE_DIGITS = 7
_FEW = 20
_NEARLY_ALL = 0.95
_BY_CHANCE = 1e-4


def on_grid(
    value: FloatArray, step: FloatArray | float, precision: float = SINGLE_PRECISION
) -> npt.NDArray[np.bool_]:
    """Return whether each value is a multiple of its step; a step of 0 means no grid.

    A deviation of `precision` times the value is rounding, not a violation. Shapes broadcast.
    """
    safe = np.where(np.asarray(step) > 0, step, 1.0)
    error = np.abs(value - np.round(value / safe) * safe)
    return (np.asarray(step) <= 0) | (error <= precision * 1.01 * np.abs(value) + 1e-12)


def snap(value: FloatArray, step: FloatArray | float) -> FloatArray:
    """Return values rounded to their grid, or to 7 significant digits where the step is 0."""
    gridded = np.asarray(step) > 0
    safe = np.where(gridded, step, 1.0)
    magnitude = np.floor(np.log10(np.maximum(np.abs(value), 1e-300)))
    scale = 10.0 ** np.clip(_FREE_DIGITS - 1 - magnitude, -20, 20)
    multiple = np.round(np.round(value / safe) * safe, 10)
    return np.where(gridded, multiple, np.round(value * scale) / scale)


def price_tick(price: FloatArray) -> float:
    """Return the largest usual tick that all prices are multiples of, or 0 if there is none.

    Prices that went through 32-bit floats are recognised; a tick that prices off the grid
    would meet by chance, so wide is their rounding error, is not claimed.
    """
    largest = float(price.max(initial=0.0))
    return _largest_step(price, [s for s in _STEPS if s <= largest], SINGLE_PRECISION)


def usual_tick(price: FloatArray, tick: float) -> float:
    """Return the largest usual tick that nearly all prices (95 %) are multiples of.

    A few odd prints, or bars adjusted for a split, make the grid that holds for all prices (`tick`)
    finer than what a person would call the symbol's tick. The result is a multiple of `tick`, or
    `tick` itself if no coarser grid is usual.
    """
    largest = float(price.max(initial=0.0))
    if not np.isfinite(largest):
        return tick
    for step in (s for s in _STEPS if tick < s <= largest):
        chance = float(np.clip(2 * SINGLE_PRECISION * np.abs(price) / step, 0.0, 1.0).mean())
        fits = float(on_grid(price, step).mean())
        if fits >= _NEARLY_ALL and chance < 0.5 and on_grid(np.array([step]), tick)[0]:
            return step
    return tick


def fill_tick(price: FloatArray, tick: float) -> float:
    """Return the grid of fill prices: the largest simple fraction of the bars' tick that fits.

    A fill may be the mean of two prices and lie on half a tick; an average of many fills lies on
    no grid (0). The result always divides `tick`, so that every bar contains a point of it.
    """
    steps = [tick / parts for parts in (1, 2, 4, 5, 10, 20, 100)] if tick > 0 else []
    return _largest_step(price, steps, SINGLE_PRECISION)


def lot_size(quantity: FloatArray) -> float:
    """Return the largest usual lot that all quantities are multiples of, or 0.

    From fewer than 20 quantities no lot above 1 or above a tenth of the median is concluded.
    """
    median = float(np.median(quantity)) if len(quantity) else 0.0
    ceiling = median if len(quantity) >= _FEW else min(median / 10, 1.0)
    return _largest_step(quantity, [s for s in _STEPS if 1e-7 * median < s <= ceiling], 1e-12)


def volume_step(volume: FloatArray) -> float:
    """Return 1 if all volumes are whole numbers, else 0 (no grid)."""
    return float(bool(np.all(volume == np.round(volume))))


def _largest_step(value: FloatArray, steps: Sequence[float], precision: float) -> float:
    """Return the first of the decreasing `steps` that all values fit, unless by chance."""
    if len(value) == 0 or not steps or not np.all(np.isfinite(value)):
        return 0.0
    grids = np.array(steps)
    fit_sample = np.all(on_grid(value[:8, None], grids, precision), axis=0)
    for step in grids[fit_sample]:
        if np.all(on_grid(value, step, precision)):
            chance = np.clip(2 * precision * np.abs(value) / step, 1e-300, 1.0)
            return float(step) if np.sum(np.log(chance)) < np.log(_BY_CHANCE) else 0.0
    return 0.0
