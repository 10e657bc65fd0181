"""Text in the manner of gold's: names written anew in their pattern, times moved with a trade."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

_RUN = re.compile(r"[^\W\d_]+|\d+")
_TIME = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)"
    r"(?:(?P<gap>[ T])(?P<minute>\d\d:\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,9}))?)?)?"
    r"(?P<zone> ?(?:Z|[+-]\d\d:?\d\d))?"
)
_KEPT_SHARE = 0.9
_TRIES = 10
_SECOND_US = 1_000_000
_MINUTE_US, _DAY_US = 60 * _SECOND_US, 86_400 * _SECOND_US


# --- names ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pattern:
    """How the texts of a column are written that name one trade each, such as order numbers.

    `known` are gold's own texts, `words` the runs of letters that most of them share (`ORD`), and
    `letters` the letters they use: capital ones, small ones and those that are neither.
    """

    known: frozenset[str]
    words: frozenset[str]
    letters: tuple[str, str, str]

    def like(self, text: str, rng: np.random.Generator) -> str:
        """Return a text like `text` that gold does not have.

        Digits become digits and letters letters, of the same case; shared words and all other
        characters stay. `text` is one of gold's. Where gold has ten such texts in a row, it seems
        to have them all, and the new one is made longer.
        """
        new = text
        tries = 0
        while new in self.known:
            longer = "0" * max(tries - _TRIES, 0)
            new = _RUN.sub(lambda run: self._redrawn(run[0], rng), text + longer)
            tries += 1
        return new

    def _redrawn(self, run: str, rng: np.random.Generator) -> str:
        if run in self.words:
            return run
        pools = [
            "0123456789" if char.isdigit() else self.letters[_case(char)] or char for char in run
        ]
        return "".join(pool[rng.integers(len(pool))] for pool in pools)


def learn_pattern(texts: Sequence[str]) -> Pattern:
    """Return the pattern of a column's texts."""
    runs = Counter(run for text in texts for run in set(_RUN.findall(text)))
    letters = sorted({char for text in texts for char in text if char.isalpha()})
    return Pattern(
        known=frozenset(texts),
        words=frozenset(
            run
            for run, count in runs.items()
            if len(run) > 1 and run.isalpha() and count >= _KEPT_SHARE * len(texts)
        ),
        letters=(
            "".join(char for char in letters if _case(char) == 0),
            "".join(char for char in letters if _case(char) == 1),
            "".join(char for char in letters if _case(char) == 2),
        ),
    )


def _case(char: str) -> int:
    return 0 if char.isupper() else 1 if char.islower() else 2


# --- times ------------------------------------------------------------------------------------


def time_of(text: str) -> int | None:
    """Return an ISO time's microseconds since 1970, or None if the text is none.

    Times without a zone are taken to be UTC; a date is its midnight.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    zone = (found["zone"] or "Z").strip()
    try:
        wall = _wall_clock(found)
        whole = datetime.fromisoformat(wall.isoformat() + zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return (whole - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def moved(text: str, before: int, after: int) -> str:
    """Return an ISO time moved as a trade was, from `before` to `after` (microseconds).

    It is written as `text` is, and moved by whole units of its last digit: the day of a trade
    stays the day of the trade.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        return text
    digits = found["fraction"] or ""
    unit = _DAY_US
    if found["minute"]:
        unit = _MINUTE_US
    if found["second"]:
        unit = max(_SECOND_US // 10 ** len(digits), 1)
    try:
        wall = _wall_clock(found) + timedelta(microseconds=(after // unit - before // unit) * unit)
    except OverflowError:  # 9999-12-31, as some write "never"
        return text
    written = wall.date().isoformat()
    if found["minute"]:
        written += found["gap"] + wall.strftime("%H:%M")
    if found["second"]:
        written += wall.strftime(":%S")
    if digits:
        written += "." + f"{wall.microsecond:06d}"[: len(digits)] + digits[6:]
    return written + (found["zone"] or "")


def _wall_clock(found: re.Match[str]) -> datetime:
    fraction = (found["fraction"] or "0")[:6].ljust(6, "0")
    clock = f"{found['minute'] or '00:00'}:{found['second'] or '00'}.{fraction}"
    return datetime.fromisoformat(f"{found['day']}T{clock}")
