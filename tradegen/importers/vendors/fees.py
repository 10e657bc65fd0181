"""Fees of exchanges: in the currency of the price, where that can be known."""

from collections import Counter
from collections.abc import Sequence

from tradegen.importers.plain_values import is_zero, product


class Fees:
    """Values fees, and remembers those that could not be valued."""

    def __init__(self) -> None:
        self._unvalued: Counter[str] = Counter()

    def valued(self, fee: str, coin: str, pair: str, price: str) -> str:
        """Return a fee in the currency that a pair is priced in.

        One in the coin bought or sold is worth its price in the same fill; one in a third coin
        (such as BNB) has no price here, and counts as nothing.
        """
        if not coin or is_zero(fee) or pair.endswith(coin):
            return fee
        if pair.startswith(coin):
            return product(fee, price)
        self._unvalued[coin] += 1
        return ""

    @property
    def notes(self) -> Sequence[str]:
        """What the user should know of fees."""
        return [
            f"the fees of {count:,} fills are in {coin}, whose price is not known: not counted"
            for coin, count in sorted(self._unvalued.items())
        ]
