"""Pinned rows: a few rows of the demo gold's run whose requests and answers are on cassettes."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.support.engine import SEED, demo_sampler
from tests.support.rows import demo_gold
from tradegen.data.gold import without_holdout
from tradegen.data.ledger import Attempt
from tradegen.engines.nim.options import NimOptions
from tradegen.engines.registry import EngineOrder
from tradegen.graph.build import build_graph
from tradegen.graph.tracing import shut_off_tracing
from tradegen.pipeline.attempts import attempt_row
from tradegen.pipeline.blueprint import Blueprint
from tradegen.pipeline.messages import Task

FOLDER = Path(__file__).parent / "cassettes"

_OUTCOMES = "outcomes.yaml"
_FALSE_REJECTIONS = 0.05


@dataclass(frozen=True, slots=True)
class PinnedRow:
    """What came of a row when its cassette was recorded."""

    number: int
    hosted: bool
    """Whether NVIDIA's hosted models were asked: their defaults differ."""
    retries: int
    record: dict[str, Any]
    """The accepted row, as `dataset.row_as_json` writes it."""


def make_row(row_number: int, options: NimOptions) -> Attempt:
    """Make one attempt at one row, as a run's worker does, with an engine of its own."""
    shut_off_tracing()
    order = EngineOrder(without_holdout(demo_gold()), SEED, _FALSE_REJECTIONS, options)
    blueprint = Blueprint(demo_sampler(), "nim", order)
    pipeline = blueprint.pipeline(blueprint.learn())
    generator: Any = pipeline.engine.generator

    async def make() -> Attempt:
        # A worker's connections end with its process, so an engine has nothing to close them.
        async with generator.inner._asker.model._transport:
            return await attempt_row(build_graph(), pipeline, Task(row_number, 0))

    return asyncio.run(make())


def cassette_of(row_number: int, folder: Path = FOLDER) -> Path:
    """Return where a row's cassette is."""
    return folder / f"row_{row_number}.yaml"


def read_pinned_rows(folder: Path = FOLDER) -> list[PinnedRow]:
    """Return the rows there are cassettes of."""
    found = yaml.safe_load((folder / _OUTCOMES).read_text(encoding="utf-8"))
    return [PinnedRow(**row) for row in found]


def write_pinned_rows(rows: Sequence[PinnedRow], folder: Path) -> None:
    """Keep what came of rows beside their cassettes."""
    text = yaml.safe_dump(
        [asdict(row) for row in rows],
        default_flow_style=None,  # a bar a line
        sort_keys=False,
        width=float("inf"),
    )
    (folder / _OUTCOMES).write_text(text, encoding="utf-8")
