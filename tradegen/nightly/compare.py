"""The comparison of a run with the last good one: what got worse, and what cannot be compared."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tradegen.nightly.status import Difference, Metric
from tradegen.nightly.tolerances import allowed
from tradegen.settings import COST, SECONDS, decides_rows, flat
from tradegen.verdict.decide import Verdict

WORSE = 13
"""Exit code of a night that is worse than the last good run."""

_RELATIVE = (SECONDS, COST)
_SHOWN = 5
_RANK = {
    Verdict.WELL_FIT: 0,
    Verdict.INCONCLUSIVE: 1,
    Verdict.UNDERFIT: 2,
    Verdict.OVERFIT: 3,
}


@dataclass(frozen=True, slots=True)
class Judged:
    """What of a run is compared: its name, verdict, metrics, `run.json` and `evaluation.json`."""

    name: str
    verdict: Verdict
    metrics: Mapping[str, Metric]
    manifest: Mapping[str, Any]
    evaluation: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison says, in words and numbers, and whether it calls the run worse."""

    says: tuple[str, ...]
    differences: tuple[Difference, ...] = ()
    is_worse: bool = False


def compare(
    then: Judged,
    now: Judged,
    tolerances: Mapping[str, float],
    *,
    accept_inconclusive: bool,
) -> Comparison:
    """Hold a run against an earlier one.

    Nothing is compared across another gold, or another way of evaluating: the numbers would not
    mean the same. Across other settings numbers are told, but none is called worse: whoever
    changed them knows. Another version of tradegen is held to account, and named.
    """
    if other := _measured_otherwise(then, now):
        return Comparison((f"{other}: not compared with {then.name}",))
    changed = _settings_changed(then.manifest, now.manifest)
    found = tuple(_differences(then.metrics, now.metrics, tolerances))
    says = list(_versions(then.manifest, now.manifest))
    if changed:
        told = "; ".join(changed[:_SHOWN]) + (" ..." if len(changed) > _SHOWN else "")
        says.append(
            f"settings changed since {then.name} ({told}): differences are told, none is called "
            "worse"
        )
        found = tuple(one.model_copy(update={"is_worse": False}) for one in found)
        return Comparison(tuple(says), found)
    worse = [_told(one) for one in found if one.is_worse]
    if _rank(now.verdict, accept_inconclusive) > _rank(then.verdict, accept_inconclusive):
        worse.insert(0, f"verdict: {_words(now.verdict)}, it was {_words(then.verdict)}")
    if not worse:
        return Comparison((*says, f"no worse than {then.name}"), found)
    return Comparison((*says, f"worse than {then.name}:", *worse), found, is_worse=True)


def _measured_otherwise(then: Judged, now: Judged) -> str | None:
    """Return what keeps the numbers of two evaluations from meaning the same, if anything does."""
    of_then, of_now = then.evaluation["of"], now.evaluation["of"]
    if of_then.get("gold_fingerprint") != of_now.get("gold_fingerprint"):
        return "gold changed"
    for name in ("quick", "seed", "costs"):
        if of_then.get(name) != of_now.get(name):
            return f"evaluation changed ({name}: {of_then.get(name)} then, {of_now.get(name)} now)"
    return None


def _settings_changed(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return the settings that differ and decide rows, but for the seed, which each night has."""
    before, after = (flat(one["settings"]) for one in (then, now))
    shared = before.keys() & after.keys() if _version(then) != _version(now) else None
    names = sorted(shared if shared is not None else before.keys() | after.keys())
    return [
        f"{name}: {before.get(name)!r} then, {after.get(name)!r} now"
        for name in names
        if name != "seed" and decides_rows(name) and before.get(name) != after.get(name)
    ]


def _version(manifest: Mapping[str, Any]) -> object:
    return manifest.get("versions", {}).get("tradegen")


def _versions(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    if _version(then) != _version(now):
        yield f"tradegen {_version(then)} then, {_version(now)} now"


def _differences(
    then: Mapping[str, Metric], now: Mapping[str, Metric], tolerances: Mapping[str, float]
) -> Iterator[Difference]:
    for name in (name for name in now if name in then):
        before, after = then[name], now[name]
        rise = after.value - before.value
        worse_by = rise if after.higher_is_worse else -rise
        if name in _RELATIVE:
            worse_by = worse_by / before.value if before.value > 0 else 0.0
        most = allowed(name, before, after, tolerances)
        yield Difference(
            metric=name,
            then=before.value,
            now=after.value,
            worse_by=worse_by,
            allowed=most,
            is_worse=most is not None and worse_by > most,
        )


def _told(one: Difference) -> str:
    share = " (share)" if one.metric in _RELATIVE else ""
    return (
        f"{one.metric}: {one.now:.4g}, it was {one.then:.4g}; worse by {one.worse_by:.3g}{share}, "
        f"allowed {one.allowed:.3g}"
    )


def _rank(verdict: Verdict, accept_inconclusive: bool) -> int:
    accepted = accept_inconclusive and verdict is Verdict.INCONCLUSIVE
    return _RANK[Verdict.WELL_FIT if accepted else verdict]


def _words(verdict: Verdict) -> str:
    return verdict.value.replace("_", " ")
