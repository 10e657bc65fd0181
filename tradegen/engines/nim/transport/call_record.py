"""What the transport tells its caller about one call, past the client library between them."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class CallRecord:
    """One call as the transport saw it; several calls under one record add up."""

    tries: int = 0
    latency_s: float = 0.0
    """Time on the wire, from sending to the last byte, of all tries."""
    tokens_reserved: float = 0.0
    """Tokens taken from the bucket for it; see `Transport.settle`."""


_current: ContextVar[CallRecord | None] = ContextVar("call_record", default=None)


@contextmanager
def recorded_call() -> Iterator[CallRecord]:
    """Record the calls made inside, by this task and by those it starts."""
    record = CallRecord()
    token = _current.set(record)
    try:
        yield record
    finally:
        _current.reset(token)


def current_record() -> CallRecord:
    """Return the record that the caller opened, or one that nobody reads."""
    return _current.get() or CallRecord()
