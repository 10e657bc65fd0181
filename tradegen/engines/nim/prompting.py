"""Prompts: fills the files in `tradegen/prompts` with a row's data; all words are in the files."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Literal

MOST_CHARACTERS = 200
"""Text from gold is cut to this length before a model reads it."""

_PLACE = re.compile(r"\{\{(\w+)\}\}")
_NO_LETTER = re.compile(r"[<>&\x7f]|[^\x00-\x7f\w]")
_PART = re.compile(r"^# (system|user)\n", re.MULTILINE)

Speaker = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    speaker: Speaker
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt file: its turns, with places to fill in; `fixed` are the same for all rows."""

    turns: tuple[Message, ...]
    fixed: Mapping[str, str] = field(default_factory=dict)

    def fill(self, **values: str) -> list[Message]:
        """Return the turns with every place filled. Raises `KeyError` for one without a value.

        All values are put in together: a place that one of them happens to hold is left as it is.
        """
        known = {**self.fixed, **values}
        return [
            Message(turn.speaker, _PLACE.sub(lambda place: known[place[1]], turn.text))
            for turn in self.turns
        ]


def load_prompt(name: str, **fixed: str) -> Prompt:
    """Return a prompt that knows the values which are the same for all rows."""
    parts = _PART.split(load_text(name))[1:]
    turns = zip(parts[::2], parts[1::2], strict=True)
    return Prompt(
        tuple(
            Message("system" if speaker == "system" else "user", text.strip())
            for speaker, text in turns
        ),
        fixed,
    )


def load_text(name: str) -> str:
    """Return a prompt file as it is."""
    return (files("tradegen.prompts") / f"{name}.md").read_text(encoding="utf-8")


def as_data(value: Any, longest: int = MOST_CHARACTERS) -> str:
    """Return a value as JSON that cannot close the block it stands in, its texts cut to length.

    Letters and digits of any script stay as they are. Other characters beyond ASCII are escaped:
    among them are marks that nobody sees, and look-alikes that some tokenizers turn into `<`
    (Unicode's form NFKC).
    """
    text = json.dumps(_capped(value, longest), separators=(",", ":"), ensure_ascii=False)
    return _NO_LETTER.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    one = found[0]
    return f"\\u{ord(one):04x}" if one.isascii() else json.dumps(one)[1:-1]


def _capped(value: Any, longest: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= longest else f"{value[: longest - 1]}…"
    if isinstance(value, Mapping):
        return {_capped(str(key), longest): _capped(item, longest) for key, item in value.items()}
    if isinstance(value, (list, tuple)) and value and not isinstance(value[0], (int, float)):
        return [_capped(item, longest) for item in value]
    return value
