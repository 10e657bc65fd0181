"""Plain values: numbers and times as vendors write them, as plain decimals and ISO 8601.

What has not the form that is expected is returned as it is; the importer then says where it
stands and what was expected.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_UNIT = re.compile(r"\s*([A-Za-z][A-Za-z0-9]*)$")
_THOUSANDS = re.compile(r"^[+-]?[1-9]\d{0,2}(,\d{2,3})*,\d{3}(?![\d,])")
_OFFSET = re.compile(r"\(UTC(?:(-{1,2}|\+)(\d{1,2}))?\)")


def plain_number(text: str) -> str:
    """Return a number without currency sign, spaces and the commas between thousands.

    Other commas are none of these: 0,05 may be meant as 0.05, and stays as it is.
    """
    bare = _without_commas(_SPACES.sub("", text).replace("$", ""))
    return bare if _decimal(bare) is not None else text


def total(texts: Iterable[str]) -> str:
    """Return the exact sum of numbers, of which empty ones are 0, or the first that is none."""
    found = Decimal(0)
    for text in texts:
        number = _decimal(plain_number(text) or "0")
        if number is None:
            return text
        found += number
    return format(found, "f")


def product(*texts: str) -> str:
    """Return the exact product of numbers, or the first that is none."""
    found = Decimal(1)
    for text in texts:
        number = _decimal(plain_number(text))
        if number is None:
            return text
        found *= number
    return format(found, "f")


def negated(text: str) -> str:
    """Return a number with the other sign; an empty one, or what is none, as it is."""
    return product(text, "-1") if _decimal(plain_number(text)) else text


def is_zero(text: str) -> bool:
    """Return whether a text is a 0, or empty."""
    number = _decimal(plain_number(text) or "0")
    return number is not None and number == 0


def split_unit(text: str, pair: str) -> tuple[str, str]:
    """Return the number and the unit of `0.5BTC`; the unit is "" if there is none.

    The coins of a `pair` are looked for first: 10.51INCH of 1INCHUSDT is 10.5 of 1INCH.
    """
    bare = _without_commas(_SPACES.sub("", text))
    for start in range(1, len(bare)):
        unit = bare[start:]
        ours = pair.startswith(unit) or pair.endswith(unit)
        if ours and not unit.isdecimal() and _decimal(bare[:start]) is not None:
            return bare[:start], unit
    found = _UNIT.search(bare)
    if found and _decimal(bare[: found.start()]) is not None:
        return bare[: found.start()], found[1]
    return plain_number(text), ""


def iso_time(text: str, forms: Sequence[str]) -> str:
    """Return a time in one of some forms of `strptime` as ISO 8601."""
    for form in forms:
        try:
            return datetime.strptime(text, form).isoformat()
        except ValueError:
            continue
    return text


def stated_zone(text: str) -> ZoneInfo | None:
    """Return the zone that a heading or a file's name states as `(UTC)`, `(UTC+7)`, `(UTC--6)`."""
    found = _OFFSET.search(text)
    if found is None:
        return None
    sign, hours = found.groups(default="")
    if not hours or int(hours) == 0:
        return ZoneInfo("UTC")
    if int(hours) > (14 if sign == "+" else 12):
        return None
    return ZoneInfo(f"Etc/GMT{'-' if sign == '+' else '+'}{int(hours)}")  # signs as POSIX has them


def _without_commas(text: str) -> str:
    """Return text without the commas between the thousands of the number that it begins with."""
    return _THOUSANDS.sub(lambda found: found[0].replace(",", ""), text)


def _decimal(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
