"""The blueprint of a pipeline: what a process needs to make attempts, ready to be sent to it."""

from dataclasses import dataclass

from tradegen.engines.boundary import checked_engine
from tradegen.engines.registry import EngineModel, EngineOrder, find_engine
from tradegen.engines.rules import Rules
from tradegen.errors import EngineUnavailableError
from tradegen.graph.state import Pipeline
from tradegen.guards.copies import CopyGuard
from tradegen.samplers.sampler import Sampler


@dataclass(frozen=True)
class Blueprint:
    """Who deals seeds, which engine is to be made, and what it is made from."""

    sampler: Sampler
    engine: str
    order: EngineOrder

    def learn(self) -> EngineModel:
        """Let the engine learn from gold; the result serves all processes forked afterwards."""
        return find_engine(self.engine)(self.order)

    def pipeline(self, model: EngineModel) -> Pipeline:
        """Return the pipeline of this process."""
        if not callable(getattr(model, "start", None)):
            raise EngineUnavailableError(
                f"engine {self.engine!r}: learning gave a {type(model).__name__}; expected a model "
                "with a method start"
            )
        gold = self.order.gold
        engine = checked_engine(self.engine, model.start(), gold.extras)
        rules = None if engine.applies_rules else Rules(gold.market, CopyGuard(gold.train))
        return Pipeline(self.sampler, gold.train, engine, rules)
