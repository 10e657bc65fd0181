"""The blueprint of a pipeline: what a process needs to make attempts, ready to be sent to it."""

from dataclasses import dataclass

from tradegen.data.rows import Rows
from tradegen.engines.registry import EngineModel
from tradegen.graph.state import Pipeline
from tradegen.samplers.sampler import Sampler


@dataclass(frozen=True)
class Blueprint:
    """What a process needs to run rows; picklable. `train` are the rows that seeds index."""

    sampler: Sampler
    train: Rows
    model: EngineModel

    def start(self) -> Pipeline:
        """Return the pipeline for this process."""
        return Pipeline(self.sampler, self.train, self.model.start())
