"""The embedded generator: writes a row from its three seeds."""

from collections.abc import Sequence

import numpy as np

from tradegen.data.row import Row
from tradegen.engines.batching import Batcher
from tradegen.engines.embedded.compose import (
    TRADE_DRAWS,
    Task,
    compose,
    order_seeds,
    path_draws_needed,
)
from tradegen.engines.embedded.donors import Donors
from tradegen.engines.protocols import Brief
from tradegen.streams import Purpose, uniforms


def task_of(donors: Donors, briefs: Sequence[Brief], seed: int) -> Task:
    """Return briefs as arrays, with each row's seeds in the order its own stream draws."""
    numbers = np.array([brief.row_number for brief in briefs], dtype=np.int64)
    attempts = np.array([brief.attempt for brief in briefs], dtype=np.int64)
    seeds = np.array([[donors.index[s.trade_id] for s in brief.seeds] for brief in briefs])
    turn = uniforms(seed, numbers, attempts, Purpose.GENERATOR, 1, part=2)[:, 0]
    return Task(
        numbers=numbers,
        seeds=order_seeds(seeds, turn),
        low=np.array([brief.constraint.low for brief in briefs]),
        high=np.array([brief.constraint.high for brief in briefs]),
        asked=[frozenset(name for name, _ in brief.constraint.where) for brief in briefs],
    )


class EmbeddedGenerator:
    """See `engines.protocols.Generator`."""

    def __init__(self, donors: Donors, seed: int) -> None:
        """Write rows from donors, with the run's random seed."""
        self._donors = donors
        self._seed = seed
        self._write = Batcher(self.write)

    async def generate(self, brief: Brief) -> Row:
        """Return a new row."""
        return await self._write(brief)

    def write(self, briefs: Sequence[Brief]) -> list[Row]:
        """Return one new row for each brief; rows do not depend on each other."""
        attempts = np.array([brief.attempt for brief in briefs], dtype=np.int64)
        task = task_of(self._donors, briefs, self._seed)
        path, trade = (
            uniforms(self._seed, task.numbers, attempts, Purpose.GENERATOR, count, part)
            for part, count in enumerate((path_draws_needed(self._donors), TRADE_DRAWS))
        )
        rows = compose(self._donors, task, path, trade)
        return [rows.row(i) for i in range(len(rows))]
