"""Random streams: every draw of row i comes from the run's seed, i, and what it is drawn for."""

from enum import IntEnum

import numpy as np
import numpy.typing as npt


class Purpose(IntEnum):
    """What a stream is for; streams of different purposes never overlap."""

    PLAN = 0
    FEW_SHOTS = 1
    GENERATOR = 2
    REFINER = 3
    MODEL = 4
    QUESTION = 5


def stream(
    seed: int, number: int, purpose: Purpose, attempt: int = 0, part: int = 0
) -> np.random.Generator:
    """Return the stream of row (or bucket, or deck) `number`, independent of all others.

    Philox is counter-based (Salmon et al., 2011): key and counter name the stream, so nothing
    has to be drawn in order and no stream depends on another.
    """
    key = np.array([seed, number], dtype=np.uint64)
    counter = np.array([0, part, attempt, purpose], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))


def uniforms(
    seed: int,
    numbers: npt.NDArray[np.int64],
    attempts: npt.NDArray[np.int64],
    purpose: Purpose,
    count: int,
    part: int = 0,
) -> npt.NDArray[np.float64]:
    """Return `count` uniform draws of each row's own stream, shape `(n, count)`."""
    drawn = np.empty((len(numbers), count))
    for k, (number, attempt) in enumerate(zip(numbers.tolist(), attempts.tolist(), strict=True)):
        stream(seed, number, purpose, attempt, part).random(out=drawn[k])
    return drawn
