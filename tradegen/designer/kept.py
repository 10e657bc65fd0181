"""Which settings an export carries, and which have no meaning in Data Designer."""

from collections.abc import Iterator, Mapping
from typing import Any

from tradegen.designer.left_out import LeftOut, shown
from tradegen.samplers.constraint import GOLD
from tradegen.settings import Settings

_IN_CONFIG = frozenset(
    {
        "diversity.columns",
        "diversity.file",
        "diversity.weights",
        "nim.base_url",
        "nim.calls_at_once",
        "nim.pass_score",
        *(
            f"nim.{role}.{name}"
            for role in ("generator", "judge")
            for name in ("model", "temperature", "top_p", "max_tokens")
        ),
    }
)
_IN_SEEDS = ("n", "seed", "gold", "diversity.widen", "nim.seed_bars")
"""Noted in the seed dataset: it was drawn by them."""

_WHY = {
    "engine": "Data Designer itself plays generator and judge; as settings this is engine nim",
    "embedded": "the embedded engine is not asked",
    "judge": "the embedded engine is not asked",
    "nim.refiner": "Data Designer has no refiner: a row that fails stays as it is",
    "nim.generator": "a model config has no such field",
    "nim.judge": "a model config has no such field",
    "nim.rpm": "Data Designer has max_parallel_requests, and no quota by the minute",
    "nim.tpm": "Data Designer has max_parallel_requests, and no quota by the minute",
    "nim": "Data Designer has no such limit",
    "indicators": "indicators are computed from rows: tradegen indicators",
    "costs": "costs are for the backtest: tradegen evaluate",
    "evaluation": "Data Designer has no evaluation",
    "run": "how a run works is Data Designer's own affair: its run config",
}


def note_of(settings: Settings) -> dict[str, Any]:
    """Return what a seed dataset notes of the settings it was drawn by."""
    everything = settings.model_dump(mode="json", exclude_defaults=True)
    note: dict[str, Any] = {
        name: everything[name] for name in ("seed", "gold") if everything.get(name)
    }
    diversity: dict[str, Any] = {"widen": True} if settings.diversity.widen else {}
    if settings.diversity.weights == GOLD:
        diversity["weights"] = GOLD
    if diversity:
        note["diversity"] = diversity
    return {"n": settings.n, **note, "nim": {"seed_bars": settings.nim.seed_bars}}


def settings_left_out(settings: Settings) -> Iterator[LeftOut]:
    """Yield each setting that is not at its default and that an export does not carry."""
    if settings.engine != "nim":
        yield LeftOut("engine", settings.engine, _WHY["engine"])
    changed = settings.model_dump(mode="json", exclude_defaults=True)
    for name, value in _leaves(changed, ""):
        carried = name in _IN_CONFIG or name.startswith(tuple(f"{one}." for one in _IN_SEEDS))
        if not carried and name not in ("engine", *_IN_SEEDS):
            why = next(_WHY[stem] for stem in _stems(name) if stem in _WHY)
            yield LeftOut(name, shown(name, value), why)


def _leaves(tree: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        whole = f"{prefix}{name}"
        if isinstance(value, Mapping) and whole not in _IN_CONFIG:
            yield from _leaves(value, f"{whole}.")
        else:
            yield whole, value


def _stems(name: str) -> Iterator[str]:
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        yield ".".join(parts[:length])
