"""`tradegen doctor`."""

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tradegen.cli.console import make_console, styled
from tradegen.cli.requirements import Requirement, direct_requirements
from tradegen.data.gold import load_gold
from tradegen.data.run_folder import RunFolder
from tradegen.data.volatility import lookback_volatility
from tradegen.engines.nim.endpoint import reach
from tradegen.engines.nim.options import ASKING, KEY_VARIABLE
from tradegen.engines.registry import engine_names
from tradegen.errors import EngineUnavailableError, InputError, TradegenError
from tradegen.pipeline.fleet import usual_workers
from tradegen.settings import Settings
from tradegen.version import __version__

_ENOUGH_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: `ok` is None where it is no more than worth knowing."""

    name: str
    ok: bool | None
    found: str


def doctor_command(settings: Settings, *, network: bool) -> int:
    """Print what was checked; return 0 if a run can start, else 2.

    Nothing outside this machine is contacted unless `network` asks for it.
    """
    console = make_console()
    failed = False
    for check in _checks(settings, network=network):
        mark = {True: ("ok  ", "green"), False: ("bad ", "red"), None: ("--  ", "dim")}[check.ok]
        console.print(styled(mark, f" {check.name}: {check.found}"))
        failed |= check.ok is False
    return 2 if failed else 0


def _checks(settings: Settings, *, network: bool) -> Iterator[Check]:
    python = ".".join(map(str, sys.version_info[:3]))
    yield Check("Python", sys.version_info >= (3, 11), f"{python}, tradegen {__version__}")
    yield from _packages(direct_requirements())
    yield Check("cores", True, f"{usual_workers(10**6)} to work with")
    yield _disk(settings.run.folder)
    yield from _gold(settings)
    yield Check("engines", settings.engine in engine_names(), ", ".join(engine_names()))
    yield _data_designer(settings)
    key = bool(os.environ.get(KEY_VARIABLE))
    yield Check(
        KEY_VARIABLE,
        None,
        "set" if key else "not set; the embedded engine needs none",
    )
    if network:
        yield _endpoint(settings)


def _packages(needed: Sequence[Requirement]) -> Iterator[Check]:
    if not needed:
        yield Check("packages", None, "unknown: tradegen is not installed, and this is no checkout")
    for package in needed:
        found = package.installed or "not installed"
        wanted = "" if package.met else f"; {package.at_least} or newer is needed"
        yield Check(package.name, package.met, found + wanted)


def _disk(folder: Path) -> Check:
    try:
        RunFolder(folder / "a-new-run").check()
    except InputError as error:
        return Check("run folder", False, str(error))
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    found = f"{free / 1e9:.1f} GB free, writable ({place})"
    return Check("run folder", free > _ENOUGH_BYTES, found)


def _gold(settings: Settings) -> Iterator[Check]:
    try:
        gold = load_gold(settings.gold.source())
    except TradegenError as error:
        yield Check("gold", False, str(error))
        return
    volatility = lookback_volatility(gold.train, gold.market.bars_per_year(gold.train))
    found = (
        f"{len(gold.train):,} rows to learn from, {len(gold.holdout):,} kept back, volatility "
        f"{volatility.min():.2f} to {volatility.max():.2f}"
    )
    yield Check("gold", True, found if settings.gold.files else f"{found} (simulated demo)")


def _data_designer(settings: Settings) -> Check:
    """Look for the package of engine designer, which nothing else needs."""
    needed = settings.engine == "designer"
    try:
        found = version("data-designer")
    except PackageNotFoundError:
        missing = "not installed; engine designer needs it: pip install 'tradegen[designer]'"
        return Check("data-designer", False if needed else None, missing)
    return Check("data-designer", True, found)


def _endpoint(settings: Settings) -> Check:
    """Ask the endpoint for its models, as a run would."""
    needed = settings.engine in ASKING
    try:
        endpoint = reach(settings.nim)
    except EngineUnavailableError as error:
        return Check(
            "endpoint", False if needed else None, f"{error} (engines nim and designer need it)"
        )
    named = ", ".join(f"{role} {model}" for role, model in endpoint.models.items())
    return Check("endpoint", True, f"{endpoint.base_url} answers; {named}")
