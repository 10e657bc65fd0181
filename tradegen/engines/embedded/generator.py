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
from tradegen.engines.embedded.selection import NO_SELECTION, Selection
from tradegen.engines.protocols import Brief
from tradegen.streams import Purpose, uniforms

_PARTS = (0, 1, 3)  # part 2 turns the seeds; see `task_of`


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

    def __init__(self, donors: Donors, seed: int, selection: Selection = NO_SELECTION) -> None:
        """Write rows from donors, with the run's random seed; choose each from a few."""
        self._donors = donors
        self._selection = selection
        self._seed = seed
        self._write = Batcher(self.write)

    async def generate(self, brief: Brief) -> Row:
        """Return a new row."""
        return await self._write(brief)

    def write(self, briefs: Sequence[Brief]) -> list[Row]:
        """Return one new row for each brief; rows do not depend on each other."""
        attempts = np.array([brief.attempt for brief in briefs], dtype=np.int64)
        task = task_of(self._donors, briefs, self._seed)
        candidates, n = self._selection.candidates, len(briefs)
        counts = (candidates * path_draws_needed(self._donors), candidates * TRADE_DRAWS, 1)
        path, trade, choice = (
            uniforms(self._seed, task.numbers, attempts, Purpose.GENERATOR, count, part)
            for part, count in zip(_PARTS, counts, strict=True)
        )
        rows = compose(
            self._donors,
            task.repeated(candidates),
            path.reshape(n * candidates, -1),
            trade.reshape(n * candidates, -1),
        )
        log_odds = self._selection.log_odds(rows).reshape(n, candidates)
        chosen = self._selection.choose(log_odds, choice[:, 0])
        kept = rows.select(np.arange(n) * candidates + chosen)
        return [kept.row(i) for i in range(n)]
