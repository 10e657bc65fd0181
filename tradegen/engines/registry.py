"""The engines there are: the built-in ones and those that other packages bring."""

import difflib
from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol

from tradegen.data.gold import Gold
from tradegen.engines.protocols import Engine
from tradegen.errors import EngineUnavailableError

ENTRY_POINT_GROUP = "tradegen.engines"


class EngineModel(Protocol):
    """What an engine learned from gold: picklable, so that worker processes can start it."""

    def start(self) -> Engine:
        """Return the engine's roles for this process."""
        ...


Learn = Callable[[Gold, int, float], EngineModel]
"""Learns an engine from gold, the run's seed and the share of real rows a judge may reject."""


def _embedded(gold: Gold, seed: int, false_rejections: float) -> EngineModel:
    from tradegen.engines.embedded.engine import learn_embedded

    return learn_embedded(gold, seed, false_rejections)


_BUILT_IN: Mapping[str, Learn] = {"embedded": _embedded}


def engine_names() -> list[str]:
    """Return the names of all engines that can be asked for."""
    return sorted({*_BUILT_IN, *(point.name for point in entry_points(group=ENTRY_POINT_GROUP))})


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
