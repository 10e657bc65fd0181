"""The sampler: each row number's constraint and the three gold rows it is grounded in."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tradegen.data.row import FloatArray, IntArray
from tradegen.data.rows import Rows
from tradegen.errors import InputError
from tradegen.samplers.buckets import Bucket
from tradegen.samplers.constraint import SEEDS, DiversityConstraint, VolatilityConstraint
from tradegen.samplers.few_shots import deal, draw_hand
from tradegen.streams import Purpose, stream

WIDENED = 8
"""Gold rows that a widened bucket takes its seeds from."""

_ATTEMPTS_WITH_DEALT_SEEDS = 4


@dataclass(frozen=True, slots=True)
class Draw:
    """What the sampler gives an attempt: the constraint and the train indices of its seeds."""

    constraint: VolatilityConstraint
    seeds: IntArray


class Sampler:
    """Deals constraints and seeds to the row numbers `0 .. n - 1` of one run.

    Both follow from the run's seed and the row number alone, so that it does not matter in which
    order, by which process or how often they are asked for.
    """

    def __init__(
        self,
        constraint: DiversityConstraint,
        n: int,
        seed: int,
        rows: Rows,
        volatility: FloatArray,
        *,
        widen: bool = False,
    ) -> None:
        """Deal the hands of a run of `n` rows from gold's train `rows`.

        `volatility` has shape `(n_train,)`. With `widen`, a bucket that has weight but fewer than
        3 gold rows takes its seeds from the nearest ones; without, it raises `InputError` with
        the counts of all buckets and the ways out, also where so small an `n` gives the bucket no
        row: whether a constraint fits gold does not depend on how many rows are asked for.
        """
        self.constraint = constraint
        self.quotas = constraint.quotas(n)
        self._seed = seed
        buckets = constraint.buckets  # made anew each time
        eligible = constraint.eligible(rows, volatility)
        short = [
            k for k, bucket in enumerate(buckets) if bucket.weight > 0 and len(eligible[k]) < SEEDS
        ]
        if short and not widen:
            raise InputError(_too_few(buckets, self.quotas, eligible, short))
        for k in short:
            eligible[k] = _nearest(constraint, k, rows, volatility)
        self.widened = tuple(buckets[k].label for k in short)
        self.eligible_counts = np.array([len(index) for index in eligible])
        _, symbols = np.unique(rows.symbol, return_inverse=True)
        self._eligible = eligible
        self._symbols = [symbols[index] for index in eligible]
        self.bucket_of_row = constraint.assign(n, seed).astype(np.int32)
        self._seeds = np.zeros((n, SEEDS), dtype=np.int32)
        for k, quota in enumerate(self.quotas):
            if quota:
                hands = deal(self._symbols[k], int(quota), seed, k)
                self._seeds[self.bucket_of_row == k] = eligible[k][hands]

    def __len__(self) -> int:
        return len(self.bucket_of_row)

    def constraint_of(self, row_number: int) -> VolatilityConstraint:
        """Return what row `row_number` must satisfy."""
        bucket = self.constraint.buckets[self.bucket_of_row[row_number]]
        return VolatilityConstraint(bucket.value, bucket.low, bucket.high, bucket.where)

    def draw(self, row_number: int, attempt: int) -> Draw:
        """Return the constraint and seeds of one attempt at a row.

        The first attempts keep the seeds that were dealt, so that accepted rows use gold evenly;
        later ones draw others from the row's own stream.
        """
        constraint = self.constraint_of(row_number)
        if attempt < _ATTEMPTS_WITH_DEALT_SEEDS:
            return Draw(constraint, self._seeds[row_number].astype(np.int64))
        k = int(self.bucket_of_row[row_number])
        rng = stream(self._seed, row_number, Purpose.FEW_SHOTS, attempt, part=1)
        return Draw(constraint, self._eligible[k][draw_hand(self._symbols[k], rng)])


def _nearest(
    constraint: DiversityConstraint, k: int, rows: Rows, volatility: FloatArray
) -> npt.NDArray[np.intp]:
    """Return the gold rows nearest to bucket `k` among those that have its other columns."""
    bucket = constraint.buckets[k]
    anywhere = DiversityConstraint(((Bucket(bucket.value, -np.inf, np.inf, 1.0, bucket.where),),))
    (candidates,) = anywhere.eligible(rows, volatility)
    if len(candidates) < SEEDS:
        raise InputError(
            f"bucket {bucket.label}: only {len(candidates)} gold rows have what it asks for "
            f"besides the volatility; {SEEDS} are needed"
        )
    distance = np.abs(volatility[candidates] - bucket.value)
    return candidates[np.argsort(distance, kind="stable")[:WIDENED]]


def _too_few(
    buckets: Sequence[Bucket],
    quotas: IntArray,
    eligible: Sequence[npt.NDArray[np.intp]],
    short: Sequence[int],
) -> str:
    names = ", ".join(
        f"{buckets[k].label} [{buckets[k].low:g}, {buckets[k].high:g})" for k in short
    )
    lines = [
        f"too few gold rows in bucket(s) {names}: {SEEDS} are needed in each that has weight",
        "  bucket      weight  gold rows  rows asked for",
    ]
    for k, bucket in enumerate(buckets):
        mark = "  <- too few" if k in short else ""
        lines.append(
            f"  {bucket.label:<10} {bucket.weight:>7.2%} {len(eligible[k]):>10,} "
            f"{int(quotas[k]):>15,}{mark}"
        )
    lines.append("Two ways out:")
    lines.append("  --widen-buckets     takes the nearest gold rows as seeds")
    kept = [0.0 if len(eligible[k]) < SEEDS else b.weight for k, b in enumerate(buckets)]
    if sum(kept) > 0 and not any(bucket.where for bucket in buckets):
        pairs = ",".join(
            f"{bucket.value:g}={weight / sum(kept):.5g}"
            for bucket, weight in zip(buckets, kept, strict=True)
        )
        lines.append(f"  --weights {pairs}     fits this gold")
    else:
        lines.append("  --weights gold      takes buckets and weights from this gold")
    return "\n".join(lines)
