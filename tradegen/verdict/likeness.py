"""Likeness: how well can rows be told from gold, and what of gold do they miss?"""

import numpy as np

from tradegen.backtest.clustered import UNKNOWN, Measured
from tradegen.data.row import FloatArray
from tradegen.fidelity.coherence import dealt_at_random
from tradegen.fidelity.diversity import coverage
from tradegen.fidelity.resampling import resampled_auc, resamples
from tradegen.fidelity.sequences import random_convolutions
from tradegen.fidelity.shapes import shapes
from tradegen.fidelity.space import Space
from tradegen.fidelity.stylised_facts import Facts, stylised_facts
from tradegen.fidelity.two_sample import Told, tell_by_ridge, tell_by_trees
from tradegen.verdict.measured import drawn, share
from tradegen.verdict.sides import Side

TOLD, TOLD_BY_BARS = "told apart by features (AUC)", "told apart by raw bars (AUC)"
UNREAL = "rows no real one looks like"
MISPLACED = "trades out of place"
SHAPES, FACTS, COVERED = "column shapes and pairs", "stylised facts visibly off", "gold covered"

FALSE_ALARMS = 0.02
"""Share of real rows that may be taken for unreal where unreal rows are counted."""

_VISIBLE = 0.3
_KERNELS = 200
_RESAMPLES = 200
_FEWEST = 20
_TINY = 1e-9


def measure_likeness(gold: Side, other: Side, seed: int) -> dict[str, Measured]:
    """Return what tells other rows from gold; classifiers judge rows they were not trained on.

    Fewer than 20 independent rows on either side leave all of it unknown. `MISPLACED` is left out
    where gold rows themselves do not tell.
    """
    if min(gold.n_groups, other.n_groups) < _FEWEST:
        names = (TOLD, TOLD_BY_BARS, UNREAL, MISPLACED, SHAPES, FACTS, COVERED)
        return dict.fromkeys(names, UNKNOWN)
    rng = np.random.default_rng(seed)
    apart = (gold.groups, other.groups)
    trees = tell_by_trees(gold.features.values, other.features.values, apart, seed)
    both = np.concatenate([gold.sequences, other.sequences])
    convolved = random_convolutions(both, rng, _KERNELS)
    ridge = tell_by_ridge(convolved[: len(gold)], convolved[len(gold) :], apart, seed)
    weights = _weights(gold, other, rng)
    found = {
        TOLD: _auc(trees, weights),
        TOLD_BY_BARS: _auc(ridge, weights),
        UNREAL: _unreal(trees, weights),
        SHAPES: _shapes(gold, other, rng),
        FACTS: _facts(gold, other, rng),
        COVERED: _covered(gold, other, rng),
    }
    dealt = dealt_at_random(gold.rows, other.rows, apart, rng, _RESAMPLES)
    if np.isfinite(dealt.share):
        found[MISPLACED] = drawn(dealt.share, dealt.draws)
    return found


def _weights(gold: Side, other: Side, rng: np.random.Generator) -> FloatArray:
    parts = [resamples(len(one), one.groups, rng, _RESAMPLES) for one in (gold, other)]
    return np.hstack(parts)


def _auc(told: Told, weights: FloatArray) -> Measured:
    return drawn(told.auc, resampled_auc(told.label, told.score, weights))


def _unreal(told: Told, weights: FloatArray) -> Measured:
    """Return the share of rows beyond all but 2 % of real ones, less the 2 % that would be.

    If that many rows are so far out, at least that share of them cannot have come from where the
    real ones did: a lower bound of the total variation distance.
    """
    whole = np.ones((1, len(told.label)))
    value = float(_beyond(told, whole)[0])
    return drawn(value, _beyond(told, weights))


def _beyond(told: Told, weights: FloatArray) -> FloatArray:
    order = np.argsort(-told.score, kind="stable")
    label, sorted_weights = told.label[order], weights[:, order]
    real = np.cumsum(np.where(label, 0.0, sorted_weights), axis=1)
    other = np.cumsum(np.where(label, sorted_weights, 0.0), axis=1)
    inside = real <= FALSE_ALARMS * real[:, -1:]
    found = np.where(inside, other, 0.0).max(axis=1) / np.maximum(other[:, -1], _TINY)
    result: FloatArray = found - FALSE_ALARMS
    return result


def _shapes(gold: Side, other: Side, rng: np.random.Generator) -> Measured:
    """Return the quality; its error is half of what it differs by between halves of the rows."""
    value = shapes(gold.rows, other.rows).quality
    parts = [shapes(gold.rows, half.rows).quality for half in other.halved(rng)]
    return Measured(value, max(abs(parts[0] - parts[1]) / 2, 0.002))


def _facts(gold: Side, other: Side, rng: np.random.Generator) -> Measured:
    """Return the share of facts that differ by over 0.3 of their spread over independent rows.

    Unlike a count of standard errors that does not grow with the number of rows. Its error is the
    spread under the errors of the facts themselves.
    """
    ours, theirs = (stylised_facts(one.rows, rng, one.groups, _RESAMPLES) for one in (gold, other))
    spread = np.maximum(ours.error * np.sqrt(gold.n_groups), _TINY)
    noise = rng.normal(size=(_RESAMPLES, len(ours.names)))
    noise *= np.sqrt(ours.error**2 + theirs.error**2)
    apart = theirs.value - ours.value
    shares = (np.abs(apart + noise) > _VISIBLE * spread).mean(axis=1)
    return drawn(float((np.abs(apart) > _VISIBLE * spread).mean()), shares)


def facts_of(gold: Side, other: Side, seed: int) -> tuple[Facts, Facts]:
    """Return the stylised facts of both sides, for tables."""
    rng = np.random.default_rng(seed)
    ours, theirs = (stylised_facts(one.rows, rng, one.groups) for one in (gold, other))
    return ours, theirs


def _covered(gold: Side, other: Side, rng: np.random.Generator) -> Measured:
    size = min(len(gold), len(other))
    ours, theirs = gold.at_most(size, rng), other.at_most(size, rng)
    space = Space.of(gold.smooth)
    found = coverage(space(ours.smooth), space(theirs.smooth)).coverage
    return share(found * ours.n_groups, ours.n_groups)
