"""Counts tokens where nobody has told how many there are."""

import re

_TOKEN = re.compile(r"\d{1,3}|[^\W\d]{1,6}|[^\w\s]{1,3}")


def count_tokens(text: str) -> int:
    """Return about how many tokens a text is: groups of digits, short words, runs of signs.

    Tokenisers differ by a fifth or so; what an endpoint counted is in `run.json` after a run.
    """
    return sum(1 for _ in _TOKEN.finditer(text))
