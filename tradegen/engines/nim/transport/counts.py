"""What a transport has done so far."""

from collections import Counter
from dataclasses import dataclass, field

from tradegen.engines.nim.transport.errors import FailureKind


@dataclass(slots=True)
class Counts:
    """Running totals of one transport; read them at any time."""

    sent: int = 0
    answered: int = 0
    retries: Counter[FailureKind] = field(default_factory=Counter)
