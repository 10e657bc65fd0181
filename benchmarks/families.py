"""Families of measures: each scores a comparison, and says in details what the scores hide."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.compared import MADE, REFERENCES, Comparison
from tradegen.data.invariants import find_violations
from tradegen.data.row import FloatArray, IntArray
from tradegen.data.rows import Rows
from tradegen.fidelity.diversity import coverage, self_repeats, vendi_ratio
from tradegen.fidelity.features import (
    all_features,
    bar_features,
    smooth_features,
    trade_features,
)
from tradegen.fidelity.privacy import copied_runs, membership_attack, near_distance, too_close
from tradegen.fidelity.sequences import CHANNELS, random_convolutions, raw_bars
from tradegen.fidelity.shapes import ks_complement, shapes
from tradegen.fidelity.space import Space
from tradegen.fidelity.stylised_facts import deviations, share_near, stylised_facts
from tradegen.fidelity.transfer import transfer_ratio, transfers
from tradegen.fidelity.two_sample import (
    Told,
    tell_by_one,
    tell_by_ridge,
    tell_by_trees,
    what_gives_away,
)

Scores = dict[str, float]
Details = dict[str, dict[str, Any]]
Scored = tuple[Scores, Details]

_KERNELS = 400
_KERNELS_A_CHANNEL = 100
_WORST = 12
_FEWEST = 100
"""Rows without which no measure but validity means anything."""


def _validity(c: Comparison) -> Scored:
    violations = find_violations(c.synthetic, c.gold.market, averages_allowed=True)
    broken = {violation.row for violation in violations}
    names = [violation.invariant for violation in violations]
    return (
        {"rows keeping every invariant": 1 - len(broken) / len(c.synthetic)},
        {"violations": {name: names.count(name) for name in sorted(set(names))}},
    )


def _shapes(c: Comparison) -> Scored:
    found = shapes(c.real, c.synthetic)
    worst = sorted(found.pairs.items(), key=lambda item: item[1])[:_WORST]
    return (
        {"column shapes and pairs": found.quality},
        {
            "column shapes": dict(found.columns),
            "worst pairs": {f"{a} x {b}": value for (a, b), value in worst},
        },
    )


def _facts(c: Comparison) -> Scored:
    rng = np.random.default_rng(c.seed)
    real = stylised_facts(c.real, rng, c.groups[0])
    synthetic = stylised_facts(c.synthetic, rng, c.groups[1])
    values = zip(real.value, synthetic.value, deviations(real, synthetic), strict=True)
    return (
        {"stylised facts within 2 SE": share_near(real, synthetic)},
        {
            "stylised facts": {
                name: {"real": float(ours), "synthetic": float(theirs), "deviation": float(far)}
                for name, (ours, theirs, far) in zip(real.names, values, strict=True)
            }
        },
    )


def _classifiers(c: Comparison) -> Scored:
    trade, bars = (
        [of(rows) for rows in (c.real, c.synthetic)] for of in (trade_features, bar_features)
    )
    both = [one.beside(other) for one, other in zip(trade, bars, strict=True)]
    scores = {
        f"AUC, {name} features": tell_by_trees(ours.values, theirs.values, c.groups, c.seed).auc
        for name, (ours, theirs) in (("trade", trade), ("bar", bars), ("all", both))
    }
    told = _tell_sequences(c, raw_bars(c.real), raw_bars(c.synthetic), _KERNELS)
    scores["AUC, raw bars"] = told.auc
    scores["discriminative score, raw bars"] = told.discriminative_score
    return scores, {}


def _giveaways(c: Comparison) -> Scored:
    ours, theirs = all_features(c.real), all_features(c.synthetic)
    alone = tell_by_one(ours.values, theirs.values)
    lost = what_gives_away(ours.values, theirs.values, c.groups, c.seed)
    real, synthetic = raw_bars(c.real), raw_bars(c.synthetic)
    return {}, {
        "giveaways": {
            name: {
                "lost": float(lost[k]),
                "alone": float(alone[k]),
                "ks": 1 - ks_complement(ours.values[:, k], theirs.values[:, k]),
            }
            for k, name in enumerate(ours.names)
        },
        "raw channels": {
            name: _tell_sequences(c, real[:, [k]], synthetic[:, [k]], _KERNELS_A_CHANNEL).auc
            for k, name in enumerate(CHANNELS)
        },
    }


def _tell_sequences(c: Comparison, real: FloatArray, synthetic: FloatArray, kernels: int) -> Told:
    rng = np.random.default_rng(c.seed)
    convolved = random_convolutions(np.concatenate([real, synthetic]), rng, kernels)
    return tell_by_ridge(convolved[: len(real)], convolved[len(real) :], c.groups, c.seed)


def _transfer(c: Comparison) -> Scored:
    if not len(c.test):
        return {}, {}
    found = transfers(c.real, c.synthetic, c.test, c.seed)
    skills = {
        one.target: {
            "real": one.real_skill,
            "synthetic": one.synthetic_skill,
            "signal": one.has_signal,
        }
        for one in found
    }
    return {"TSTR / TRTR skill": transfer_ratio(found)}, {"transfer": skills}


def _privacy(c: Comparison) -> Scored:
    real, synthetic = _in_space(c)
    near = near_distance(real, c.groups[0])
    runs, rows = copied_runs(c.real, c.synthetic)
    scores = {
        "too close to gold (real: 0.01)": too_close(real, synthetic, near),
        "copied 16-bar runs": runs,
        "rows with a copied run": rows,
    }
    if len(c.test):
        scores["membership attack AUC"] = membership_attack(c.real, c.test, c.synthetic)
    return scores, {}


def _diversity(c: Comparison) -> Scored:
    rng = np.random.default_rng(c.seed)
    real, synthetic = _in_space(c)
    size = min(len(real), len(synthetic))
    ours, theirs = (np.sort(rng.permutation(len(one))[:size]) for one in (real, synthetic))
    real, synthetic, groups = real[ours], synthetic[theirs], c.groups[0][ours]
    found = coverage(real, synthetic)
    return {
        "recall": found.recall,
        "coverage": found.coverage,
        "Vendi ratio": vendi_ratio(real, synthetic, rng),
        "self-repeats": self_repeats(synthetic, near_distance(real, groups)),
    }, {}


def _in_space(c: Comparison) -> tuple[FloatArray, FloatArray]:
    real, synthetic = smooth_features(c.real).values, smooth_features(c.synthetic).values
    space = Space.of(real)
    return space(real), space(synthetic)


_FAMILIES: dict[str, Callable[[Comparison], Scored]] = {
    "validity": _validity,
    "shapes": _shapes,
    "facts": _facts,
    "classifiers": _classifiers,
    "giveaways": _giveaways,
    "transfer": _transfer,
    "privacy": _privacy,
    "diversity": _diversity,
}
FAMILIES = tuple(_FAMILIES)


def asks_what_gives_away(method: str) -> bool:
    """Return whether it is of interest what gives a method's rows away: of known ways it is not."""
    return method not in (*REFERENCES, *MADE)


def score(comparison: Comparison, method: str, families: Sequence[str]) -> Scored:
    """Score a comparison by the families asked for.

    Validity is of all rows. The others leave out rows that they cannot be computed of, and say so;
    if that leaves fewer than 100, they are not computed.
    """
    scores: Scores = {}
    details: Details = {}
    kept = _scorable(comparison.synthetic)
    part = _part(comparison, kept)
    for family in families:
        if family == "giveaways" and not asks_what_gives_away(method):
            continue
        if family != "validity" and len(kept) == 0:
            continue
        measured, explained = _FAMILIES[family](comparison if family == "validity" else part)
        scores |= measured
        details |= explained
    count = len(comparison.synthetic) - len(kept)
    columns = [name for name in comparison.gold.train.extras if name not in comparison.real.extras]
    if count:
        scores["left out of all but validity"] = count / len(comparison.synthetic)
    if count or columns:
        details["left out"] = {"rows": count, "columns": columns}
    if comparison.seconds:
        scores["seconds to make them, start included"] = comparison.seconds
    return scores, details


def _scorable(rows: Rows) -> IntArray:
    """Return the rows that have all features: complete ones whose prices have logarithms.

    None, if too many have not.
    """
    broken = find_violations(rows, None)
    incomplete = [one.row for one in broken if one.criterion == "completeness"]
    complete = np.setdiff1d(np.arange(len(rows)), incomplete)
    if len(complete) == 0:
        return complete
    some = rows.select(complete)
    with np.errstate(invalid="ignore", divide="ignore"):
        numbers = np.hstack([all_features(some).values, raw_bars(some).reshape(len(some), -1)])
    found = complete[np.isfinite(numbers).all(axis=1)]
    return found if len(found) >= min(_FEWEST, len(rows)) else found[:0]


def _part(c: Comparison, kept: IntArray) -> Comparison:
    """Return a comparison with some of its synthetic rows."""
    if len(kept) == len(c.synthetic):
        return c
    return replace(c, synthetic=c.synthetic.select(kept), groups=(c.groups[0], c.groups[1][kept]))
