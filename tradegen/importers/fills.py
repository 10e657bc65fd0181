"""Fills: many executions, matched into round trips per account, symbol and book."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

_NONE = 1e-9
"""Share of the largest position below which what is left is but an error of arithmetic."""


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution: `quantity` is above 0, `time` in microseconds since 1970.

    `book` sets positions of one symbol apart that do not close each other, as the long and the
    short ones of a hedging account do not.
    """

    row: int
    time: int
    symbol: str
    buy: bool
    price: float
    quantity: float
    fee: float = 0.0
    order_id: str = ""
    account: str = ""
    book: str = ""


@dataclass(frozen=True, slots=True)
class Trip:
    """A position from its first fill to its last; prices are weighted by volume.

    `quantity` is that of the largest position, `fees` those of all its fills, a fill that was part
    of two positions counting in part. `rows` are the numbers of its fills, `averaged` says whether
    a price is the average of several; `trade_id` and `own` are what a journal calls it, and what
    else it says of it.
    """

    symbol: str
    account: str
    long: bool
    entry_time: int
    entry_price: float
    exit_time: int
    exit_price: float
    quantity: float
    fees: float
    rows: tuple[int, ...]
    averaged: bool
    trade_id: str = ""
    own: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A position that was still open after the last fill."""

    symbol: str
    account: str
    long: bool
    since: int
    quantity: float
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Matched:
    """What fills come to."""

    trips: list[Trip]
    unfinished: list[Unfinished]


@dataclass(slots=True)
class _Position:
    """Fills of one direction and those against it, so far."""

    long: bool
    opened: list[Fill] = field(default_factory=list)
    closed: list[Fill] = field(default_factory=list)
    left: float = 0.0
    largest: float = 0.0

    def add(self, fill: Fill) -> None:
        """Take a fill in; one against the position is no larger than what is left of it."""
        if fill.buy == self.long:
            self.opened.append(fill)
            self.left += fill.quantity
        else:
            self.closed.append(fill)
            self.left -= fill.quantity
        self.largest = max(self.largest, self.left)

    def is_within(self, share: float) -> bool:
        """Return whether no more than a share of the largest position is left."""
        return self.is_dust(self.left, share)

    def is_dust(self, quantity: float, share: float) -> bool:
        """Return whether a quantity is no more than a share of the largest position."""
        return quantity <= max(share, _NONE) * self.largest

    @property
    def rows(self) -> tuple[int, ...]:
        return tuple(sorted({fill.row for fill in (*self.opened, *self.closed)}))

    def trip(self) -> Trip:
        first, last = self.opened[0], self.closed[-1]
        every = (*self.opened, *self.closed)
        return Trip(
            symbol=first.symbol,
            account=first.account,
            long=self.long,
            entry_time=first.time,
            entry_price=_average(self.opened),
            exit_time=last.time,
            exit_price=_average(self.closed),
            quantity=self.largest,
            fees=sum(fill.fee for fill in every),
            rows=self.rows,
            averaged=len(every) > 2,
        )

    def unfinished(self) -> Unfinished:
        first = self.opened[0]
        return Unfinished(first.symbol, first.account, self.long, first.time, self.left, self.rows)


_Positions = Iterator[tuple[_Position, bool]]
"""Positions, and whether each has ended."""


def match_flat(fills: Iterable[Fill], dust: float) -> Matched:
    """Return round trips from flat to flat: all fills until the position is 0 again.

    A fill that goes through 0 ends one position and opens the next. A position of which no more
    than the share `dust` is left counts as closed once it grows again, or when nothing follows:
    where fees are taken from what was bought, positions never become exactly 0. No more than that
    share beyond a position's end opens none.
    """
    return _matched(fills, lambda one: _flat(one, dust))


def match_fifo(fills: Iterable[Fill], dust: float) -> Matched:
    """Return round trips first in, first out: one for every order that opened or enlarged.

    Fills of one order that follow each other are one lot. Of dust holds what `match_flat` says.
    """
    return _matched(fills, lambda one: _fifo(one, dust))


def _matched(fills: Iterable[Fill], match: Callable[[Sequence[Fill]], _Positions]) -> Matched:
    books: dict[tuple[str, str, str], list[Fill]] = {}
    for fill in in_order(fills):
        books.setdefault((fill.account, fill.symbol, fill.book), []).append(fill)
    found = Matched([], [])
    for book in books.values():
        for position, has_ended in match(book):
            if has_ended:
                found.trips.append(position.trip())
            else:
                found.unfinished.append(position.unfinished())
    return found


def in_order(fills: Iterable[Fill]) -> list[Fill]:
    """Return fills in the order of time; those of one moment as they lie in their file.

    A file whose times mostly fall is read from its end: exchanges like to put the newest first.
    """
    given = list(fills)
    steps = [later.time - one.time for one, later in pairwise(given)]
    if sum(step < 0 for step in steps) > sum(step > 0 for step in steps):
        given.reverse()
    return sorted(given, key=lambda one: one.time)


def _flat(book: Sequence[Fill], dust: float) -> _Positions:
    position: _Position | None = None
    for fill in book:
        if position is not None and fill.buy == position.long and position.is_within(dust):
            yield position, True
            position = None
        rest = fill
        while rest.quantity > 0:
            position = position or _Position(rest.buy)
            part = rest
            if rest.buy != position.long:
                part = _part(rest, min(rest.quantity, position.left))
            position.add(part)
            rest = _part(rest, rest.quantity - part.quantity)
            if position.is_within(0.0):
                yield position, True
                if position.is_dust(rest.quantity, dust):
                    rest = _part(rest, 0.0)
                position = None
    if position is not None:
        yield position, position.is_within(dust)


def _fifo(book: Sequence[Fill], dust: float) -> _Positions:
    lots: deque[_Position] = deque()
    for fill in book:
        while lots and lots[0].long == fill.buy and lots[0].closed and lots[0].is_within(dust):
            yield lots.popleft(), True
        rest = fill
        while rest.quantity > 0 and lots and lots[0].long != rest.buy:
            lot = lots[0]
            part = _part(rest, min(rest.quantity, lot.left))
            lot.add(part)
            rest = _part(rest, rest.quantity - part.quantity)
            if lot.is_within(0.0):
                yield lots.popleft(), True
                if not lots and lot.is_dust(rest.quantity, dust):
                    rest = _part(rest, 0.0)
        if rest.quantity > 0:
            if not lots or not rest.order_id or lots[-1].opened[-1].order_id != rest.order_id:
                lots.append(_Position(rest.buy))
            lots[-1].add(rest)
    for lot in lots:
        yield lot, lot.is_within(dust)


def _part(fill: Fill, quantity: float) -> Fill:
    share = quantity / fill.quantity if fill.quantity else 0.0
    return replace(fill, quantity=quantity, fee=fill.fee * share)


def _average(fills: Sequence[Fill]) -> float:
    total = sum(fill.quantity for fill in fills)
    return sum(fill.price * fill.quantity for fill in fills) / total
