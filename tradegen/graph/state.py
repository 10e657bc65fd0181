"""What a row's graph carries: the state that changes and the context that does not."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from typing_extensions import TypedDict  # before Python 3.12 pydantic accepts no other

from tradegen.data.row import Row
from tradegen.data.rows import Rows
from tradegen.data.trade_ids import new_prefix
from tradegen.engines.batching import Batcher
from tradegen.engines.critique import Critique
from tradegen.engines.protocols import Brief, Engine, RowFailedError
from tradegen.engines.rules import Rules
from tradegen.errors import TradegenError
from tradegen.samplers.constraint import VolatilityConstraint
from tradegen.samplers.sampler import Sampler

MOST_RETRIES = 2
"""Times a row is refined before it is thrown away."""

_SEEDS_KEPT = 8192


class RowState(TypedDict, total=False):
    """The state of one attempt at one row. LangGraph knows no defaults here: nodes set all keys.

    `judge_critique` is empty once the row passed; `retry_count` counts refinements.
    """

    volatility_constraint: VolatilityConstraint
    grounding_seeds: tuple[Row, ...]
    generated_row: Row
    judge_critique: Critique
    retry_count: int


class AttemptFailedError(TradegenError):
    """A role of the engine failed for good: why, and the state that the attempt had reached."""

    def __init__(self, failure: RowFailedError, state: RowState) -> None:
        super().__init__(str(failure))
        self.failure, self.state = failure, state


@contextmanager
def keeping(state: RowState) -> Iterator[None]:
    """Let a `RowFailedError` leave a node together with the node's state.

    LangGraph drops the state of a graph in which a node raises; the ledger needs it.
    """
    try:
        yield
    except RowFailedError as failure:
        raise AttemptFailedError(failure, state) from failure


class Pipeline:
    """What all rows of a run share: who deals seeds, the gold they come from, and the engine."""

    def __init__(
        self, sampler: Sampler, gold: Rows, engine: Engine, rules: Rules | None = None
    ) -> None:
        """Hold the parts; `gold` are the train rows that the sampler's indices speak of.

        `rules` is None for an engine whose judge applies them itself.
        """
        self.sampler = sampler
        self.engine = engine
        self.broken_rules = None if rules is None else Batcher(rules.findings_of)
        self.seed_row = lru_cache(maxsize=_SEEDS_KEPT)(gold.row)
        self._prefix = new_prefix(gold.trade_id.tolist())

    def trade_id(self, row_number: int) -> str:
        """Return the id of a row: an engine that chose it might choose one twice."""
        return f"{self._prefix}{row_number:08d}"


@dataclass(frozen=True, slots=True)
class RowContext:
    """The runtime context of one attempt: what does not change while it is made."""

    pipeline: Pipeline
    row_number: int
    attempt: int


def brief_of(state: RowState, context: RowContext) -> Brief:
    """Return the engine's task, from what the sampler put into the state."""
    return Brief(
        row_number=context.row_number,
        attempt=context.attempt,
        constraint=state["volatility_constraint"],
        seeds=state["grounding_seeds"],
    )
