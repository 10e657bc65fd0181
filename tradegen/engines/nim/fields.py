"""Names of fields: what a row's field is called on the wire, and what a field on the wire moves."""

import re
from collections.abc import Collection, Iterable, Mapping

_ON_THE_WIRE: Mapping[str, tuple[str, ...]] = {
    "side": ("side",),
    "entry_time": ("entry_after_s",),
    "entry_price": ("entry_bp",),
    "exit_time": ("exit_after_s",),
    "exit_price": ("exit_bp",),
    "quantity": ("quantity",),
    "bars": ("bars", "start_price", "median_volume"),
    "bars.volume": ("bars.volume", "median_volume"),
}

_IN_THE_ROW: Mapping[str, tuple[str, ...]] = {
    "side": ("side",),
    "entry_bar": ("bars", "entry_time", "exit_time"),
    "entry_after_s": ("entry_time",),
    "entry_bp": ("entry_price",),
    "exit_after_s": ("exit_time",),
    "exit_bp": ("exit_price",),
    "quantity": ("quantity",),
    "start_price": ("bars", "entry_price", "exit_price"),
    "median_volume": ("bars.volume",),
    "bars": ("bars", "entry_price", "exit_price", "exit_time"),
    "bars.volume": ("bars.volume",),
}
"""A move of the bars moves the fills on them."""

_VOLUME_PATH = re.compile(r"/bars/\d+/4")


def field_names(extras: Iterable[str]) -> tuple[str, ...]:
    """Return the names that a judge may use for fields: those of the wire."""
    return (*_IN_THE_ROW, *(f"extras.{name}" for name in extras))


def row_fields(named: Iterable[str], extras: Iterable[str]) -> tuple[str, ...]:
    """Return the row's fields that may change when these fields of the wire do.

    A judge names fields in its own way (`bars[3]`, `/quantity`, a row's `entry_price`); a name
    that means nothing is passed over, and if none means anything, every field may change.
    """
    known = set(extras)
    found: dict[str, None] = {}
    for name in named:
        plain = re.sub(r"[\[/].*", "", name.strip().removeprefix("/")).strip()
        dotted = name.strip().removeprefix("/").replace("/", ".")
        own = re.sub(r"^/?extras[./]", "", name.strip())
        if plain.startswith("bars.") and plain not in _IN_THE_ROW:
            plain = "bars"
        if plain in _ON_THE_WIRE and plain not in _IN_THE_ROW:
            found[plain] = None
        elif dotted in _IN_THE_ROW or plain in _IN_THE_ROW:
            found.update(dict.fromkeys(_IN_THE_ROW.get(dotted) or _IN_THE_ROW[plain]))
        elif own in known:
            found[f"extras.{own}"] = None
    if not found:
        everything = (field for fields in _IN_THE_ROW.values() for field in fields)
        found = dict.fromkeys([*everything, *(f"extras.{name}" for name in sorted(known))])
    return tuple(found)


def editable(fields: Collection[str]) -> tuple[str, ...]:
    """Return the fields on the wire that an editor may touch to change these fields of the row."""
    names = (
        name
        for field in sorted(fields)
        for name in (_ON_THE_WIRE.get(field) or ((field,) if field.startswith("extras.") else ()))
    )
    found = dict.fromkeys(names)
    if set(_IN_THE_ROW["entry_bar"]) <= set(fields):  # all that moves with it
        found["entry_bar"] = None
    return tuple(found)


def may_touch(path: str, allowed: Iterable[str]) -> bool:
    """Return whether a JSON Pointer lies within the fields that may be touched."""
    names = set(allowed)
    parts = [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]
    if parts[0] == "extras":
        return len(parts) == 2 and f"extras.{parts[1]}" in names
    if parts[0] in names:
        return True
    return "bars.volume" in names and _VOLUME_PATH.fullmatch(path) is not None
