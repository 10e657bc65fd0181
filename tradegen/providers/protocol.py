"""What a provider of bars is: asked for one market at a time, it answers or it raises."""

from dataclasses import dataclass
from typing import Protocol

from tradegen.data.row import Bars, from_microseconds


@dataclass(frozen=True, slots=True)
class BarsRequest:
    """Bars of one symbol (by the provider's name of it) that open in `[start, end)`.

    Times are microseconds since 1970.
    """

    symbol: str
    interval: str
    start: int
    end: int

    def __str__(self) -> str:
        first, last = (from_microseconds(time).date() for time in (self.start, self.end))
        return f"{self.symbol}, {self.interval}, {first} to {last}"


class Provider(Protocol):
    """A source of bars.

    Infrastructure that fails raises: an empty answer means that the provider knows of no bars,
    and nothing else.
    """

    @property
    def name(self) -> str:
        """Name by which it is asked for."""
        ...

    @property
    def adjusted(self) -> str:
        """What its prices are adjusted for: `nothing`, or e.g. `splits`."""
        ...

    def symbol(self, traded: str) -> str:
        """Return the provider's name of a market, as far as the log's own name tells it."""
        ...

    def refusal(self, request: BarsRequest, now: int) -> str | None:
        """Return why the provider cannot give this, told before it is asked; None if it can."""
        ...

    def bars(self, request: BarsRequest) -> Bars:
        """Return bars in order, stamped with their opening time; none where there are none.

        Raises `ProviderError` where the answer is not known: no key, no network, a limit reached,
        or an answer that cannot be read.
        """
        ...
