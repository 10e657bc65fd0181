"""Values: what the text of a cell means; ValueError says what was expected in its place."""

import unicodedata
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tradegen.data.local_time import in_zone
from tradegen.data.row import A_TIME_IN_RANGE, END_OF_TIMES, FIRST_YEAR, LAST_YEAR, to_microseconds

_BUYS = ("buy", "b", "l", "bot", "bought", "long", "1", "buytoopen", "buytocover", "buytoclose")
_SELLS = ("sell", "s", "sld", "sold", "short", "-1", "sellshort", "selltoopen", "selltoclose")
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_A_TIME = "a time such as 2024-01-31T14:30:00Z; say what else it is with --time-format"
_EPOCHS = {10: 1_000_000, 13: 1_000, 16: 1, 19: None}
"""Microseconds a unit of a whole number since 1970, by its number of digits (None: of nanos)."""


def moment(text: str, tz: ZoneInfo | None, form: str | None) -> int:
    """Return a time as microseconds since 1970.

    `form` is one of `datetime.strptime`; without it ISO 8601, dates with dots or strokes, and
    whole numbers of seconds to nanoseconds since 1970 are known. `tz` is the zone of times that
    carry none.
    """
    if form is None and text.isdecimal() and len(text) in _EPOCHS:
        unit = _EPOCHS[len(text)]
        since = int(text) // 1000 if unit is None else int(text) * unit
        if since >= END_OF_TIMES:
            raise ValueError(A_TIME_IN_RANGE)
        return since
    try:
        found = datetime.strptime(text, form) if form else datetime.fromisoformat(_iso(text))
    except ValueError as error:
        raise ValueError(f"a time like {form}" if form else _A_TIME) from error
    if not FIRST_YEAR <= found.year < LAST_YEAR:
        raise ValueError(A_TIME_IN_RANGE)
    if found.tzinfo is not None:
        return to_microseconds(found.astimezone(UTC))
    if tz is None:
        raise ValueError("a time with its offset from UTC; say with --tz which zone it is in")
    try:
        return to_microseconds(in_zone(found, tz).astimezone(UTC))
    except ValueError as error:
        raise ValueError(str(error).removeprefix("expected ")) from error


def _iso(text: str) -> str:
    """Return a time with dots or strokes in its date, or words for UTC, as ISO 8601 has it."""
    if len(text) >= 10 and text[4] == text[7] and text[4] in "./":
        text = text[:10].replace(text[4], "-") + text[10:]
    for word in (" UTC", " GMT"):
        if text.endswith(word):
            return text.removesuffix(word) + "Z"
    return text


def name(text: str) -> str:
    """Return the name of a symbol, an account or an order."""
    if any(unicodedata.category(letter) == "Cc" for letter in text):
        raise ValueError("text without control characters")
    return text


def number(text: str) -> float:
    """Return a finite number; thousands may be set apart by commas, if there is a point too."""
    plain = text.replace(",", "") if "." in text and text.find(",") < text.find(".") else text
    try:
        found = float(plain)
    except ValueError as error:
        raise ValueError("a number with a decimal point") from error
    if not abs(found) < float("inf"):
        raise ValueError("a finite number")
    return found


def positive(text: str) -> float:
    """Return a number above 0."""
    found = number(text)
    if found <= 0:
        raise ValueError("a number above 0")
    return found


def amount(text: str) -> float:
    """Return a number that may have its unit behind it; nothing at all is 0."""
    return number(text.rstrip(_LETTERS).rstrip()) if text else 0.0


def size(text: str) -> float:
    """Return the size of a number that may be negative (sells, mostly), but not 0.

    It may have its unit behind it, such as 0.5BTC.
    """
    found = abs(amount(text))
    if found == 0:
        raise ValueError("a number other than 0")
    return found


def is_buy(text: str) -> bool:
    """Return whether a side is a buy, or long."""
    plain = "".join(letter for letter in text.lower() if letter.isalnum() or letter == "-")
    if plain in _BUYS:
        return True
    if plain in _SELLS:
        return False
    raise ValueError("buy or sell (or long or short)")


def is_positive(text: str) -> bool:
    """Return whether a signed quantity is bought (or held long)."""
    size(text)
    return amount(text) > 0
