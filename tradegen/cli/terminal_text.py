"""Text for a terminal: nothing that a file or a model wrote can move the cursor or hide a line."""

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def shown(text: str) -> str:
    """Return text with control characters spelt out, but for tabs and ends of lines."""
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)
