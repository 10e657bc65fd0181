"""The engines there are: the built-in ones and those that other packages bring."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Protocol

from tradegen.data.gold import Gold
from tradegen.engines.designer.options import DesignerOptions
from tradegen.engines.embedded.options import EmbeddedOptions
from tradegen.engines.nim.options import NimOptions
from tradegen.engines.protocols import Engine
from tradegen.errors import EngineUnavailableError

ENTRY_POINT_GROUP = "tradegen.engines"


class EngineModel(Protocol):
    """What an engine learned from gold: picklable, so that worker processes can start it."""

    def start(self) -> Engine:
        """Return the engine's roles for this process."""
        ...


@dataclass(frozen=True)
class EngineOrder:
    """What an engine is made from: gold without its holdout, the run's seed, and settings.

    `false_rejections` is the share of real rows that a judge may reject. `journal` is the file in
    which answers that cost money are kept until their attempt is in the ledger (None: nowhere),
    `workers` the number of processes that share what the endpoint allows. `scratch` is a folder
    for working files, which is removed after the run (None: one of the engine's own).
    """

    gold: Gold
    seed: int
    false_rejections: float
    nim: NimOptions = field(default_factory=NimOptions)
    embedded: EmbeddedOptions = field(default_factory=EmbeddedOptions)
    journal: Path | None = None
    workers: int = 1
    designer: DesignerOptions = field(default_factory=DesignerOptions)
    scratch: Path | None = None


Learn = Callable[[EngineOrder], EngineModel]
"""Learns an engine."""


def _embedded(order: EngineOrder) -> EngineModel:
    from tradegen.engines.embedded.engine import learn_embedded

    return learn_embedded(order.gold, order.seed, order.false_rejections, order.embedded)


def _nim(order: EngineOrder) -> EngineModel:
    from tradegen.engines.nim.engine import learn_nim

    return learn_nim(order.gold, order.seed, order.nim, order.journal, order.workers)


def _designer(order: EngineOrder) -> EngineModel:
    from tradegen.engines.designer.engine import learn_designer

    return learn_designer(
        order.gold,
        order.seed,
        order.nim,
        order.designer,
        journal=order.journal,
        workers=order.workers,
        scratch=order.scratch,
    )


def _designer_job(order: EngineOrder) -> EngineModel:
    from tradegen.engines.designer.fetched import learn_fetched

    return learn_fetched(order.gold, order.nim, order.designer.dataset)


_BUILT_IN: Mapping[str, Learn] = {
    "designer": _designer,
    "designer-job": _designer_job,
    "embedded": _embedded,
    "nim": _nim,
}


_FOR_COMMANDS = frozenset({"designer-job"})
"""Built-in engines that a command takes by itself, and nobody asks for."""


def engine_names() -> list[str]:
    """Return the names of all engines that can be asked for."""
    own = set(_BUILT_IN) - _FOR_COMMANDS
    return sorted({*own, *(point.name for point in entry_points(group=ENTRY_POINT_GROUP))})


def find_engine(name: str) -> Learn:
    """Return the function that learns an engine.

    Engines of other packages are entry points in the group `tradegen.engines`, each naming a
    function like `Learn`. Raises `EngineUnavailableError` for an unknown name, or one that cannot
    be loaded.
    """
    if name in _BUILT_IN:
        return _BUILT_IN[name]
    for point in entry_points(group=ENTRY_POINT_GROUP, name=name):
        return _loaded(point)
    close = difflib.get_close_matches(name, engine_names(), n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    raise EngineUnavailableError(f"no engine {name!r}; {hint}There is {', '.join(engine_names())}.")


def _loaded(point: EntryPoint) -> Learn:
    origin = f"engine {point.name!r} ({point.value}, of {point.dist.name if point.dist else '?'})"
    try:
        learn: Learn = point.load()
    except Exception as error:  # whatever a package of somebody else's raises
        problem = f"{type(error).__name__}: {error}"
        raise EngineUnavailableError(f"{origin} cannot be loaded: {problem}") from error
    if not callable(learn):
        raise EngineUnavailableError(f"{origin} is no function that learns an engine")
    return learn
