"""The embedded engine as a whole: learned once from gold, then started in any process."""

from dataclasses import dataclass

from tradegen.data.gold import Gold
from tradegen.data.market import Market
from tradegen.engines.embedded.donors import Donors, learn_donors
from tradegen.engines.embedded.generator import EmbeddedGenerator
from tradegen.engines.embedded.judge import EmbeddedJudge
from tradegen.engines.embedded.options import EmbeddedOptions
from tradegen.engines.embedded.realism import RealismTest
from tradegen.engines.embedded.refiner import EmbeddedRefiner
from tradegen.engines.embedded.selection import Selection, learn_selection
from tradegen.engines.protocols import Engine
from tradegen.engines.rules import Rules
from tradegen.guards.copies import CopyGuard

_USUAL = EmbeddedOptions()


@dataclass(frozen=True)
class EmbeddedModel:
    """What the embedded engine learned from gold train; see `engines.registry.EngineModel`."""

    market: Market
    donors: Donors
    selection: Selection
    guard: CopyGuard
    realism: RealismTest
    seed: int
    false_rejections: float

    def start(self) -> Engine:
        """Return the engine's roles for this process."""
        return Engine(
            name="embedded",
            generator=EmbeddedGenerator(self.donors, self.seed, self.selection),
            judge=EmbeddedJudge(
                Rules(self.market, self.guard),
                self.realism,
                self.false_rejections,
                self.donors.own.following,
            ),
            refiner=EmbeddedRefiner(self.donors, self.seed),
            in_waves=True,
            applies_rules=True,
        )


def learn_embedded(
    gold: Gold, seed: int, false_rejections: float, options: EmbeddedOptions = _USUAL
) -> EmbeddedModel:
    """Learn the embedded engine from gold's train rows; see `EngineOrder`."""
    donors = learn_donors(gold)
    return EmbeddedModel(
        market=gold.market,
        donors=donors,
        selection=learn_selection(donors, seed, options.candidates),
        guard=CopyGuard(gold.train),
        realism=RealismTest(gold.train, seed),
        seed=seed,
        false_rejections=false_rejections,
    )
