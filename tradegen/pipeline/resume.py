"""Resuming: which run a command means, and whether its settings are still the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tradegen.data.run_folder import RunFolder, all_runs
from tradegen.errors import InputError
from tradegen.settings import Settings, decides_rows, identity, stated

UNFINISHED = ("running", "interrupted", "exhausted")
"""Status of runs that can go on."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The run to work on: its folder, its settings, and what `run.json` says if it is old."""

    folder: RunFolder
    settings: Settings
    manifest: Mapping[str, Any] | None


def choose_run(settings: Settings, *, resume: bool, now: datetime) -> Chosen:
    """Return the run that the settings name, a new one, or with `resume` the latest unfinished.

    An old run keeps the settings it was begun with; what is stated now must agree with them,
    apart from how the work is done (`run`) and where gold lies.

    Raises `InputError` listing the settings that differ, or if there is nothing to resume.
    """
    runs = settings.run.folder
    if settings.run.name is not None:
        folder = RunFolder(runs / settings.run.name)
        if resume and not folder.manifest.is_file():
            raise InputError(f"{folder.path}: nothing to resume here; leave out --resume")
    elif resume:
        folder = _latest_unfinished(runs)
    else:
        folder = RunFolder(_free(runs, f"{now:%Y%m%d-%H%M%S}"))
    if not folder.manifest.is_file():
        return Chosen(folder, settings, None)
    manifest = folder.read_manifest()
    return Chosen(folder, _continued(folder, settings, manifest), manifest)


def _latest_unfinished(runs: Path) -> RunFolder:
    for folder in reversed(all_runs(runs)):
        if folder.read_manifest().get("status") in UNFINISHED:
            return folder
    raise InputError(f"{runs}: no unfinished run to resume")


def _free(runs: Path, name: str) -> Path:
    path, count = runs / name, 2
    while path.exists():
        path, count = runs / f"{name}-{count}", count + 1
    return path


def _continued(folder: RunFolder, settings: Settings, manifest: Mapping[str, Any]) -> Settings:
    stored = Settings(**manifest["settings"])
    before, now = identity(stored), stated(settings)
    differing = {
        name: (before.get(name), value)
        for name, value in now.items()
        if decides_rows(name) and before.get(name) != value
    }
    if differing:
        raise InputError(_refusal(folder, differing))
    runtime = {"run": settings.run.model_copy(update={"name": folder.name})}
    if "gold.files" in now or "gold.bars" in now:
        places = {"files": settings.gold.files, "bars": settings.gold.bars}
        runtime["gold"] = stored.gold.model_copy(update=places)  # type: ignore[assignment]
    return stored.model_copy(update=runtime)


def check_same(folder: RunFolder, name: str, before: object, now: object) -> None:
    """Raise `InputError` if what a run was begun with is not what it would go on with."""
    if before != now:
        raise InputError(_refusal(folder, {name: (before, now)}))


def _refusal(folder: RunFolder, differing: Mapping[str, tuple[object, object]]) -> str:
    lines = [f"  {name}: {before!r} then, {now!r} now" for name, (before, now) in differing.items()]
    return (
        f"{folder.path}: this run was begun with other settings:\n"
        + "\n".join(lines)
        + "\nGo on with the old ones (leave these out), or start a new run with another --name."
    )
