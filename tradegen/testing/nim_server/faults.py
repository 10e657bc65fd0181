"""Faults: what goes wrong with which share of the requests, drawn reproducibly."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
NotNegative = Annotated[float, Field(ge=0)]

_WORD = 2.0**64


class Fault(StrEnum):
    """What can be done to a request; each value is the name of its share in `Faults`."""

    TOO_MANY_REQUESTS = "too_many_requests"
    TOO_MANY_REQUESTS_SILENT = "too_many_requests_silent"
    SERVER_ERROR = "server_error"
    RESET = "reset"
    SLOW_DRIP = "slow_drip"
    TRUNCATED = "truncated"
    MALFORMED = "malformed"
    SCHEMA_BREAKING = "schema_breaking"
    WRONG_MODEL = "wrong_model"


@dataclass(frozen=True, slots=True)
class Faults:
    """Shares of requests (0 to 1, together at most 1) that meet each fault, and times.

    The text beside each type is what the command line says of it.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    latency_ms: Annotated[NotNegative, "time before an answer"] = 0.0
    jitter_ms: Annotated[NotNegative, "latency varies by up to this much both ways"] = 0.0
    too_many_requests: Annotated[Share, "share of 429 with Retry-After"] = 0.0
    too_many_requests_silent: Annotated[Share, "share of 429 without Retry-After"] = 0.0
    retry_after_s: Annotated[NotNegative, "what Retry-After says"] = 1.0
    server_error: Annotated[Share, "share of 500"] = 0.0
    reset: Annotated[Share, "share of connections reset instead of an answer"] = 0.0
    slow_drip: Annotated[Share, "share of answers whose bytes dribble"] = 0.0
    drip_ms: Annotated[NotNegative, "pause between the 16 pieces of a dribbling answer"] = 50.0
    truncated: Annotated[Share, "share of bodies that end half-way"] = 0.0
    malformed: Annotated[Share, "share of contents that are no JSON"] = 0.0
    schema_breaking: Annotated[Share, "share of contents that break their schema"] = 0.0
    wrong_model: Annotated[Share, "share of answers that name another model"] = 0.0

    def __post_init__(self) -> None:
        total = sum(self.share(fault) for fault in Fault)
        if total > 1 + 1e-9:
            raise ValueError(f"shares of faults sum to {total:g}; expected at most 1")

    def share(self, fault: Fault) -> float:
        """Return the share of requests that meet a fault."""
        share: float = getattr(self, fault.value)
        return share


@dataclass(frozen=True, slots=True)
class Fate:
    """What happens to one request: a fault or None, and the time until it is answered."""

    fault: Fault | None
    latency_s: float


def draw_fate(faults: Faults, seed: int, key: str, nth: int) -> Fate:
    """Return the fate of the `nth` request with the body `key`.

    It follows from the arguments alone, so that it does not matter in which order requests come.
    """
    digest = hashlib.sha256(f"{seed}:{key}:{nth}".encode()).digest()
    which, when = (int.from_bytes(digest[at : at + 8]) / _WORD for at in (0, 8))
    latency_ms = max(0.0, faults.latency_ms + (2 * when - 1) * faults.jitter_ms)
    return Fate(_fault_at(faults, which), latency_ms / 1000)


def _fault_at(faults: Faults, which: float) -> Fault | None:
    reached = 0.0
    for fault in Fault:
        reached += faults.share(fault)
        if which < reached:
            return fault
    return None
