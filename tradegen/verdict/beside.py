"""Beside the checks: numbers that the field knows rows by, and that decide nothing here.

Noise or copies alone can make each of them look good; beside the same numbers of real rows they
say what kind of rows these are.
"""

import numpy as np

from tradegen.backtest.clustered import Measured
from tradegen.fidelity.diversity import coverage, vendi_ratio
from tradegen.fidelity.privacy import authenticity, membership_attack
from tradegen.fidelity.space import Space
from tradegen.fidelity.support import alpha_precision
from tradegen.verdict.sides import Side

_FEWEST = 20

BESIDE = {
    "alpha-precision": "1 if rows are as far out as real ones, as often",
    "recall": "share of real rows inside the reach of a row",
    "density": "how many real rows reach a row, over what a real row gives; less: rarer places",
    "Vendi ratio": "effective number of different rows, over that of as many real ones",
    "authenticity": "share of rows no nearer to a gold row than its nearest gold row is; copies: 0",
    "membership attack (AUC)": "how well gold train is told from holdout by likeness to the rows",
}
"""What each number says."""


def measure_beside(
    gold: Side, other: Side, outsiders: Side | None, rng: np.random.Generator, most: int
) -> dict[str, Measured]:
    """Return these numbers of other rows, without errors, of at most `most` of them.

    The attack is shown up to twice as many. `outsiders` are real rows that the other rows were not
    made from; None leaves the attack out, and fewer than 20 independent rows of a kind leave out
    what needs it.
    """
    if min(gold.n_groups, other.n_groups) < _FEWEST:
        return {}
    size = min(len(gold), len(other), most)
    space = Space.of(gold.smooth)
    ours, theirs = gold.at_most(size, rng), other.at_most(size, rng)
    real, made = space(ours.smooth), space(theirs.smooth)
    found = coverage(real, made)
    numbers = {
        "alpha-precision": alpha_precision(real, made),
        "recall": found.recall,
        "density": found.density,
        "Vendi ratio": vendi_ratio(real, made, rng),
        "authenticity": authenticity(space(gold.smooth), made, gold.groups),
    }
    if outsiders is not None and outsiders.n_groups >= _FEWEST:
        shown = other.at_most(2 * most, rng)
        attack = membership_attack(gold.rows, outsiders.rows, shown.rows)
        numbers["membership attack (AUC)"] = attack
    return {name: Measured(value, float("nan")) for name, value in numbers.items()}
