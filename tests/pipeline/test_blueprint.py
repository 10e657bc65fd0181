import asyncio
from dataclasses import dataclass

from tests.support.engine import ScriptedEngine, brief
from tests.support.rows import demo_row
from tradegen.engines.protocols import Engine
from tradegen.pipeline.prepare import prepare
from tradegen.settings import load_settings


@dataclass
class Model:
    """What an engine of another package learned."""

    engine: Engine

    def start(self) -> Engine:
        """Return the engine."""
        return self.engine


def test_an_engine_that_applies_no_rules_is_held_to_them() -> None:
    blueprint = prepare(load_settings({"n": 10})).blueprint
    pipeline = blueprint.pipeline(Model(ScriptedEngine(lambda _brief: demo_row()).engine()))
    assert pipeline.broken_rules is not None
    wrong = demo_row().model_copy(update={"quantity": -5.0})
    broken = asyncio.run(pipeline.broken_rules((wrong, brief(0))))
    assert any(finding.field == "quantity" for finding in broken)
