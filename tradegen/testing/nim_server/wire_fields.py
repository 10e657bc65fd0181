"""Fields: the names that trades have on the wire against those of the row contract."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_CONTRACT_OF: Mapping[str, str] = {
    "entry_bp": "entry_price",
    "exit_bp": "exit_price",
    "entry_after_s": "entry_time",
    "exit_after_s": "exit_time",
}
_WIRE_OF = {contract: wire for wire, contract in _CONTRACT_OF.items()}
_SAME = ("symbol", "side", "interval", "quantity", "bars", "bars.volume")
_KNOWN = {**_CONTRACT_OF, **dict.fromkeys(_SAME), **_WIRE_OF}
_NAME = re.compile(r"/?([a-z_]+)(?:[\[/]\d+\]?)?(\.volume)?")
_OWN_COLUMN = re.compile(r"/?extras[./](.+)")
_WORD = re.compile(r"bars\.volume|extras\.\w+|[a-z_]+")

Op = dict[str, Any]


def on_the_wire(fields: Iterable[str]) -> list[str]:
    """Return contract names as they are called on the wire, sorted."""
    return sorted({_WIRE_OF.get(name, name) for name in fields})


def named_fields(task: object, critique: object) -> frozenset[str]:
    """Return the contract names of all fields that a refiner may touch.

    They are the strings under any key `fields` of the task or else of the critique, in either
    vocabulary and with or without an index (`bars[3]`, `/bars/3`); where there is none, the field
    names found in the critique's words.
    """
    listed = [*_under_fields(task)] or [*_under_fields(critique)]
    words = listed or _WORD.findall(str(critique))
    return frozenset(
        _contract_name(word)
        for word in words
        if _plain(word) in _KNOWN or _OWN_COLUMN.fullmatch(word)
    )


def patch(before: Mapping[str, Any], after: Mapping[str, Any], fields: frozenset[str]) -> list[Op]:
    """Return the JSON Patch (RFC 6902) from `before` to `after` on the wire.

    It touches only what the contract's `fields` allow; with `bars.volume` alone, volumes are
    written one by one, in the old unit: the bars as a whole may not be touched. A patch must hold
    something: where nothing differs, one value is replaced by itself.
    """
    present = dict(before)
    wanted = {name: after[name] for name in on_the_wire(fields) if name in after}
    if "bars.volume" in fields and "bars" not in fields:
        present |= _volumes(before, 1)
        wanted |= _volumes(after, after["median_volume"] / before["median_volume"])
    changed = {name: value for name, value in wanted.items() if value != present.get(name)}
    own, new = before.get("extras", {}), after.get("extras", {})
    for name in on_the_wire(fields):
        column = name.removeprefix("extras.")
        if column != name and column in new and new[column] != own.get(column):
            changed["extras/" + column.replace("~", "~0").replace("/", "~1")] = new[column]
    if not changed:
        changed = {name: present[name] for name in (*wanted, "quantity") if name in present}
        changed = dict([*changed.items()][:1])
    return [
        {"op": "replace", "path": f"/{name}", "value": value} for name, value in changed.items()
    ]


def _volumes(wire: Mapping[str, Any], unit: float) -> dict[str, int]:
    """Return the volume of each bar by its path, times `unit`."""
    return {f"bars/{k}/4": round(bar[4] * unit) for k, bar in enumerate(wire["bars"])}


def _under_fields(critique: object) -> Iterator[str]:
    if isinstance(critique, dict):
        for name, value in critique.items():
            if name == "fields" and isinstance(value, list):
                yield from map(str, value)
            else:
                yield from _under_fields(value)
    elif isinstance(critique, list):
        for value in critique:
            yield from _under_fields(value)


def _plain(word: str) -> str:
    if own := _OWN_COLUMN.fullmatch(word):
        return f"extras.{own[1]}"
    found = _NAME.match(word)
    return f"{found[1]}{found[2] or ''}" if found else word


def _contract_name(word: str) -> str:
    plain = _plain(word)
    return _CONTRACT_OF.get(plain, plain)
