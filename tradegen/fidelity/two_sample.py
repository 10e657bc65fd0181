"""Classifier two-sample tests: can a learner tell synthetic rows from real ones?

Lopez-Paz, D. and Oquab, M. (2017), "Revisiting classifier two-sample tests", ICLR. 0.5 is perfect;
well below 0.5 means near-twins: a test row's twin was trained on with the other label.

Learners keep to one thread: so few rows gain nothing from more, and on a busy machine lose much.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from tradegen.data.row import BoolArray, FloatArray, IntArray

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Told:
    """How synthetic rows are told from real ones by learners that had not seen them.

    `label` says which rows are synthetic, `score` how synthetic they looked to the learner that
    was not trained on their fold, `fold` which that is; all of shape `(n,)`, real rows first.
    """

    label: BoolArray
    score: FloatArray
    fold: IntArray

    @property
    def auc(self) -> float:
        """Area under the ROC curve, mean over folds."""
        from sklearn.metrics import roc_auc_score

        of = [self.fold == k for k in range(FOLDS)]
        return float(np.mean([roc_auc_score(self.label[one], self.score[one]) for one in of]))

    @property
    def accuracy(self) -> float:
        """Mean of the shares of real and of synthetic rows that are told right."""
        right = (self.score > 0) == self.label
        return float((right[self.label].mean() + right[~self.label].mean()) / 2)

    @property
    def discriminative_score(self) -> float:
        """TimeGAN's |accuracy - 0.5| (Yoon, Jarrett and van der Schaar, 2019); 0 is best."""
        return abs(self.accuracy - 0.5)


def tell_by_trees(
    real: FloatArray, synthetic: FloatArray, groups: tuple[IntArray, IntArray], seed: int
) -> Told:
    """Tell features `(n, k)` from features `(m, k)` by boosted trees.

    `groups` names the group of each real and of each synthetic row; no group is both trained on
    and judged. Groups of real and synthetic rows are never the same. Scores are log odds if there
    were as many of both: weights would do the same, but make scikit-learn bin four times slower.
    """
    told = _tell(_trees(seed), real, synthetic, groups, seed)
    return replace(told, score=told.score - np.log(len(synthetic) / len(real)))


def tell_by_ridge(
    real: FloatArray, synthetic: FloatArray, groups: tuple[IntArray, IntArray], seed: int
) -> Told:
    """Tell features as `tell_by_trees` does, by a ridge classifier, as ROCKET uses.

    It is meant for random convolutions, which are many and dense.
    """
    return _tell(_ridge(), real, synthetic, groups, seed)


def _tell(
    learner: Any,
    real: FloatArray,
    synthetic: FloatArray,
    groups: tuple[IntArray, IntArray],
    seed: int,
) -> Told:
    values = np.vstack([real, synthetic])
    label = np.arange(len(values)) >= len(real)
    score = np.empty(len(values))
    fold = np.empty(len(values), dtype=np.int64)
    with threadpool_limits(1):
        for k, (train, test) in enumerate(folds(label, groups, seed)):
            learner.fit(values[train], label[train])
            score[test] = learner.decision_function(values[test])
            fold[test] = k
    return Told(label, score, fold)


def tell_by_one(real: FloatArray, synthetic: FloatArray) -> FloatArray:
    """Return the AUC of each feature by itself, shape `(k,)`; 0.5 tells nothing.

    The Mann-Whitney statistic: the odds that a synthetic row's value exceeds a real row's.
    """
    from scipy.stats import rankdata

    n, m = len(real), len(synthetic)
    ranks = rankdata(np.vstack([real, synthetic]), axis=0)[n:].sum(axis=0)
    result: FloatArray = (ranks - m * (m + 1) / 2) / (n * m)
    return result


def what_gives_away(
    real: FloatArray, synthetic: FloatArray, groups: tuple[IntArray, IntArray], seed: int
) -> FloatArray:
    """Return how much AUC boosted trees lose when a feature is shuffled, shape `(k,)`.

    Permutation importance on rows that were not trained on (Breiman, 2001), mean over folds.
    """
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(seed)
    values = np.vstack([real, synthetic])
    label = np.arange(len(values)) >= len(real)
    lost = np.zeros((FOLDS, values.shape[1]))
    learner = _trees(seed)
    with threadpool_limits(1):
        for k, (train, test) in enumerate(folds(label, groups, seed)):
            learner.fit(values[train], label[train])
            whole = roc_auc_score(label[test], learner.decision_function(values[test]))
            for feature in range(values.shape[1]):
                spoilt = values[test].copy()
                spoilt[:, feature] = rng.permutation(spoilt[:, feature])
                left = roc_auc_score(label[test], learner.decision_function(spoilt))
                lost[k, feature] = whole - left
    result: FloatArray = lost.mean(axis=0)
    return result


def folds(
    label: BoolArray, groups: tuple[IntArray, IntArray], seed: int
) -> list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Return train and test indices of 5 folds that keep groups whole and labels balanced."""
    from sklearn.model_selection import StratifiedGroupKFold

    ours, theirs = groups
    apart = np.concatenate([ours, theirs + ours.max() + 1 - theirs.min()])
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    return list(splitter.split(label, label, apart))


def _trees(seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=60,
        max_bins=64,
        max_leaf_nodes=12,
        learning_rate=0.12,
        min_samples_leaf=20,
        l2_regularization=1.0,
        random_state=seed,
    )


def _ridge() -> Any:
    from sklearn.linear_model import RidgeClassifierCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    alphas = np.logspace(1, 5, 5)
    return make_pipeline(StandardScaler(), RidgeClassifierCV(alphas, class_weight="balanced"))
