"""A study repeats to the bit, goes on where it was broken off, and looks only where it may."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest

from tradegen.errors import InputError
from tradegen.hyperband.learners import make_learner
from tradegen.hyperband.study import (
    STEPS,
    STUDY,
    VALIDATION,
    Found,
    Labelled,
    Task,
    check_storage,
    open_storage,
    search,
)
from tradegen.verdict.evaluation import FULL

NAME = "hyperband/side/synthetic"


def labelled(n: int, seed: int, noise: float = 0.5) -> Labelled:
    rng = np.random.default_rng(seed)
    inputs = rng.standard_normal((n, 5))
    inputs[rng.random((n, 5)) < 0.02] = np.nan
    signal = np.nan_to_num(inputs[:, 0]) + noise * rng.standard_normal(n)
    return Labelled(inputs, signal > 0)


@pytest.fixture(scope="module")
def task() -> Task:
    return Task(labelled(150, 0), labelled(80, 1), {"later": labelled(80, 2)})


@pytest.fixture(scope="module")
def found(task: Task) -> Found:
    return search(task, NAME, 7, 16)


@pytest.mark.parametrize(
    "parameters",
    [
        {
            "learner": "boosting",
            "learning_rate": 0.1,
            "max_leaf_nodes": 4,
            "min_samples_leaf": 10,
            "l2_regularization": 1.0,
            "max_features": 1.0,
        },
        {"learner": "network", "width": 16, "layers": 1, "penalty": 1e-3, "step_size": 1e-2},
    ],
)
def test_every_learner_learns_more_with_more_steps(parameters: dict[str, object]) -> None:
    fit = labelled(300, 0)
    learner = make_learner(parameters, fit.inputs, fit.label, 0)
    right = []
    for _ in range(STEPS):
        learner.step()
        right.append(((learner.score(fit.inputs) > 0) == fit.label).mean())
    assert right[-1] > 0.8
    assert right[-1] > right[0]


def test_what_can_be_learned_is_learned_and_holds(found: Found) -> None:
    assert found.chosen.skill(VALIDATION) > 0.6
    assert found.chosen.skill("later") > 0.6


def test_the_scores_are_those_of_the_chosen_trial(task: Task, found: Found) -> None:
    from sklearn.metrics import roc_auc_score

    skill = 2 * roc_auc_score(task.watched["later"].label, found.scores["later"]) - 1
    assert skill == pytest.approx(found.chosen.skill("later"))


def test_hyperband_stops_trials_early_and_lets_others_end(found: Found) -> None:
    lengths = Counter(len(trial.curves[VALIDATION]) for trial in found.tried)
    assert set(lengths) == {1, 3, STEPS}
    assert found.chosen in found.tried


def test_no_watched_set_influences_what_is_tried_or_chosen(task: Task, found: Found) -> None:
    watched = task.watched["later"]
    other = replace(task, watched={"later": replace(watched, label=~watched.label)})
    again = search(other, NAME, 7, 16)
    assert [trial.parameters for trial in again.tried] == [t.parameters for t in found.tried]
    assert again.chosen.parameters == found.chosen.parameters
    assert again.chosen.skill("later") == pytest.approx(-found.chosen.skill("later"))


@pytest.mark.parametrize("kind", ["journal", "sqlite"])
def test_a_study_that_was_broken_off_goes_on_as_if_it_had_not_been(
    kind: str, task: Task, found: Found, tmp_path: Path
) -> None:
    storage = str(tmp_path / "searches.journal")
    if kind == "sqlite":
        storage = f"sqlite:///{tmp_path}/searches.db"
    search(task, NAME, 7, 5, storage)
    resumed = search(task, NAME, 7, 16, storage)
    assert resumed.tried == found.tried
    assert np.array_equal(resumed.scores["later"], found.scores["later"])


def test_a_search_that_two_processes_made_at_once_is_still_the_same(
    task: Task, found: Found, tmp_path: Path
) -> None:
    """Both have stored each of their trials, which are equal."""
    name = str(tmp_path / "searches.journal")
    search(task, NAME, 7, 5, name)
    storage = open_storage(name)
    (one,) = storage.get_all_studies()
    study = optuna.load_study(study_name=one.study_name, storage=storage)
    study.add_trials(study.get_trials())
    assert search(task, NAME, 7, 16, name).tried == found.tried


def test_a_journal_cut_off_in_a_line_goes_on(task: Task, found: Found, tmp_path: Path) -> None:
    journal = tmp_path / "searches.journal"
    search(task, NAME, 7, 5, str(journal))
    journal.write_bytes(journal.read_bytes()[:-7])
    check_storage(str(journal))
    assert search(task, NAME, 7, 16, str(journal)).tried == found.tried


@pytest.mark.parametrize("name", ["foo://me:secret@bar/x", "garbage.journal"])
def test_what_is_no_storage_is_told_before_any_work(name: str, tmp_path: Path) -> None:
    (tmp_path / "garbage.journal").write_text("no journal\nat all\n")
    place = name if "://" in name else str(tmp_path / name)
    with pytest.raises(InputError, match="no storage of searches") as raised:
        check_storage(place)
    assert "secret" not in str(raised.value)


def test_stored_trials_of_other_data_are_not_taken_up(task: Task, tmp_path: Path) -> None:
    storage = str(tmp_path / "searches.journal")
    search(task, NAME, 7, 3, storage)
    other = replace(task, fit=labelled(150, 9))
    assert search(other, NAME, 7, 3, storage).tried == search(other, NAME, 7, 3).tried


def test_every_bracket_of_a_full_search_has_ten_trials() -> None:
    """TPE needs as many; which bracket a trial is in follows from the study's name."""
    pruner = optuna.pruners.HyperbandPruner(min_resource=1, max_resource=STEPS, reduction_factor=3)
    study = optuna.create_study(study_name=STUDY, pruner=pruner)
    study.ask().should_prune()  # sets the brackets up
    trial = study.get_trials()[0]
    brackets: Counter[int] = Counter()
    for trial.number in range(FULL.trials):
        brackets[pruner._get_bracket_id(study, trial)] += 1
    assert len(brackets) == 3
    assert min(brackets.values()) >= 10
