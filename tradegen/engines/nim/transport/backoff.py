"""How long to wait before the next try of a call.

tenacity (it comes with langchain-core) has the same wait, but its loop does not fit here: a call
gives its slot back while it waits, a probe costs it no try, and no error may be raised inside
an `except` block, because aiohttp's errors carry the request's headers, and so the key.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import numpy as np


def full_jitter_s(failures: int, base_s: float, cap_s: float, rng: np.random.Generator) -> float:
    """Return the wait after this many failures: uniform on [0, min(cap, base * 2^(failures-1))].

    "Full jitter", M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """
    return float(rng.uniform(0.0, min(cap_s, base_s * 2.0 ** min(failures - 1, 60))))


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return what `Retry-After` asks for, or None where it is absent or unreadable.

    It holds seconds or an HTTP date (RFC 9110, 10.2.3). A date is taken against the answer's own
    `Date` where there is one, so that clocks need not agree.
    """
    asked = headers.get("Retry-After", "").strip()
    try:
        seconds = float(asked)
    except ValueError:
        pass
    else:
        return max(0.0, seconds) if math.isfinite(seconds) else None
    until = _http_date(asked)
    if until is None:
        return None
    return max(0.0, (until - (_http_date(headers.get("Date", "")) or now)).total_seconds())


def _http_date(text: str) -> datetime | None:
    """Return the moment an HTTP date names; a date without a zone is UTC."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
