"""What of a config has no meaning on the other side, and why."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tradegen.errors import InputError, one_line

_UNSAID: Mapping[str, object] = {
    "drop": False,
    "propagate_skip": True,
    "with_trace": "none",
    "extract_reasoning_content": False,
    "skip_health_check": False,
    "generation_type": "chat-completion",
}
"""What Data Designer writes of fields that nobody has set."""

_SHOWN = 60
_SECRET = re.compile(
    r"tokens?$|key|secret|passw|pwd|credential|header|cookie|bearer|auth|\bpat\b", re.IGNORECASE
)
"""Names of fields that may hold secrets."""

_SECRET_TEXT = re.compile(
    r"(?<=://)[^/@\s]*@|\?\S+=\S*|\b(?:nvapi-|hf_|sk-|gh[a-z]_)[\w-]+|\b(?:bearer|basic)\s+\S+",
    re.IGNORECASE,
)
"""What gives a secret away within a text: names before a host, queries, marks of known keys."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One part of a config that was not made use of: where it stands, what it is, and why."""

    path: str
    what: str
    why: str

    def __post_init__(self) -> None:
        for name in ("what", "why"):
            object.__setattr__(self, name, without_secrets(getattr(self, name)))

    def __str__(self) -> str:
        return one_line(f"{self.path}: {self.what}; {self.why}")


class Rest:
    """A part of a config, from which what has meaning is taken; the rest is told.

    As everything that is not taken is told, nothing can be forgotten.
    """

    def __init__(self, tree: Mapping[str, Any], path: str = "") -> None:
        """Hold the fields of `tree`, which stands at `path`."""
        self._tree = dict(tree)
        self.path = path

    def take(self, name: str) -> Any:
        """Return a field and count it as used; None if it is not there."""
        return self._tree.pop(name, None)

    def take_part(self, name: str) -> "Rest":
        """Return the fields of a field, and count it as used. Raises `InputError` if it has none.

        A field that is not there has no fields.
        """
        value = self.take(name)
        if value is None:
            value = {}
        if not isinstance(value, Mapping):
            raise InputError(f"{self.where(name)} is {kind_of(value)}; expected fields by name")
        return Rest(value, self.where(name))

    def take_parts(self, name: str) -> list[Mapping[str, Any]]:
        """Return a list of parts, and count it as used. Raises `InputError` if it is none."""
        value = self.take(name) or []
        if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
            raise InputError(f"{self.where(name)} is {kind_of(value)}; expected a list of parts")
        return value

    def __bool__(self) -> bool:
        return bool(self._tree)

    def put_back(self, name: str, value: Any) -> None:
        """Let a field count as not used after all."""
        self._tree[name] = value

    def where(self, name: str) -> str:
        """Return the path of a field."""
        return f"{self.path}.{name}" if self.path else name

    def told(self, reasons: Mapping[str, str], otherwise: str) -> Iterator[LeftOut]:
        """Yield each field that was set and not taken, with the reason for its name."""
        for name, value in self._tree.items():
            if is_said(name, value):
                why = reasons.get(name, otherwise)
                yield LeftOut(self.where(name), shown(name, value), why)


def without_secrets(text: str) -> str:
    """Return text without what may be a key or a password."""
    return _SECRET_TEXT.sub("(hidden)", text)


def kind_of(value: object) -> str:
    """Return what a value is, but not what it says: it may be a secret in the wrong place."""
    if isinstance(value, Mapping):
        return "a group of fields"
    return {
        str: "text",
        list: "a list",
        bool: "true or false",
        int: "a number",
        float: "a number",
    }.get(type(value), type(value).__name__)


def is_said(name: str, value: Any) -> bool:
    """Return whether a field says anything: it is neither empty nor Data Designer's default."""
    if value is None or (isinstance(value, (str, list, tuple, dict)) and not value):
        return False
    return not (name in _UNSAID and value == _UNSAID[name])


def shown(name: str, value: Any) -> str:
    """Return a value short enough for a line, and no secrets."""
    if isinstance(value, Mapping):
        return f"{len(value)} fields: {', '.join(map(str, value))}"[:_SHOWN]
    if isinstance(value, (list, tuple)):
        return f"{len(value)} of them"
    if _SECRET.search(name):
        return "a secret"
    text = " ".join(str(value).split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
