"""The survey of a run's rows: read group by group, so that memory is bounded."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from tradegen.data.row import IntArray
from tradegen.data.rows import Rows
from tradegen.data.yearly_bars import YearlyBars, bars_per_year
from tradegen.report.nearest import GoldSpace, Nearest
from tradegen.report.traits import Traits

MOST_ROWS = 50_000
"""Of more rows only whole groups, evenly spread over the file, are looked at."""


@dataclass(frozen=True)
class Survey:
    """What was seen of `counted` rows out of `total`.

    `number` `(counted,)` is the place of each in the file; `nearest` is None without gold;
    `sample` are rows evenly spread over those counted.
    """

    total: int
    number: IntArray
    traits: Traits
    nearest: Nearest | None
    sample: Rows

    @property
    def counted(self) -> int:
        """How many rows were looked at."""
        return len(self.traits)


def survey_rows(
    path: Path, known: YearlyBars, space: GoldSpace | None, n_sample: int, most: int = MOST_ROWS
) -> Survey | None:
    """Return the survey of a run's rows, with a sample of at most `n_sample`; None of no rows."""
    traits, near, numbers, samples = [], [], [], []
    with pq.ParquetFile(path) as file:
        total = file.metadata.num_rows
        if total == 0:
            return None
        groups = _chosen_groups(file, most)
        counted = sum(stop - start for _, start, stop in groups)
        wanted = np.linspace(0, counted, min(n_sample, counted), endpoint=False).astype(np.int64)
        seen = 0
        for rows, start in _read(file, groups):
            traits.append(Traits.of(rows, bars_per_year(known, rows)))
            if space is not None:
                near.append(space.nearest(rows))
            numbers.append(np.arange(start, start + len(rows)))
            mine = wanted[(wanted >= seen) & (wanted < seen + len(rows))] - seen
            samples.append(rows.select(mine))
            seen += len(rows)
    nearest = None
    if space is not None:
        nearest = Nearest(
            np.concatenate([one.distance for one in near]),
            np.concatenate([one.gold for one in near]),
        )
    number = np.concatenate(numbers)
    return Survey(total, number, Traits.concatenate(traits), nearest, Rows.concatenate(samples))


def read_row(path: Path, number: int) -> Rows:
    """Return one row of a file, by its place, as an array of one."""
    with pq.ParquetFile(path) as file:
        for group, start, stop in _all_groups(file):
            if start <= number < stop:
                return Rows.from_arrow(file.read_row_group(group)).select([number - start])
    raise IndexError(number)


def _read(file: pq.ParquetFile, groups: list[tuple[int, int, int]]) -> Iterator[tuple[Rows, int]]:
    for group, start, _ in groups:
        yield Rows.from_arrow(file.read_row_group(group)), start


def _all_groups(file: pq.ParquetFile) -> list[tuple[int, int, int]]:
    """Return each group's number, and the places of its first row and of the one after its last."""
    sizes = [file.metadata.row_group(k).num_rows for k in range(file.num_row_groups)]
    ends = np.cumsum(sizes).tolist()
    return [(k, end - size, end) for k, (size, end) in enumerate(zip(sizes, ends, strict=True))]


def _chosen_groups(file: pq.ParquetFile, most: int) -> list[tuple[int, int, int]]:
    groups = [group for group in _all_groups(file) if group[2] > group[1]]
    total = groups[-1][2]
    if total <= most:
        return groups
    count = max(1, len(groups) * most // total)
    chosen = np.linspace(0, len(groups), count, endpoint=False).astype(np.int64).tolist()
    return [groups[k] for k in chosen]
