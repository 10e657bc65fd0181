"""Resuming: which run a command means, and whether its settings are still the same."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tradegen.data.dataset import DamagedFileError, check_rejected, check_rows
from tradegen.data.ledger import Ledger
from tradegen.data.run_folder import RunFolder, all_runs
from tradegen.errors import InputError, StorageError
from tradegen.indicators.features import asked_in, check_features
from tradegen.settings import Settings, Stated, decides_rows, identity, restore_settings
from tradegen.version import __version__

UNFINISHED = ("running", "interrupted", "exhausted", "spent")
"""Status of runs that can go on."""

_LIMITS = ("max_attempts", "max_attempts_per_row")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The run to work on: its folder, its settings, and what `run.json` says if it is old.

    `names_files` tells whether a file that decides rows was stated: it has to be read to know
    whether it still says what it said when the run was begun.
    """

    folder: RunFolder
    settings: Settings
    manifest: Mapping[str, Any] | None
    names_files: bool = False

    @property
    def is_done(self) -> bool:
        """Whether all rows were accepted; their files may yet be damaged."""
        return self.manifest is not None and self.manifest["status"] == "done"

    @property
    def begun(self) -> str | None:
        """When an old run was begun, or None for a new one."""
        return None if self.manifest is None else str(self.manifest["started"])

    def damage(self) -> tuple[str, ...]:
        """Return what is wrong with the files of a run that is done, or not in them yet."""
        if self.manifest is None:
            return ()
        try:
            check_rows(self.folder.rows, self.manifest["accepted"], all_of_it=True)
            check_rejected(self.folder.rejected, self.manifest["attempts"]["thrown_away"])
            check_features(self.folder.features, self.manifest["accepted"], all_of_it=True)
        except DamagedFileError as error:
            return (f"{error.what}; the files are written anew from the ledger",)
        there = asked_in(self.folder.features)
        new = [asked for asked in self.settings.indicators.extra if asked not in there]
        if new:
            return (f"{self.folder.features}: written anew from the ledger with {', '.join(new)}",)
        return ()


@dataclass(frozen=True, slots=True)
class Found:
    """The folder of the run that a command means, and what was noticed while it was looked for."""

    folder: RunFolder
    notes: tuple[str, ...] = ()


def find_folder(settings: Settings, *, resume: bool, now: datetime) -> Found:
    """Return the run that the settings name, a new one, or with `resume` the latest unfinished.

    Raises `InputError` if there is nothing to resume.
    """
    runs = settings.run.folder
    if settings.run.name is not None:
        folder = RunFolder(runs / settings.run.name)
        if resume and not (folder.manifest.is_file() or folder.ledger.is_file()):
            raise InputError(f"{folder.path}: nothing to resume here; leave out --resume")
        return Found(folder)
    if resume:
        return _latest_unfinished(runs)
    return Found(free_folder(runs, now))


def choose_run(folder: RunFolder, settings: Settings, stated: Stated, *, resume: bool) -> Chosen:
    """Return the run in a folder: a new one as the settings say, or an old one that goes on.

    An old run keeps the settings it was begun with. What is stated now must agree with them,
    apart from how the work is done (`run`), what is computed from the rows (`indicators`) and where
    gold lies: flags always, the settings file and the environment only if they say something else
    than when the run was begun, and not with `resume`, which means: go on as it was. A run that
    ended before its `run.json` was written goes on as the settings say now, which its ledger then
    checks.

    Raises `InputError` listing the settings that differ.
    """
    if not folder.manifest.is_file():
        return Chosen(folder, settings, None)
    manifest = folder.read_manifest()
    background = {} if resume else dict(stated.background)
    old = manifest.get("settings_in_background", {})
    news = {name: value for name, value in background.items() if old.get(name) != value}
    return Chosen(
        folder,
        _continued(folder, settings, manifest, {**news, **stated.flags}),
        manifest,
        names_files=bool(_FILES & {**background, **stated.flags}.keys()),
    )


_FILES = frozenset({"gold.files", "gold.bars", "diversity.file"})


def _latest_unfinished(runs: Path) -> Found:
    notes: list[str] = []
    for folder in reversed(all_runs(runs)):
        try:
            status = folder.read_manifest()["status"]
        except (InputError, StorageError) as error:
            notes.append(f"passed over: {error}")
            continue
        if status in UNFINISHED:
            return Found(folder, tuple(notes))
    raise InputError("\n".join([f"{runs}: no unfinished run to resume", *notes]))


def free_folder(runs: Path, now: datetime) -> RunFolder:
    """Return a folder that is not there yet, named after the time."""
    path, count = runs / f"{now:%Y%m%d-%H%M%S}", 2
    while path.exists():
        path, count = runs / f"{now:%Y%m%d-%H%M%S}-{count}", count + 1
    return RunFolder(path)


def _continued(
    folder: RunFolder, settings: Settings, manifest: Mapping[str, Any], now: Mapping[str, Any]
) -> Settings:
    """Return the settings a run was begun with, if `now` agrees, and how to work on from now.

    Limits of attempts stay as they were unless they are stated: else a mere interruption would
    change where a run gives up.
    """
    try:
        begun_with = restore_settings(manifest["settings"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{folder.manifest}: written by another version of tradegen; use another --name"
        ) from error
    before = identity(begun_with)
    differing = {
        name: (before.get(name), value)
        for name, value in now.items()
        if decides_rows(name) and before.get(name) != value
    }
    if differing:
        raise InputError(_refusal(folder, differing))
    gold = begun_with.gold
    if "gold.files" in now or "gold.bars" in now:
        places = {"files": settings.gold.files, "bars": settings.gold.bars}
        gold = gold.model_copy(update=places)
    limits = {name: getattr(begun_with.run, name) for name in _LIMITS if f"run.{name}" not in now}
    place = {"name": folder.name, "folder": folder.path.parent}
    run = settings.run.model_copy(update={**place, **limits})
    stated = [name for name in type(settings.nim).model_fields if f"nim.{name}" in now]
    nim = begun_with.nim.model_copy(update={name: getattr(settings.nim, name) for name in stated})
    computed = settings if "indicators.extra" in now else begun_with
    batched = settings if "designer.batch_rows" in now else begun_with
    changes = {
        "run": run,
        "gold": gold,
        "nim": nim,
        "designer": batched.designer,
        "indicators": computed.indicators,
    }
    return begun_with.model_copy(update=changes)


def check_same(folder: RunFolder, ledger: Ledger, identity: Mapping[str, Any]) -> None:
    """Raise `InputError` unless the ledger was begun with this identity; a new one takes it on.

    The ledger is what rows are taken from, so it has the last word on what made them.
    """
    before, now = ledger.about("identity", dict), json.loads(json.dumps(identity))
    if before is None:
        ledger.note("identity", now)
        return
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    if names:
        differing = {name: (before.get(name), now.get(name)) for name in names}
        raise InputError(_refusal(folder, differing))


def check_version(folder: RunFolder, ledger: Ledger) -> None:
    """Raise `InputError` if another version of tradegen has begun the ledger.

    A generator may change from one version to the next: a dataset holds the rows of one only.
    """
    begun_with = ledger.about("version", str)
    if begun_with is None:
        ledger.note("version", __version__)
    elif begun_with != __version__:
        raise InputError(
            f"{folder.path}: this run was begun with tradegen {begun_with}; this is {__version__}, "
            f"whose rows may differ. Go on with the old version (pip install "
            f"tradegen=={begun_with}), or start a new run with another --name."
        )


def _refusal(folder: RunFolder, differing: Mapping[str, tuple[object, object]]) -> str:
    lines = [f"  {name}: {before!r} then, {now!r} now" for name, (before, now) in differing.items()]
    return (
        f"{folder.path}: this run was begun with other settings:\n"
        + "\n".join(lines)
        + "\nGo on with the old ones (leave these out), or start a new run with another --name."
    )
