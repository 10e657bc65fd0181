"""The codec that the embedded answerer reads and writes trades with."""

from collections.abc import Mapping
from typing import Any, Protocol

from tradegen.data.gold import Gold
from tradegen.data.row import Row
from tradegen.engines.nim.wire import WireForm

Wire = dict[str, Any]


class Codec(Protocol):
    """Turns rows into what goes over the wire, and back."""

    def encode(self, row: Row) -> Wire:
        """Return a row in the wire form."""
        ...

    def decode(self, wire: Mapping[str, Any]) -> Row:
        """Return the row of a wire form; raises a `TradegenError` if it stands for none."""
        ...


class WireCodec:
    """The NIM engine's own wire form; see `Codec`."""

    def __init__(self, gold: Gold) -> None:
        """Know the market and time span of gold's train rows."""
        self._form = WireForm(gold.market, gold.train)

    def encode(self, row: Row) -> Wire:
        """Return a row in the wire form."""
        return self._form.encode(row)

    def decode(self, wire: Mapping[str, Any]) -> Row:
        """Return the row of a wire form."""
        return self._form.decode(wire).row
