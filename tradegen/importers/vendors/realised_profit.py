"""Realised profit: what an exchange's own word on profit says against the positions matched."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from tradegen.importers.plain_values import is_zero
from tradegen.importers.sheet import Sheet
from tradegen.importers.values import amount, is_buy

_NONE = 1e-9


def closed_without_position(sheet: Sheet, of: Mapping[str, str]) -> Sequence[str]:
    """Return a note if fills realise a profit where the file opens no position for them.

    Such a file begins in the middle of a position, or is of an account in hedge mode, which
    holds a long and a short position of one symbol at once. `of` names the columns of time,
    symbol, side, quantity and profit. Fills of one moment are seen together.
    """
    names = ("time", "symbol", "side", "quantity", "profit")
    rows = sorted(zip(*(sheet.columns[of[name]] for name in names), strict=True))
    held: dict[str, float] = {}
    strange = 0
    for (_, symbol), fills in groupby(rows, key=lambda row: row[:2]):
        before = held.get(symbol, 0.0)
        signed = []
        for _, _, side, quantity, profit in fills:
            try:
                size = amount(quantity) if is_buy(side) else -amount(quantity)
            except ValueError:
                return []  # told as a row that cannot be read
            signed.append((size, not is_zero(profit)))
        one_way = all(size > 0 for size, _ in signed) or all(size < 0 for size, _ in signed)
        if one_way and before * signed[0][0] >= -_NONE:
            strange += sum(realises for _, realises in signed)
        held[symbol] = before + sum(size for size, _ in signed)
    if not strange:
        return []
    what = f"{strange:,} fills realise a profit where no position was open"
    why = "the file begins in the middle of one, or the account is in hedge mode"
    return [f"{what}: {why}; round trips may be wrong there"]
