"""Raw bars as sequences, and random convolutions over them, which know no features.

Dempster, A., Petitjean, F. and Webb, G. I. (2020), "ROCKET: exceptionally fast and accurate time
series classification using random convolutional kernels", Data Mining and Knowledge Discovery 34.
"""

import numpy as np
import numpy.typing as npt

from tradegen.data.row import LOOKBACK, FloatArray
from tradegen.data.rows import Rows
from tradegen.fidelity.features import log_bars

CHANNELS = ("gap", "body", "upper shadow", "lower shadow", "range", "volume")

_LENGTH = 9
_DILATIONS = (1, 2, 4, 7)
_RECENT = 16
_TINY = 1e-9


def raw_bars(rows: Rows) -> FloatArray:
    """Return lookback and entry bar as sequences, shape `(n, 6, 64)`.

    Channels: gap, body, upper and lower shadow in units of the lookback's volatility per bar, log
    range in them, and log volume less its mean over the lookback.
    """
    parts = log_bars(rows, LOOKBACK + 1)
    scale = np.maximum(parts.returns[:, :-1].std(axis=1), _TINY)[:, None]
    ranges = np.log(np.maximum(parts.ranges / scale, 1e-3))
    level = parts.volume[:, :-1].mean(axis=1, keepdims=True)
    channels = [part / scale for part in (parts.gap, parts.body, parts.upper, parts.lower)]
    return np.stack([*channels, ranges, parts.volume - level], axis=1)


def random_convolutions(
    sequences: FloatArray, rng: np.random.Generator, kernels: int = 400
) -> FloatArray:
    """Return features of sequences `(n, channels, t)`: shape `(n, 4 * kernels)`.

    Each kernel of 9 random weights looks at one to all channels, at one of four spacings. Of its
    answers the maximum and the share above a random bias are kept (as in ROCKET), over the whole
    sequence and over its last 16 places, so that what happens just before the end is seen.
    """
    n, channels, t = sequences.shape
    deviation = sequences.std(axis=(0, 2), keepdims=True)
    scaled = (sequences - sequences.mean(axis=(0, 2), keepdims=True)) / np.maximum(deviation, _TINY)
    scaled = np.clip(scaled, -8, 8).astype(np.float32)
    found: list[npt.NDArray[np.float32]] = []
    for dilation in _DILATIONS:
        count = kernels // len(_DILATIONS)
        weights = _kernels(count, channels, rng)
        places = t - (_LENGTH - 1) * dilation
        at = np.arange(places)[:, None] + dilation * np.arange(_LENGTH)
        answers = np.zeros((n * places, count), dtype=np.float32)
        for channel in range(channels):
            windows = scaled[:, channel][:, at].reshape(n * places, _LENGTH)
            answers += windows @ weights[channel]
        answers = answers.reshape(n, places, count)
        sample = answers[rng.integers(0, n, count), rng.integers(0, places, count)]
        bias = sample[np.arange(count), np.arange(count)]
        for part in (answers, answers[:, -_RECENT:]):
            found += [part.max(axis=1), (part > bias).mean(axis=1, dtype=np.float32)]
    return np.hstack(found).astype(np.float64)


def _kernels(count: int, channels: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Return weights `(channels, 9, count)` of mean 0; each sees a random set of channels."""
    weights = rng.standard_normal((channels, _LENGTH, count))
    weights -= weights.mean(axis=1, keepdims=True)
    seen = rng.random((channels, count)) < rng.random(count)
    seen[rng.integers(0, channels, count), np.arange(count)] = True
    return (weights * seen[:, None, :]).astype(np.float32)
