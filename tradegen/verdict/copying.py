"""Copying: are rows nearer to gold than gold rows are to each other?"""

import numpy as np

from tradegen.backtest.clustered import UNKNOWN, Measured
from tradegen.fidelity.diversity import self_repeats
from tradegen.fidelity.privacy import copied_runs, near_distance, too_close
from tradegen.fidelity.space import Space
from tradegen.verdict.measured import share
from tradegen.verdict.sides import Side

_FEWEST = 20

NEAR, RUNS, REPEATS = "rows near gold", "rows with copied bars", "rows that repeat each other"


def measure_copying(
    gold: Side, other: Side, rng: np.random.Generator, most_for_runs: int
) -> dict[str, Measured]:
    """Return the shares of other rows that are near gold, hold copied bars, repeat each other.

    Runs of bars are looked for in at most `most_for_runs` of the other rows, repeats among as
    many of them as gold has. Fewer than 20 independent gold rows leave all of it unknown.
    """
    if gold.n_groups < _FEWEST:
        return dict.fromkeys((NEAR, RUNS, REPEATS), UNKNOWN)
    space = Space.of(gold.smooth)
    near = near_distance(space(gold.smooth), gold.groups)
    close = too_close(space(gold.smooth), space(other.smooth), near)
    _, copied = copied_runs(gold.rows, (few := other.at_most(most_for_runs, rng)).rows)
    same = other.at_most(len(gold), rng)
    ours = gold.at_most(len(same), rng)
    like_ours = near_distance(space(ours.smooth), ours.groups)
    repeated = self_repeats(space(same.smooth), like_ours)
    return {
        NEAR: share(close * len(other), len(other)),
        RUNS: share(copied * len(few), len(few)),
        REPEATS: share(repeated * len(same), len(same)),
    }
