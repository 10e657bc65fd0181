"""The judge's three criteria as scores of a Data Designer judge column, in tradegen's own words."""

import re
from typing import Any

from tradegen.designer.words import CRITERIA, JUDGE_COLUMN
from tradegen.engines.nim.prompting import load_text

_CRITERION = re.compile(r"^- `(\w+)`: (.+(?:\n  .+)*)", re.MULTILINE)
_SCORE = re.compile(r"([1-5]) ([^\d,:]+?)(?=, [1-5]| and [1-5]|:)")


def scores() -> list[dict[str, Any]]:
    """Return the scores that the judge's prompt describes."""
    text = load_text("judge")
    described = {name: " ".join(words.split()) for name, words in _CRITERION.findall(text)}
    meanings = {int(score): meaning for score, meaning in _SCORE.findall(" ".join(text.split()))}
    return [
        {"name": name, "description": described[name], "options": dict(sorted(meanings.items()))}
        for name in CRITERIA
    ]


def passes(pass_score: int) -> str:
    """Return the expression that says whether all three scores are enough."""
    enough = [f"{JUDGE_COLUMN}.{name}.score|int >= {pass_score}" for name in CRITERIA]
    return f"{{{{ {' and '.join(enough)} }}}}"
