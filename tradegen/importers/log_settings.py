"""Settings of a log: what was found of it, as a section of the settings file."""

import json
from collections.abc import Mapping

from tradegen.importers.formats import PLAIN_TABLE
from tradegen.importers.log import Log


def log_settings(log: Log, stated: Mapping[str, object]) -> str:
    """Return TOML that makes `tradegen import` read such a file in the same way again.

    `stated` is what the user says of it: settings by name, of which those that tell how the file
    is read give way to what was found.
    """
    of = log.columns.of
    columns = {name: of[name] for name in of if not (name == "side" and log.columns.signed)}
    found: dict[str, object] = {
        "format": log.format,
        "tz": log.tz.key if log.tz else None,
        "time_format": log.time_format,
        "columns": columns if log.format == PLAIN_TABLE else None,
    }
    every = {**found, **stated, **found}
    every = {name: value for name, value in every.items() if value not in (None, {})}
    tables = {name: value for name, value in every.items() if isinstance(value, Mapping)}
    lines = ["[import]", *_pairs({name: every[name] for name in every if name not in tables})]
    for name, table in tables.items():
        lines += ["", f"[import.{name}]", *_pairs(table)]
    return "\n".join(lines) + "\n"


def _pairs(values: Mapping[str, object]) -> list[str]:
    return [f"{_key(name)} = {_value(value)}" for name, value in values.items()]


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if bare else _value(name)


def _value(value: object) -> str:
    """Return a value as TOML has it: as JSON does, which leaves but one character unescaped."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
