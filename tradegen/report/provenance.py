"""Provenance: what a run was made with, and how to make it again."""

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from tradegen.settings import restore_settings

_MISSING = object()


def settings_that_differ(settings: Mapping[str, Any]) -> str:
    """Return settings as `run.json` has them as a settings file: those that are not the default.

    Folder, name and number of processes are left out: they change nothing.
    """
    default = restore_settings({}).model_dump(mode="json")
    kept = {name: value for name, value in settings.items() if name != "run"}
    run = settings.get("run", {})
    kept["run"] = {name: value for name, value in run.items() if name.startswith("max_")}
    return "\n".join(_lines(kept, default, "")).strip()


def command_again(name: str) -> str:
    """Return the command that makes a run again from its settings file."""
    return shlex.join(
        ["python", "-m", "tradegen", "run", "--config", f"{name}.toml", "--name", f"{name}-again"]
    )


def _lines(tree: Mapping[str, Any], default: Mapping[str, Any], section: str) -> Iterator[str]:
    plain = {name: value for name, value in tree.items() if not _is_section(name, value, default)}
    own = [
        f"{_key(name)} = {_toml(value)}"
        for name, value in plain.items()
        if value is not None and value != default.get(name, _MISSING)
    ]
    if own and section:
        yield f"\n[{section}]"
    yield from own
    for name, value in tree.items():
        if name not in plain:
            path = f"{section}.{_key(name)}" if section else _key(name)
            yield from _lines(value, default[name], path)


def _is_section(name: str, value: object, default: Mapping[str, Any]) -> bool:
    return (
        isinstance(value, Mapping)
        and isinstance(default.get(name), Mapping)
        and bool(default[name])
    )


def _key(name: str) -> str:
    return name if name.replace("_", "").isalnum() and name.isascii() else json.dumps(name)


def _toml(value: object) -> str:
    """Return a plain value in TOML; of tables, values that are not set are left out."""
    if isinstance(value, Mapping):
        pairs = (f"{_key(k)} = {_toml(v)}" for k, v in value.items() if v is not None)
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_toml(one) for one in value)}]"
    return json.dumps(value, ensure_ascii=False)
