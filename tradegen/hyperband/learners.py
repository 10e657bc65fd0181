"""Learners that are trained step by step, so that Hyperband can stop those that lead nowhere."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

import numpy as np

from tradegen.data.row import BoolArray, FloatArray

ROUNDS_A_STEP = 8
EPOCHS_A_STEP = 2

Parameters = Mapping[str, Any]
"""A learner's name, under `learner`, and its hyperparameters."""

_CLIP = 5.0
_TINY = 1e-9


class Learner(Protocol):
    """A binary classifier that learns in steps."""

    def step(self) -> None:
        """Train on: some boosting rounds, or some epochs."""

    def score(self, inputs: FloatArray) -> FloatArray:
        """Return log odds of inputs `(n, k)`, shape `(n,)`."""


class Suggests(Protocol):
    """What a trial lets a search space ask: an Optuna trial, mostly."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """Return a number between two others."""

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        """Return a whole number between two others, which are included."""

    def suggest_categorical(self, name: str, choices: tuple[str, ...]) -> Any:
        """Return one of the choices."""


def suggest(trial: Suggests) -> dict[str, Any]:
    """Return the parameters of the learner that a trial is to try."""
    name = trial.suggest_categorical("learner", ("boosting", "network"))
    if name == "boosting":
        return {
            "learner": name,
            "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.3, log=True),
            "max_leaf_nodes": trial.suggest_int("max_leaf_nodes", 2, 31, log=True),
            "min_samples_leaf": trial.suggest_int("min_samples_leaf", 5, 100, log=True),
            "l2_regularization": trial.suggest_float("l2_regularization", 1e-2, 30.0, log=True),
            "max_features": trial.suggest_float("max_features", 0.2, 1.0),
        }
    return {
        "learner": name,
        "width": trial.suggest_int("width", 8, 64, log=True),
        "layers": trial.suggest_int("layers", 1, 2),
        "penalty": trial.suggest_float("penalty", 1e-4, 10.0, log=True),
        "step_size": trial.suggest_float("step_size", 3e-4, 1e-2, log=True),
    }


def one_thread() -> AbstractContextManager[object]:
    """Return a context in which learners keep to one thread.

    So few rows gain nothing from more, and searches run side by side. What was not loaded when the
    context is made would not be held to it, so the learners' libraries are.
    """
    import sklearn.ensemble
    import sklearn.neural_network  # noqa: F401
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(1)
    return limits


def make_learner(
    parameters: Parameters, inputs: FloatArray, label: BoolArray, seed: int
) -> Learner:
    """Return a learner that has not learned yet, for inputs `(n, k)` and labels `(n,)`."""
    given = dict(parameters)
    if given.pop("learner") == "boosting":
        return Boosting(inputs, label, seed, **given)
    return Network(inputs, label, seed, **given)


class Boosting:
    """Gradient-boosted trees; a step is 8 rounds."""

    def __init__(self, inputs: FloatArray, label: BoolArray, seed: int, **given: Any) -> None:
        from sklearn.ensemble import HistGradientBoostingClassifier

        self._inputs, self._label = inputs, label
        self._model = HistGradientBoostingClassifier(
            max_iter=0,
            max_bins=63,
            early_stopping=False,
            warm_start=True,
            random_state=seed,
            **given,
        )

    def step(self) -> None:
        """See `Learner`."""
        self._model.max_iter += ROUNDS_A_STEP
        self._model.fit(self._inputs, self._label)

    def score(self, inputs: FloatArray) -> FloatArray:
        """See `Learner`."""
        result: FloatArray = self._model.decision_function(inputs)
        return result


class Network:
    """A small network of rectified units, trained by Adam; a step is 2 epochs.

    Inputs are standardised by those it is trained on, and what is missing is their mean.
    """

    def __init__(
        self,
        inputs: FloatArray,
        label: BoolArray,
        seed: int,
        *,
        width: int,
        layers: int,
        penalty: float,
        step_size: float,
    ) -> None:
        from sklearn.neural_network import MLPClassifier

        self._centre = np.nanmean(inputs, axis=0)
        self._spread = np.maximum(np.nanstd(inputs, axis=0), _TINY)
        self._inputs, self._label = self._standard(inputs), label
        self._model = MLPClassifier(
            hidden_layer_sizes=(width,) * layers,
            alpha=penalty,
            learning_rate_init=step_size,
            batch_size=min(128, len(inputs)),
            random_state=seed,
        )

    def step(self) -> None:
        """See `Learner`."""
        for _ in range(EPOCHS_A_STEP):
            self._model.partial_fit(self._inputs, self._label, classes=np.array([False, True]))

    def score(self, inputs: FloatArray) -> FloatArray:
        """See `Learner`."""
        odds = self._model.predict_proba(self._standard(inputs))[:, 1]
        result: FloatArray = np.log(np.maximum(odds, _TINY) / np.maximum(1 - odds, _TINY))
        return result

    def _standard(self, inputs: FloatArray) -> Any:
        scaled = (inputs - self._centre) / self._spread
        return np.nan_to_num(np.clip(scaled, -_CLIP, _CLIP)).astype(np.float32)
