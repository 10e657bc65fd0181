"""Settings of a log: what was found of it, as a section of the settings file."""

import json
from collections.abc import Mapping

from tradegen.importers.formats import PLAIN_TABLE
from tradegen.importers.log import Log


def log_settings(log: Log, symbols: Mapping[str, str]) -> str:
    """Return TOML that makes `tradegen import` read such a file in the same way again."""
    stated = {"format": log.format, "tz": log.tz and log.tz.key, "time_format": log.time_format}
    lines = ["[import]", *_pairs({name: text for name, text in stated.items() if text})]
    if log.format == PLAIN_TABLE:
        of = log.columns.of
        columns = {name: of[name] for name in of if not (name == "side" and log.columns.signed)}
        lines += ["", "[import.columns]", *_pairs(columns)]
    if symbols:
        lines += ["", "[import.symbols]", *_pairs(symbols)]
    return "\n".join(lines) + "\n"


def _pairs(texts: Mapping[str, str]) -> list[str]:
    return [f"{_key(name)} = {_text(text)}" for name, text in texts.items()]


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if bare else _text(name)


def _text(text: str) -> str:
    """Return a string as TOML has it: as JSON does, which leaves but one character unescaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
