"""Data blocks: what a prompt hands over as data, `<data name="task">JSON</data>`."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_BLOCK = re.compile(r'<data name="([a-z_]+)">([^<]*)</data>')


class Blocks(Mapping[str, Any]):
    """The blocks of a conversation by name, parsed when they are asked for.

    Of several blocks of one name the first counts. A block that is no JSON is its own text.
    """

    def __init__(self, messages: Sequence[Mapping[str, Any]]) -> None:
        """Find the blocks of all messages; `<` inside them is always escaped."""
        self._texts: dict[str, str] = {}
        for message in messages:
            for name, text in _BLOCK.findall(text_of(message)):
                self._texts.setdefault(name, text)

    def __getitem__(self, name: str) -> Any:
        text = self._texts[name]
        try:
            return json.loads(text)
        except ValueError:
            return text

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


def text_of(message: Mapping[str, Any]) -> str:
    """Return a message's text, whether it is one string or parts."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)
