"""Ladders: the same search trained on gold, on shuffled labels and on synthetic rows, per target.

Gold is the ceiling, shuffled labels are the floor; a target on which the ceiling is not above the
floor has no signal, and what synthetic rows teach about it says nothing.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import numpy as np

from tradegen.data.row import BoolArray, FloatArray, IntArray
from tradegen.data.rows import Rows
from tradegen.data.split import split_by_time
from tradegen.errors import InputError
from tradegen.fidelity.overlap import overlap_groups
from tradegen.fidelity.resampling import resampled_auc, resamples
from tradegen.fidelity.transfer import targets
from tradegen.hyperband.selection import Selection, selection
from tradegen.hyperband.study import VALIDATION, Found, Labelled, Task, search
from tradegen.parent import end_with_parent

GOLD, SYNTHETIC, SHUFFLED = "gold", "synthetic", "shuffled"
GOLD_TRAIN, GOLD_HOLDOUT = "gold train", "gold holdout"

_VALIDATION_SHARE = 0.3
_FEWEST = 20
_STANDARD_ERRORS = 2.0
_LEAST_SKILL = 0.1
_RESAMPLES = 200


@dataclass(frozen=True, slots=True)
class Material:
    """Rows with their inputs `(n, k)`: see `inputs.entry_inputs`."""

    rows: Rows
    inputs: FloatArray


@dataclass(frozen=True)
class Ladder:
    """What was found for one target, by what it was trained on; and the labels it is scored by.

    Nothing was trained on synthetic rows where gold has no signal. `labels` hold those of
    `GOLD_TRAIN` and `GOLD_HOLDOUT`, `validation` those of each training's own validation rows.
    """

    target: str
    found: Mapping[str, Found]
    labels: Mapping[str, BoolArray]
    validation: Mapping[str, BoolArray]

    @property
    def has_signal(self) -> bool:
        """Whether gold-trained models foretell the later holdout better than the floor does."""
        return SYNTHETIC in self.found

    def skill(self, trained_on: str, scored_on: str) -> float:
        """Return the chosen trial's skill, 2 AUC - 1."""
        return self.found[trained_on].chosen.skill(scored_on)

    def regret(self, trained_on: str) -> float:
        """Return how much skill on the holdout is lost by not training on gold."""
        return self.skill(GOLD, GOLD_HOLDOUT) - self.skill(trained_on, GOLD_HOLDOUT)

    def selection(self, trained_on: str) -> Selection:
        """Return how far the choice of the trial can be trusted."""
        return selection(self.found[trained_on], self.validation[trained_on], GOLD_HOLDOUT)

    def resampled_skill(self, trained_on: str, scored_on: str, weights: FloatArray) -> FloatArray:
        """Return that skill in each resample of the rows it is scored on, shape `(count,)`.

        `weights` are `resampling.resamples` of these rows.
        """
        score = self.found[trained_on].scores[scored_on]
        own = scored_on == VALIDATION
        label = self.validation[trained_on] if own else self.labels[scored_on]
        return 2 * resampled_auc(label, score, weights) - 1


@dataclass(frozen=True, slots=True)
class Searches:
    """How every search is done.

    What is found depends on the seed and the number of trials, not on how many processes share the
    searches. `storage` is where finished trials are kept; `done` is called after each search.
    """

    seed: int
    n_trials: int
    storage: str | None = None
    workers: int = 1
    done: Callable[[], None] | None = None


def climb(
    gold: Material,
    holdout: Material,
    synthetic: Material,
    how: Searches,
    known: Sequence[Ladder] = (),
) -> list[Ladder]:
    """Search for every target that all sets have both labels of, synthetic rows where gold can.

    What `known` ladders of the same gold and holdout found without synthetic rows is not searched
    for again. Returns no ladder where there are too few rows to choose by.
    """
    cuts = [_cut(one.rows) for one in (gold, synthetic)]
    labels = targets(gold.rows, holdout.rows, synthetic.rows)
    tasks = {}
    for target, (of_gold, of_holdout, of_synthetic) in labels.items():
        watched = {
            GOLD_TRAIN: Labelled(gold.inputs, of_gold),
            GOLD_HOLDOUT: Labelled(holdout.inputs, of_holdout),
        }
        ours = _task(gold.inputs, of_gold, cuts[0], watched)
        theirs = _task(synthetic.inputs, of_synthetic, cuts[1], watched)
        if _both_labels(ours) and _both_labels(theirs):
            shuffled = _shuffled(ours, how.seed)
            tasks[target] = {GOLD: ours, SHUFFLED: shuffled, SYNTHETIC: theirs}
    found = {
        one.target: {name: one.found[name] for name in (GOLD, SHUFFLED)}
        for one in known
        if one.target in tasks
    }
    new = {target: task for target, task in tasks.items() if target not in found}
    found |= _search_all(new, (GOLD, SHUFFLED), how)
    groups = overlap_groups(holdout.rows)
    signal = {
        target: tasks[target]
        for target in tasks
        if _has_signal(found[target], labels[target][1], groups, how.seed)
    }
    for target, also in _search_all(signal, (SYNTHETIC,), how).items():
        found[target] |= also
    return [
        Ladder(
            target,
            found[target],
            {name: part.label for name, part in of[GOLD].watched.items()},
            {name: task.validation.label for name, task in of.items()},
        )
        for target, of in tasks.items()
    ]


def _search_all(
    tasks: Mapping[str, Mapping[str, Task]], names: Sequence[str], how: Searches
) -> dict[str, dict[str, Found]]:
    jobs = [(target, name) for target in tasks for name in names]
    found: dict[str, dict[str, Found]] = {target: {} for target in tasks}
    pool = _pool(min(how.workers, len(jobs)))
    try:
        running = [
            pool.submit(
                search,
                tasks[target][name],
                f"hyperband/{target}/{name}",
                how.seed,
                how.n_trials,
                how.storage,
            )
            for target, name in jobs
        ]
        for (target, name), one in zip(jobs, running, strict=True):
            found[target][name] = one.result()
            if how.done is not None:
                how.done()
    finally:  # also when it is broken off: searches that were not finished go on another time
        pool.stop()
    return found


class _Here:
    """Runs what it is given at once, in this process."""

    def submit(self, fn: Callable[..., Found], *args: Any) -> "Future[Found]":
        future: Future[Found] = Future()
        future.set_result(fn(*args))
        return future

    def stop(self) -> None:
        """Do nothing: all has ended."""


class _Processes:
    """Runs what it is given in processes of its own.

    They start afresh, as threads run here, and without a script's own main module: a plain script
    needs no guard.
    """

    def __init__(self, workers: int) -> None:
        from joblib.externals.loky import ProcessPoolExecutor

        self._pool = ProcessPoolExecutor(
            workers, initializer=end_with_parent, initargs=(os.getpid(),)
        )

    def submit(self, fn: Callable[..., Found], *args: Any) -> "Future[Found]":
        future: Future[Found] = self._pool.submit(fn, *args)
        return future

    def stop(self) -> None:
        """End the processes, whatever they do."""
        self._pool.shutdown(wait=True, kill_workers=True)


def _pool(workers: int) -> _Here | _Processes:
    return _Processes(workers) if workers > 1 else _Here()


def _has_signal(found: Mapping[str, Found], label: BoolArray, groups: IntArray, seed: int) -> bool:
    """Return whether the ceiling is above the floor by 2 standard errors, and by 0.1 of skill.

    The floor is the mean skill of all trials on shuffled labels; less skill than 0.1 would teach
    nothing about synthetic rows. The error is that of the group bootstrap.
    """
    ceiling = found[GOLD].chosen.skill(GOLD_HOLDOUT)
    floor = float(np.mean([trial.skill(GOLD_HOLDOUT) for trial in found[SHUFFLED].tried]))
    weights = resamples(len(label), groups, np.random.default_rng(seed), _RESAMPLES)
    drawn = 2 * resampled_auc(label, found[GOLD].scores[GOLD_HOLDOUT], weights) - 1
    return ceiling - floor > max(_STANDARD_ERRORS * float(np.nanstd(drawn)), _LEAST_SKILL)


def validation_rows(rows: Rows) -> IntArray:
    """Return the rows, as indices in the order of time, that trials on these rows are chosen by."""
    return _cut(rows)[1]


def _cut(rows: Rows) -> tuple[IntArray, IntArray]:
    """Return earlier rows to fit and later ones to choose by, in the order of time.

    They share no moment, lookbacks included: that purges, and leaves an embargo of a lookback.
    """
    try:
        split = split_by_time(rows, _VALIDATION_SHARE)
    except InputError:  # no row ends before the later ones begin
        return np.arange(0), np.arange(0)
    later = split.holdout[np.argsort(rows.entry_time[split.holdout], kind="stable")]
    return split.train, later


def _task(
    inputs: FloatArray,
    label: BoolArray,
    cut: tuple[IntArray, IntArray],
    watched: Mapping[str, Labelled],
) -> Task:
    fit, validation = (Labelled(inputs[part], label[part]) for part in cut)
    return Task(fit, validation, watched)


def _shuffled(task: Task, seed: int) -> Task:
    rng = np.random.default_rng(seed)
    fit, validation = (
        Labelled(part.inputs, rng.permutation(part.label)) for part in (task.fit, task.validation)
    )
    return Task(fit, validation, task.watched)


def _both_labels(task: Task) -> bool:
    parts = [task.fit, *(part for _, part in task.scored())]
    return all(min(part.label.sum(), (~part.label).sum()) >= _FEWEST for part in parts)
