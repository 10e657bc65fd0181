"""Counting: how often a value occurs in gold and in the synthetic rows, bin by bin."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tradegen.data.row import FloatArray, IntArray
from tradegen.data.rows import TextArray

_BINS = 40
_OUTER = 0.005
_TINY = 1e-12
OTHERS = "all others"
MISSING = "no value"


@dataclass(frozen=True)
class Counted:
    """Counts by bin, in the bins' order; every row is in one bin."""

    labels: tuple[str, ...]
    gold: tuple[int, ...]
    synthetic: tuple[int, ...]

    @property
    def shares(self) -> tuple[list[float], list[float]]:
        """Shares of gold and of the synthetic rows, in percent; zeros of no rows."""
        return tuple(  # type: ignore[return-value]  # of two
            [100 * count / max(sum(counts), 1) for count in counts]
            for counts in (self.gold, self.synthetic)
        )

    @property
    def overlap_pct(self) -> float:
        """How much the two distributions have in common: 100 if they are the same, 0 if apart."""
        return float(sum(min(pair) for pair in zip(*self.shares, strict=True)))


@dataclass(frozen=True)
class Words(Counted):
    """Counts of words, of which the rare ones share a bin; `in_common_pct` tells all apart."""

    in_common_pct: float

    @property
    def overlap_pct(self) -> float:
        """How much the two distributions have in common, word by word."""
        return self.in_common_pct


@dataclass(frozen=True)
class Histogram(Counted):
    """Counts between edges, of which there is one more than bins; the outer bins hold the rest."""

    edges: tuple[float, ...]


def histogram(gold: FloatArray, synthetic: FloatArray, digits: str = ".4g") -> Histogram:
    """Return counts in 40 bins of one width over all but the outermost 1 % of both together.

    What lies further out is counted in the first and in the last bin. Values that are not finite
    are left out.
    """
    ours, theirs = (values[np.isfinite(values)] for values in (gold, synthetic))
    ends = [np.quantile(one, [_OUTER, 1 - _OUTER]) for one in (ours, theirs) if len(one)]
    low = min((float(end[0]) for end in ends), default=0.0)
    high = max((float(end[1]) for end in ends), default=1.0)
    if high - low <= _TINY * max(abs(low), abs(high), 1.0):
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, _BINS + 1)
    counts = [
        np.bincount(
            np.clip(np.searchsorted(edges, values, "right") - 1, 0, _BINS - 1), minlength=_BINS
        )
        for values in (ours, theirs)
    ]
    ends_of = edges.tolist()
    return Histogram(
        tuple(f"{a:{digits}} to {b:{digits}}" for a, b in pairwise(ends_of)),
        tuple(counts[0].tolist()),
        tuple(counts[1].tolist()),
        tuple(ends_of),
    )


def doubling(gold: IntArray, synthetic: IntArray) -> Counted:
    """Return counts of whole numbers in bins that double: 0, 1, 2 to 3, 4 to 7 and so on."""
    largest = max((int(one.max()) for one in (gold, synthetic) if len(one)), default=0)
    n_bins = largest.bit_length() + 1
    bin_of = np.array([0, *(1 << np.arange(n_bins))])
    counts = [
        np.bincount(np.searchsorted(bin_of, values, "right") - 1, minlength=n_bins)
        for values in (gold, synthetic)
    ]
    labels = ["0", "1", *(f"{1 << k}-{(2 << k) - 1}" for k in range(1, n_bins))][:n_bins]
    return Counted(tuple(labels), tuple(counts[0].tolist()), tuple(counts[1].tolist()))


def numbered(gold: IntArray, synthetic: IntArray, labels: tuple[str, ...]) -> Counted:
    """Return counts of whole numbers from 0 on, each with its label."""
    ours, theirs = (
        np.bincount(values, minlength=len(labels)).tolist() for values in (gold, synthetic)
    )
    return Counted(labels, tuple(ours), tuple(theirs))


def words(gold: TextArray, synthetic: TextArray, most: int = 12) -> Words:
    """Return counts of words, the commonest of gold first; more than `most` are one bin."""
    ours, theirs = Counter(gold.tolist()), Counter(synthetic.tolist())
    known = sorted({*ours, *theirs}, key=lambda word: (-ours[word], -theirs[word], word))
    shown = known if len(known) <= most else known[: most - 1]
    every = Counted(
        tuple(known), tuple(ours[word] for word in known), tuple(theirs[word] for word in known)
    )
    labels = [word or MISSING for word in shown]
    counts = [[counter[word] for word in shown] for counter in (ours, theirs)]
    if len(shown) < len(known):
        labels.append(OTHERS)
        for values, counter in zip(counts, (ours, theirs), strict=True):
            values.append(counter.total() - sum(values))
    return Words(tuple(labels), tuple(counts[0]), tuple(counts[1]), every.overlap_pct)
