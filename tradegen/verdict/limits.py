"""Limits: where likeness to gold becomes copying, and where distance from it becomes noise.

Each is set beside what real rows give against real rows, measured by the same code, so that a
limit means the same on every gold. `benchmarks/verdict.py` says how often they err.
"""

import math
from dataclasses import dataclass

from tradegen.verdict.check import Fault
from tradegen.verdict.copying import NEAR, REPEATS, RUNS
from tradegen.verdict.learning import OVERSTATES, REMEMBERS, TEACHES, TRANSFER
from tradegen.verdict.likeness import COVERED, FACTS, MISPLACED, SHAPES, TOLD, TOLD_BY_BARS, UNREAL
from tradegen.verdict.trading import FAKE, MATERIAL, RANKS
from tradegen.verdict.validity import VALID


@dataclass(frozen=True, slots=True)
class Limit:
    """What a number may be: a share of what halves of gold give, and so much beyond.

    The limit is `beyond + times * half`. The number lies `within` two others: most are shares.
    """

    fault: Fault
    says: str
    beyond: float
    times: float = 1.0
    higher_is_worse: bool = True
    within: tuple[float, float] = (0.0, 1.0)

    def of(self, half: float) -> float:
        """Return the limit beside the number that halves of gold give; NaN if that is needed."""
        return self.beyond + (self.times * half if self.times else 0.0)


_ANY = (-math.inf, math.inf)

LIMITS = {
    VALID: Limit(
        Fault.UNDERFIT,
        "share of rows without a contradiction in themselves",
        beyond=0.99,
        times=0.0,
        higher_is_worse=False,
    ),
    NEAR: Limit(
        Fault.OVERFIT,
        "share of rows nearer to a gold row than 99 % of gold rows are to any other: copies",
        beyond=0.03,
    ),
    RUNS: Limit(
        Fault.OVERFIT, "share of rows that repeat 16 bars in a row of some gold row", beyond=0.05
    ),
    REPEATS: Limit(
        Fault.UNDERFIT,
        "share of rows as near to each other as only 1 % of gold rows are: collapse",
        beyond=0.07,
    ),
    TOLD: Limit(
        Fault.UNDERFIT,
        "how well trees tell rows from gold by features; 0.5 is not at all, 1 always",
        times=0.0,
        beyond=0.80,
    ),
    TOLD_BY_BARS: Limit(
        Fault.UNDERFIT,
        "the same by random convolutions of raw bars, which know no features",
        times=0.0,
        beyond=0.80,
    ),
    UNREAL: Limit(
        Fault.UNDERFIT,
        "share of rows further out than 98 % of gold rows: what no market and no trader does",
        beyond=0.15,
        within=(-1.0, 1.0),
    ),
    MISPLACED: Limit(
        Fault.UNDERFIT,
        "share of rows whose bars from entry on do not go on from those before, as if dealt",
        beyond=0.12,
        times=0.0,
        within=_ANY,
    ),
    SHAPES: Limit(
        Fault.UNDERFIT,
        "likeness of columns and of pairs of columns, as SDMetrics defines them",
        beyond=-0.10,
        higher_is_worse=False,
    ),
    FACTS: Limit(
        Fault.UNDERFIT,
        "share of stylised facts of the bars that differ enough to be seen",
        beyond=0.30,
    ),
    COVERED: Limit(
        Fault.UNDERFIT,
        "share of gold rows that have a row like them",
        beyond=0.0,
        times=0.6,
        higher_is_worse=False,
    ),
    RANKS: Limit(
        Fault.UNDERFIT,
        "rank correlation of plain strategies' results on gold and on the rows; 0 is by chance",
        times=0.0,
        beyond=0.0,
        higher_is_worse=False,
        within=(-1.0, 1.0),
    ),
    FAKE: Limit(
        Fault.UNDERFIT,
        "gain of the strategy that does best against gold, in average true ranges a trade",
        beyond=MATERIAL,
        within=_ANY,
    ),
    TRANSFER: Limit(
        Fault.UNDERFIT,
        "skill on the later gold holdout, as a share of that of models trained on gold",
        beyond=0.6,
        times=0.0,
        higher_is_worse=False,
        within=_ANY,
    ),
    TEACHES: Limit(
        Fault.UNDERFIT,
        "skill on the rows' own validation part, as a share of that of gold on its own",
        beyond=0.4,
        times=0.0,
        higher_is_worse=False,
        within=_ANY,
    ),
    OVERSTATES: Limit(
        Fault.OVERFIT,
        "skill lost from the rows' own validation part to the gold holdout, beyond what is lost "
        "from gold's own",
        beyond=0.1,
        times=0.0,
        within=_ANY,
    ),
    REMEMBERS: Limit(
        Fault.OVERFIT,
        "skill lost from gold train to the gold holdout, beyond what models trained on gold lose",
        beyond=0.1,
        times=0.0,
        within=_ANY,
    ),
}
