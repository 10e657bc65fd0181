"""How hard an endpoint may be pressed, and how patient the transport is with it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TransportLimits:
    """Bounds of one `Transport`; the defaults suit the hosted NIMs and one's own alike."""

    max_in_flight: int = 128
    """Most calls under way at once; the adaptive limit never goes beyond it."""
    requests_per_minute: float | None = None
    """Most requests sent a minute; None: as many as the endpoint takes, or says it takes."""
    tokens_per_minute: float | None = None
    """Most tokens, in and out, a minute; None: as above."""
    share: float = 1.0
    """Part of what the endpoint says it takes that is this transport's; the two rates are whole."""
    minute_s: float = 60.0
    """What the two rates call a minute; tests shorten it."""
    connect_timeout_s: float = 10.0
    """Longest wait for a connection, name look-up included."""
    idle_timeout_s: float = 120.0
    """Longest silence before an answer begins, and longest time its body may take after that."""
    max_tries: int = 8
    """Tries of one call, the first included, before it fails; an open breaker's probes are free."""
    retry_base_s: float = 0.5
    """Upper end of the wait before the first retry; it doubles with each further one."""
    retry_cap_s: float = 30.0
    """Upper end of the wait before any retry."""
    first_contact_tries: int = 3
    """Tries before an endpoint that was never reached is given up."""
    failures_to_open: int = 6
    """Failures in a row, over all calls, that open the circuit breaker."""
    probe_interval_s: float = 1.0
    """Wait before an open breaker's first probe; it doubles up to `retry_cap_s`."""
    patience_s: float = 300.0
    """Longest that the breaker stays open, and longest `Retry-After` that is waited out."""
