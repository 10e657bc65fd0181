"""What a transport has done so far, for progress displays and reports."""

from collections import Counter
from dataclasses import dataclass, field

from tradegen.engines.nim.transport.errors import FailureKind


@dataclass(slots=True)
class Counts:
    """Running totals of one transport; read them at any time."""

    sent: int = 0
    answered: int = 0
    retries: Counter[FailureKind] = field(default_factory=Counter)
    bytes_sent: int = 0
    bytes_received: int = 0
    latency_total_s: float = 0.0

    @property
    def mean_latency_s(self) -> float:
        """Mean time on the wire of the tries that were answered; 0 before the first."""
        return self.latency_total_s / self.answered if self.answered else 0.0
