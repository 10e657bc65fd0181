"""What an answer's headers say of the endpoint's quota.

The names and formats are OpenAI's ("Rate limits in headers", OpenAI API documentation), which
most servers of this protocol use. Limits are taken to be for a minute, as they are there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Unit = Literal["requests", "tokens"]

_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|h|m|s))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Quota:
    """One unit's quota; None where the headers do not say."""

    per_minute: float | None
    exhausted_for_s: float | None
    """Time until there is something left again, if there is nothing now."""


def stated_quota(headers: Mapping[str, str], unit: Unit) -> Quota | None:
    """Return the quota that the headers state, or None where they state none."""
    limit = _number(headers.get(f"x-ratelimit-limit-{unit}"))
    remaining = _number(headers.get(f"x-ratelimit-remaining-{unit}"))
    if limit is None and remaining is None:
        return None
    reset = duration_s(headers.get(f"x-ratelimit-reset-{unit}", "")) if remaining == 0 else None
    return Quota(limit if limit and limit >= 1 else None, reset)


def duration_s(text: str) -> float | None:
    """Return the seconds in "1s", "6m0s", "20ms" or a plain number; None for anything else."""
    text = text.strip()
    if _DURATION.fullmatch(text):
        return sum(float(amount) * _SECONDS[unit] for amount, unit in _PART.findall(text))
    return _number(text)


def _number(text: str | None) -> float | None:
    """Return a plain, non-negative number."""
    return float(text) if text and _NUMBER.fullmatch(text.strip()) else None
