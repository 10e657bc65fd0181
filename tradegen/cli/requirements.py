"""The packages that tradegen needs, as it declares them, and which of them are there."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

_CHECKOUT = Path(__file__).parents[2] / "pyproject.toml"
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_AT_LEAST = re.compile(r">=\s*([0-9][^\s,;]*)")


@dataclass(frozen=True, slots=True)
class Requirement:
    """A package, the lowest version that will do, and the one that is installed, if it is."""

    name: str
    at_least: str
    installed: str | None

    @property
    def met(self) -> bool:
        """Whether the package is there and not too old."""
        return self.installed is not None and _release(self.installed) >= _release(self.at_least)


def direct_requirements() -> list[Requirement]:
    """Return what tradegen itself depends on; empty if nothing here declares it.

    A checkout speaks for itself; else the metadata of the installed package do.
    """
    if _CHECKOUT.is_file():
        project = tomllib.loads(_CHECKOUT.read_text(encoding="utf-8")).get("project", {})
        if project.get("name") == "tradegen":
            return list(_parsed(project["dependencies"]))
    try:
        declared = requires("tradegen") or []
    except PackageNotFoundError:
        return []
    return list(_parsed(declared))


def _parsed(declared: Iterable[str]) -> Iterator[Requirement]:
    for text in declared:
        name = _NAME.match(text)
        if name is None or "extra ==" in text:
            continue
        bound = _AT_LEAST.search(text)
        yield Requirement(name[0], bound[1] if bound else "0", _installed(name[0]))


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _release(written: str) -> tuple[int, ...]:
    """Return the numbers of a version up to its first suffix, without zeros at the end."""
    numbers = [int(n) for n in re.findall(r"\d+", re.split(r"[^0-9.]", written, maxsplit=1)[0])]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
