"""The blueprint of a pipeline: what a process needs to make attempts, ready to be sent to it."""

from dataclasses import dataclass

from tradegen.data.gold import Gold
from tradegen.engines.boundary import checked_engine
from tradegen.engines.registry import EngineModel, find_engine
from tradegen.engines.rules import Rules
from tradegen.errors import EngineUnavailableError
from tradegen.graph.state import Pipeline
from tradegen.guards.copies import CopyGuard
from tradegen.samplers.sampler import Sampler


@dataclass(frozen=True)
class Blueprint:
    """Gold without its holdout, who deals seeds from it, and which engine is to learn from it."""

    gold: Gold
    sampler: Sampler
    engine: str
    seed: int
    false_rejections: float

    def learn(self) -> EngineModel:
        """Let the engine learn from gold; the result serves all processes forked afterwards."""
        return find_engine(self.engine)(self.gold, self.seed, self.false_rejections)

    def pipeline(self, model: EngineModel) -> Pipeline:
        """Return the pipeline of this process."""
        if not callable(getattr(model, "start", None)):
            raise EngineUnavailableError(
                f"engine {self.engine!r}: learning gave a {type(model).__name__}; expected a model "
                "with a method start"
            )
        engine = checked_engine(self.engine, model.start(), self.gold.extras)
        train = self.gold.train
        rules = None if engine.applies_rules else Rules(self.gold.market, CopyGuard(train))
        return Pipeline(self.sampler, train, engine, rules)
