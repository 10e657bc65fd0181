"""What flags say, as the part of the settings that it overrides."""

from pathlib import Path
from typing import Any

from tradegen.errors import InputError


def gold_flags(
    files: list[Path] | None,
    bars: list[Path] | None,
    tz: str | None,
    holdout: float | None,
    skip_bad: bool | None,
    calendar: str | None,
) -> dict[str, Any]:
    """Return what flags say of gold."""
    return {
        "files": files or None,
        "bars": bars or None,
        "tz": tz,
        "holdout": holdout,
        "skip_bad": skip_bad,
        "calendar": calendar,
    }


def nim_flags(base_url: str | None, model: str | None) -> dict[str, Any]:
    """Return what flags say of models: one for all roles."""
    one = {"model": model}
    return {"base_url": base_url, "generator": one, "judge": one, "refiner": one}


def overrides(flags: dict[str, Any]) -> dict[str, Any]:
    """Return the flags that were given."""
    tree = {
        key: overrides(value) if isinstance(value, dict) else value for key, value in flags.items()
    }
    return {key: value for key, value in tree.items() if value not in (None, {})}


def pairs_of(option: str, given: list[str] | None) -> dict[str, str]:
    """Return the pairs of an option that is given as NAME=VALUE."""
    pairs = {}
    for one in given or []:
        name, equals, value = one.partition("=")
        if not (name and equals and value):
            raise InputError(f"{option} {one}: expected NAME=VALUE")
        pairs[name.strip()] = value.strip()
    return pairs
