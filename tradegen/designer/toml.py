"""A tree of settings as the text of a settings file."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tradegen.designer.left_out import LeftOut
from tradegen.errors import one_line


def settings_text(stated: Mapping[str, Any], left_out: tuple[LeftOut, ...], origin: str) -> str:
    """Return a settings file, with what was left out as comments."""
    lines = [f"# Settings of tradegen, read from {one_line(origin)}."]
    if left_out:
        lines += ["# Left out, as it has no meaning here:"]
        lines += [f"#   {one}" for one in left_out]
    return "\n".join([*lines, *_lines(stated, "")]) + "\n"


def _lines(tree: Mapping[str, Any], section: str) -> Iterator[str]:
    sections = {name: value for name, value in tree.items() if _is_section(section, name, value)}
    for name, value in tree.items():
        if name not in sections and value is not None:
            yield f"{_key(name)} = {_value(value)}"
    for name, value in sections.items():
        yield f"\n[{section}{_key(name)}]"
        yield from _lines(value, f"{section}{_key(name)}.")


def _is_section(section: str, name: str, value: Any) -> bool:
    return isinstance(value, Mapping) and (section, name) != ("diversity.", "weights")


def _key(name: str) -> str:
    return name if name.replace("_", "").isascii() and name.isidentifier() else _value(name)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = (f"{_key(str(k))} = {_value(v)}" for k, v in value.items() if v is not None)
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
