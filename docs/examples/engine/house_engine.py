"""An engine of one's own: the embedded engine's trades, held to a rule of the house."""

from dataclasses import dataclass, replace

from tradegen.data.row import Row
from tradegen.engines.critique import Critique, Finding
from tradegen.engines.embedded.engine import EmbeddedModel, learn_embedded
from tradegen.engines.protocols import Brief, Engine, Judge
from tradegen.engines.registry import EngineOrder

MOST_LOST = 0.06
"""Every trade of this house is stopped before it has lost more than this share."""


@dataclass(frozen=True)
class HouseJudge:
    """Says what the embedded judge says, and what the house has against a row."""

    embedded: Judge

    async def judge(self, row: Row, brief: Brief) -> Critique:
        """Return what is wrong with the row; nothing lets it pass."""
        critique = await self.embedded.judge(row, brief)
        direction = 1 if row.side == "long" else -1
        lost = direction * (1 - row.exit_price / row.entry_price)
        if lost <= MOST_LOST:
            return critique
        finding = Finding(
            criterion="realism",
            field="exit_price",
            problem="loses more than any trade of this house",
            evidence=f"{lost:.1%} lost, stopped at {MOST_LOST:.0%}",
            # What the refiner may change: the exit, and own columns that follow from it.
            fields=("bars", "exit_time", "exit_price", *(f"extras.{name}" for name in row.extras)),
        )
        return replace(critique, findings=(*critique.findings, finding))


@dataclass(frozen=True)
class HouseModel:
    """What was learned from gold; it is sent to every worker process, which starts it."""

    embedded: EmbeddedModel

    def start(self) -> Engine:
        """Return the three roles."""
        engine = self.embedded.start()
        return replace(engine, name="house", judge=HouseJudge(engine.judge))


def learn(order: EngineOrder) -> HouseModel:
    """Learn from gold; this is what the entry point names."""
    return HouseModel(learn_embedded(order.gold, order.seed, order.false_rejections))
