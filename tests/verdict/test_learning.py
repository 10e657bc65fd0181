"""Learning on planted ladders: what transfers, what is promised and what is remembered."""

from dataclasses import replace

import numpy as np
import pytest

from tradegen.hyperband.ladder import (
    GOLD,
    GOLD_HOLDOUT,
    GOLD_TRAIN,
    SHUFFLED,
    SYNTHETIC,
    Ladder,
)
from tradegen.hyperband.study import VALIDATION, Found, Tried
from tradegen.verdict.learning import OVERSTATES, REMEMBERS, TEACHES, TRANSFER, measure_learning

N = 4_000
LABEL = np.arange(N) % 2 == 0
SETS = (VALIDATION, GOLD_TRAIN, GOLD_HOLDOUT)


def found(shifts: dict[str, float], seed: int) -> Found:
    """Return a model whose scores of true labels lie `shifts` standard deviations higher."""
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(seed)
    scores = {name: rng.standard_normal(N) + shifts[name] * LABEL for name in SETS}
    curves = {name: (2 * roc_auc_score(LABEL, score) - 1,) for name, score in scores.items()}
    trial = Tried({"learner": "boosting"}, curves, ())
    return Found((trial,), trial, scores)


def ladder(
    synthetic: dict[str, float], seed: int = 0, of_gold: dict[str, float] | None = None
) -> Ladder:
    gold = {**dict.fromkeys(SETS, 1.0), **(of_gold or {})}
    nothing = dict.fromkeys(SETS, 0.0)
    studies = {GOLD: gold, SHUFFLED: nothing, SYNTHETIC: {**gold, **synthetic}}
    return Ladder(
        "side",
        {name: found(shifts, seed + k) for k, (name, shifts) in enumerate(studies.items())},
        dict.fromkeys((GOLD_TRAIN, GOLD_HOLDOUT), LABEL),
        dict.fromkeys(studies, LABEL),
    )


def measured(*ladders: Ladder) -> dict[str, tuple[float, float]]:
    each = np.arange(N)
    result = measure_learning(
        ladders,
        {GOLD_TRAIN: each, GOLD_HOLDOUT: each},
        {GOLD: each, SYNTHETIC: each},
        np.random.default_rng(0),
    )
    return {name: (one.value, one.error) for name, one in result.items()}


def test_rows_as_good_as_gold_transfer_wholly_and_promise_what_holds() -> None:
    fine = measured(ladder({}), ladder({}, 10), ladder({}, 20))
    assert fine[TRANSFER][0] == pytest.approx(1.0, abs=0.1)
    assert fine[TEACHES][0] == pytest.approx(1.0, abs=0.1)
    assert fine[OVERSTATES][0] == pytest.approx(0.0, abs=0.07)
    assert fine[REMEMBERS][0] == pytest.approx(0.0, abs=0.07)


@pytest.mark.parametrize(
    ("synthetic", "name", "low", "high"),
    [
        ({GOLD_HOLDOUT: 0.1}, TRANSFER, -0.2, 0.4),
        ({VALIDATION: 0.1}, TEACHES, -0.2, 0.4),
        ({VALIDATION: 3.0}, OVERSTATES, 0.3, 0.6),
        ({GOLD_TRAIN: 3.0}, REMEMBERS, 0.3, 0.6),
    ],
)
def test_each_fault_is_seen_by_its_own_measure(
    synthetic: dict[str, float], name: str, low: float, high: float
) -> None:
    assert low < measured(ladder(synthetic))[name][0] < high


def test_what_is_lost_after_gold_too_is_no_fault_of_the_rows() -> None:
    found = measured(ladder({}, of_gold={VALIDATION: 3.0, GOLD_TRAIN: 3.0}))
    assert found[OVERSTATES][0] == pytest.approx(0.0, abs=0.07)
    assert found[REMEMBERS][0] == pytest.approx(0.0, abs=0.07)


def test_the_error_of_the_ratio_is_its_spread_over_samples() -> None:
    results = [measured(ladder({}, 100 * k))[TRANSFER] for k in range(30)]
    spread = np.std([value for value, _ in results], ddof=1)
    assert 0.5 < np.mean([error for _, error in results]) / spread < 2


def test_targets_without_signal_do_not_count_and_none_leaves_all_unknown() -> None:
    one = ladder({})
    silent = replace(one, found={name: one.found[name] for name in (GOLD, SHUFFLED)})
    assert measured(one, silent) == measured(one)
    assert all(np.isnan(value) for value, _ in measured(silent).values())
