"""One study: Hyperband over learners for one target, which can be broken off and taken up again.

Li, L., Jamieson, K., DeSalvo, G., Rostamizadeh, A. and Talwalkar, A. (2018), "Hyperband: a novel
bandit-based approach to hyperparameter optimization", JMLR 18. The resource is training steps.
"""

import hashlib
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tradegen.data.row import BoolArray, FloatArray
from tradegen.errors import InputError
from tradegen.hyperband.bets import BLOCKS, bets, block_sums
from tradegen.hyperband.learners import (
    EPOCHS_A_STEP,
    ROUNDS_A_STEP,
    make_learner,
    one_thread,
    suggest,
)

if TYPE_CHECKING:
    import optuna

VALIDATION = "validation"
STEPS = 9
STUDY = "search"
"""The name that Hyperband deals trials to brackets by; fixed, or a seeded study would not repeat.

With this one, 60 trials give each of the three brackets the ten that TPE needs to begin.
"""

_REDUCTION = 3
_CURVES, _GAINS, _PARAMETERS, _NUMBER = "curves", "gains", "parameters", "number"


@dataclass(frozen=True, slots=True)
class Labelled:
    """Inputs `(n, k)` and labels `(n,)`."""

    inputs: FloatArray
    label: BoolArray


@dataclass(frozen=True)
class Task:
    """What to learn from, what to choose by (in the order of time), and what is only watched.

    `watched` sets are scored along the way and never influence what is tried or chosen.
    """

    fit: Labelled
    validation: Labelled
    watched: Mapping[str, Labelled]

    def fingerprint(self) -> str:
        """Return a digest of all of it: a stored trial of other data must not be taken up."""
        digest = hashlib.sha256(_made_with().encode())
        for name, part in (("fit", self.fit), (VALIDATION, self.validation), *self._sorted()):
            digest.update(f"{name}{part.inputs.shape}".encode())
            digest.update(np.ascontiguousarray(part.inputs).tobytes())
            digest.update(np.ascontiguousarray(part.label).tobytes())
        return digest.hexdigest()[:16]

    def scored(self) -> Iterator[tuple[str, Labelled]]:
        """Yield every set that is scored, the validation set first."""
        yield VALIDATION, self.validation
        yield from self._sorted()

    def _sorted(self) -> list[tuple[str, Labelled]]:
        return sorted(self.watched.items())


@dataclass(frozen=True, slots=True)
class Tried:
    """One trial: its parameters, and the skill (2 AUC - 1) on every set after each step taken.

    `gains` are the sums of its bets on the validation rows at its best step, by block: see `bets`.
    """

    parameters: Mapping[str, Any]
    curves: Mapping[str, tuple[float, ...]]
    gains: tuple[float, ...]

    @property
    def best_step(self) -> int:
        """The step, from 1, after which the validation skill was highest."""
        return int(np.argmax(self.curves[VALIDATION])) + 1

    def skill(self, name: str) -> float:
        """Return the skill on a set at the best step."""
        return self.curves[name][self.best_step - 1]


@dataclass(frozen=True)
class Found:
    """All trials of a study, the one it chose, and the scores that one gives each set."""

    tried: tuple[Tried, ...]
    chosen: Tried
    scores: Mapping[str, FloatArray]


def search(
    task: Task,
    name: str,
    seed: int,
    n_trials: int,
    storage: str | None = None,
) -> Found:
    """Run a study of `n_trials` trials and return what it found.

    The trial with the highest validation skill is chosen, among those that Hyperband let finish.
    Trial `k` draws from `(seed, k)` and from the trials before it, so that a study which was broken
    off goes on as if it had not been: `storage` names where finished trials are kept.

    Raises optuna's errors if the storage cannot be used.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = _new_study(optuna.storages.InMemoryStorage(), STUDY)
    stored = None
    if storage is not None:
        stored = _new_study(open_storage(storage), f"{name}/{seed}/{task.fingerprint()}")
        for trial in _in_order(stored.get_trials(deepcopy=False))[:n_trials]:
            study.add_trial(trial)
    with one_thread():
        for number in range(len(study.get_trials(deepcopy=False)), n_trials):
            study.sampler = optuna.samplers.TPESampler(seed=_trial_seed(seed, number))
            _try_one(study, task, _trial_seed(seed, number))
            if stored is not None:
                stored.add_trial(study.get_trials()[number])
        return _found(study, task, seed)


def _found(study: "optuna.Study", task: Task, seed: int) -> Found:
    import optuna

    finished = optuna.trial.TrialState.COMPLETE
    trials = study.get_trials(deepcopy=False)
    done = [trial for trial in trials if trial.state == finished]
    chosen = max(done, key=lambda trial: (trial.value, -trial.number))
    tried = tuple(_tried(trial) for trial in trials)
    best = tried[chosen.number]
    return Found(tried, best, _refit(task, best, _trial_seed(seed, chosen.number)))


def _made_with() -> str:
    """Return what else decides what a trial finds."""
    versions = [version(name) for name in ("optuna", "scikit-learn", "numpy")]
    return f"{STEPS} {ROUNDS_A_STEP} {EPOCHS_A_STEP} {BLOCKS} {versions}"


def check_storage(name: str) -> None:
    """Raise `InputError` unless trials can be kept in a storage; mend a journal cut off in a line.

    A process that was killed while it wrote leaves such a line, whose trial is made anew.
    """
    if "://" not in name and (journal := Path(name)).is_file():
        written = journal.read_bytes()
        whole = written[: written.rfind(b"\n") + 1]
        if whole != written:
            journal.write_bytes(whole)
    try:
        open_storage(name).get_all_studies()
    except Exception as error:  # of optuna, SQLAlchemy, a driver, JSON or the system
        shown = re.sub(r"//[^@/]*@", "//...@", name)
        raise InputError(
            f"evaluation.storage = {shown}: no storage of searches ({type(error).__name__}); "
            "expected a URL whose driver is installed, or the path of a journal. A damaged "
            "journal can be removed: its searches are then made anew"
        ) from error


def open_storage(name: str) -> "optuna.storages.BaseStorage":
    """Return the storage that a URL (SQLite, PostgreSQL ...) or the path of a journal names."""
    from optuna.storages import JournalStorage, RDBStorage
    from optuna.storages.journal import JournalFileBackend

    return RDBStorage(name) if "://" in name else JournalStorage(JournalFileBackend(name))


def _new_study(storage: "optuna.storages.BaseStorage", name: str) -> "optuna.Study":
    import optuna

    return optuna.create_study(
        storage=storage,
        study_name=name,
        load_if_exists=True,
        direction="maximize",
        pruner=optuna.pruners.HyperbandPruner(
            min_resource=1, max_resource=STEPS, reduction_factor=_REDUCTION
        ),
    )


def _in_order(trials: list["optuna.trial.FrozenTrial"]) -> list["optuna.trial.FrozenTrial"]:
    """Return stored trials by their own numbers, up to the first that is not there.

    Where two processes did the same search at once, each has stored its trials; they are equal.
    """
    by_number = {trial.user_attrs[_NUMBER]: trial for trial in reversed(trials)}
    numbers = itertools.takewhile(by_number.__contains__, itertools.count())
    return [by_number[number] for number in numbers]


def _trial_seed(seed: int, number: int) -> int:
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])


def _try_one(study: "optuna.Study", task: Task, seed: int) -> None:
    """Ask for one trial, train it until its end or until Hyperband prunes it, and tell."""
    import optuna

    trial = study.ask()
    parameters = suggest(trial)
    learner = make_learner(parameters, task.fit.inputs, task.fit.label, seed)
    curves: dict[str, list[float]] = {name: [] for name, _ in task.scored()}
    gains: FloatArray = np.zeros(0)
    pruned = False
    for step in range(1, STEPS + 1):
        learner.step()
        for name, part in task.scored():
            score = learner.score(part.inputs)
            curves[name].append(_skill(score, part.label))
            if name == VALIDATION and np.argmax(curves[name]) == step - 1:
                gains = block_sums(bets(score, part.label))
        trial.report(curves[VALIDATION][-1], step)
        if trial.should_prune():
            pruned = step < STEPS
            break
    trial.set_user_attr(_CURVES, curves)
    trial.set_user_attr(_GAINS, gains.tolist())
    trial.set_user_attr(_PARAMETERS, parameters)
    trial.set_user_attr(_NUMBER, trial.number)
    if pruned:
        study.tell(trial, state=optuna.trial.TrialState.PRUNED)
    else:
        study.tell(trial, max(curves[VALIDATION]))


def _skill(score: FloatArray, label: BoolArray) -> float:
    """Return 2 AUC - 1 of scores `(n,)`, by ranks; equal scores count half (Mann-Whitney)."""
    from scipy.stats import rankdata

    true = int(label.sum())
    above = rankdata(score)[label].sum() - true * (true + 1) / 2
    return float(2 * above / (true * (len(label) - true)) - 1)


def _tried(trial: "optuna.trial.FrozenTrial") -> Tried:
    curves = {name: tuple(curve) for name, curve in trial.user_attrs[_CURVES].items()}
    return Tried(trial.user_attrs[_PARAMETERS], curves, tuple(trial.user_attrs[_GAINS]))


def _refit(task: Task, chosen: Tried, seed: int) -> dict[str, FloatArray]:
    """Return the scores of the chosen trial at its best step: it is trained once more."""
    learner = make_learner(chosen.parameters, task.fit.inputs, task.fit.label, seed)
    for _ in range(chosen.best_step):
        learner.step()
    return {name: learner.score(part.inputs) for name, part in task.scored()}
