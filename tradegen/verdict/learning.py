"""Learning: does what models learn from synthetic rows hold on real ones?"""

from collections.abc import Sequence

import numpy as np

from tradegen.backtest.clustered import UNKNOWN, Measured
from tradegen.data.row import FloatArray, IntArray
from tradegen.fidelity.resampling import resamples
from tradegen.hyperband.ladder import GOLD, GOLD_HOLDOUT, GOLD_TRAIN, SYNTHETIC, Ladder
from tradegen.hyperband.study import VALIDATION
from tradegen.verdict.measured import drawn

TRANSFER = "what is learned holds on real rows"
TEACHES = "there is something to learn"
OVERSTATES = "more is promised than holds"
REMEMBERS = "gold train is known better than holdout"
LEARNING = (TRANSFER, TEACHES, OVERSTATES, REMEMBERS)

_RESAMPLES = 500


def measure_learning(
    ladders: Sequence[Ladder],
    groups: dict[str, IntArray],
    validation_groups: dict[str, IntArray],
    rng: np.random.Generator,
) -> dict[str, Measured]:
    """Return how models trained on synthetic rows fare against models trained on gold train.

    Skills (2 AUC - 1) are means over the targets that gold has signal for. `groups` are those of
    the rows of `GOLD_TRAIN` and `GOLD_HOLDOUT`, `validation_groups` those of the rows that trials
    on `GOLD` and on `SYNTHETIC` were chosen by. Rows are resampled by whole groups; the same rows
    for both models. Unknown without any target with signal.
    """
    told = [one for one in ladders if one.has_signal]
    if not told:
        return dict.fromkeys(LEARNING, UNKNOWN)
    weights = {
        name: resamples(len(group), group, rng, _RESAMPLES) for name, group in groups.items()
    }
    own = {
        name: resamples(len(group), group, rng, _RESAMPLES)
        for name, group in validation_groups.items()
    }

    def skills(trained_on: str, scored_on: str) -> tuple[float, FloatArray]:
        """Return the mean skill over targets, and in each resample."""
        weight = own[trained_on] if scored_on == VALIDATION else weights[scored_on]
        value = np.mean([one.skill(trained_on, scored_on) for one in told])
        draws = [one.resampled_skill(trained_on, scored_on, weight) for one in told]
        return float(value), np.mean(draws, axis=0)

    held = {name: skills(name, GOLD_HOLDOUT) for name in (GOLD, SYNTHETIC)}
    known = {name: skills(name, GOLD_TRAIN) for name in (GOLD, SYNTHETIC)}
    promised = {name: skills(name, VALIDATION) for name in (GOLD, SYNTHETIC)}
    return {
        TRANSFER: _ratio(held[SYNTHETIC], held[GOLD]),
        TEACHES: _ratio(promised[SYNTHETIC], promised[GOLD]),
        OVERSTATES: _excess(promised, held),
        REMEMBERS: _excess(known, held),
    }


def _ratio(one: tuple[float, FloatArray], other: tuple[float, FloatArray]) -> Measured:
    """Return a ratio; its error is that of the difference it makes (the delta method)."""
    value = one[0] / other[0]
    return drawn(value, (one[1] - value * other[1]) / other[0])


def _excess(
    near: dict[str, tuple[float, FloatArray]], far: dict[str, tuple[float, FloatArray]]
) -> Measured:
    """Return how much more is lost from near to far after synthetic rows than after gold."""
    gaps = {name: (near[name][0] - far[name][0], near[name][1] - far[name][1]) for name in near}
    return drawn(gaps[SYNTHETIC][0] - gaps[GOLD][0], gaps[SYNTHETIC][1] - gaps[GOLD][1])
