"""The embedded engine learned from the demo gold, briefs for it, and engines that misbehave."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

from tests.support.rows import demo_gold
from tradegen.data.gold import Gold
from tradegen.data.row import Row
from tradegen.engines.critique import Critique, Finding
from tradegen.engines.embedded.engine import EmbeddedModel, learn_embedded
from tradegen.engines.protocols import Brief, Engine
from tradegen.graph.state import Pipeline
from tradegen.samplers.columns import SamplerColumn, default_column
from tradegen.samplers.constraint import resolve_constraint
from tradegen.samplers.sampler import Sampler

SEED = 11


@cache
def demo_model() -> EmbeddedModel:
    """Return the embedded engine, learned from the demo gold."""
    return learn_embedded(demo_gold(), SEED, 0.05)


def briefs_of(
    gold: Gold,
    n: int,
    columns: Sequence[SamplerColumn] | str = (default_column(),),
    seed: int = SEED,
    *,
    widen: bool = False,
) -> list[Brief]:
    """Return the tasks of the first attempts at a run's rows."""
    constraint = resolve_constraint(columns, gold.train, gold.volatility)
    sampler = Sampler(constraint, n, seed, gold.train, gold.volatility, widen=widen)
    return [
        Brief(i, 0, draw.constraint, tuple(gold.train.row(int(k)) for k in draw.seeds))
        for i in range(n)
        for draw in [sampler.draw(i, 0)]
    ]


@cache
def demo_sampler(n: int = 1000) -> Sampler:
    """Return a sampler over the demo gold with the default constraint."""
    gold = demo_gold()
    constraint = resolve_constraint((default_column(),), gold.train, gold.volatility)
    return Sampler(constraint, n, SEED, gold.train, gold.volatility)


def brief(row_number: int, attempt: int = 0) -> Brief:
    """Return the task of one attempt."""
    draw = demo_sampler().draw(row_number, attempt)
    seeds = tuple(demo_gold().train.row(int(k)) for k in draw.seeds)
    return Brief(row_number, attempt, draw.constraint, seeds)


def demo_pipeline(engine: Engine | None = None) -> Pipeline:
    """Return a pipeline over the demo gold."""
    return Pipeline(demo_sampler(), demo_gold().train, engine or demo_model().start())


def complaint(*fields: str) -> Critique:
    """Return a critique that lets these fields be changed."""
    return Critique((Finding("realism", fields[0], "odd", "by order of the test", fields),))


@dataclass
class ScriptedEngine:
    """An engine whose roles answer as a test says; it keeps the calls it got."""

    generate_row: Callable[[Brief], Row]
    judge_row: Callable[[Row, Brief], Critique] = lambda _row, _brief: Critique()
    refine_row: Callable[[Row, Critique, Brief, int], Row] = lambda row, _c, _b, _r: row
    calls: list[tuple[str, int, int]] = field(default_factory=list)

    async def generate(self, brief: Brief) -> Row:
        """See `engines.protocols.Generator`."""
        self.calls.append(("generate", brief.row_number, brief.attempt))
        return self.generate_row(brief)

    async def judge(self, row: Row, brief: Brief) -> Critique:
        """See `engines.protocols.Judge`."""
        self.calls.append(("judge", brief.row_number, brief.attempt))
        return self.judge_row(row, brief)

    async def refine(self, row: Row, critique: Critique, brief: Brief, retry: int) -> Row:
        """See `engines.protocols.Refiner`."""
        self.calls.append(("refine", brief.row_number, retry))
        return self.refine_row(row, critique, brief, retry)

    def engine(self) -> Engine:
        """Return the three roles."""
        return Engine("scripted", self, self, self)
