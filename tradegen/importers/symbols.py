"""Symbols: trades and bars of one market often name it in different ways."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tradegen.errors import InputError, list_names

_DOLLARS = ("USDT", "USDC", "BUSD", "USD")
_SUFFIXES = ("PERP", "SWAP")
_SAME = {"XBT": "BTC"}


@dataclass(frozen=True, slots=True)
class Symbols:
    """The bars' name of each of the trades' symbols, and the symbols that have no bars."""

    bars_of: Mapping[str, str]
    without: tuple[str, ...]

    @property
    def renamed(self) -> dict[str, str]:
        """Symbols whose bars go by another name."""
        return {one: other for one, other in self.bars_of.items() if one != other}


def pair_symbols(trades: Iterable[str], bars: Iterable[str], stated: Mapping[str, str]) -> Symbols:
    """Return which bars belong to which symbol.

    Those `stated`, those of the same name, and then those whose name differs only in case, marks,
    the word PERP, or the kind of dollar. What fits two names of bars is left without. Raises
    `InputError` for a stated name without bars.
    """
    names = sorted(set(bars))
    for symbol, name in stated.items():
        if name not in names:
            raise InputError(
                f"--symbol {symbol}={name}: no bars of {name}; there are {list_names(names)}"
            )
    plain: dict[str, list[str]] = {}
    for name in names:
        plain.setdefault(_plain(name), []).append(name)
    found = {}
    for symbol in sorted(set(trades)):
        fits = [symbol] if symbol in names else plain.get(_plain(symbol), [])
        if symbol in stated:
            found[symbol] = stated[symbol]
        elif len(fits) == 1:
            found[symbol] = fits[0]
    return Symbols(found, tuple(sorted(set(trades) - found.keys())))


def one_spelling(
    trades: Iterable[str], bars: Iterable[str], stated: Iterable[str]
) -> Mapping[str, str]:
    """Return how symbols of a log that differ only in case are to be written: as most of them are.

    Those stay apart of which the bars hold several spellings, or one is `stated`.
    """
    told_apart = Counter(name.casefold() for name in {*bars})
    told_apart.update(2 * [name.casefold() for name in stated])
    spelt: dict[str, Counter[str]] = {}
    for symbol in trades:
        spelt.setdefault(symbol.casefold(), Counter())[symbol] += 1
    return {
        one: counts.most_common(1)[0][0]
        for name, counts in spelt.items()
        for one in counts
        if len(counts) > 1 and told_apart[name] < 2 and one != counts.most_common(1)[0][0]
    }


def _plain(symbol: str) -> str:
    letters = "".join(letter for letter in symbol.upper() if letter.isalnum())
    for suffix in _SUFFIXES:
        letters = letters.removesuffix(suffix)
    for old, new in _SAME.items():
        letters = letters.replace(old, new)
    for dollar in _DOLLARS:
        if letters.endswith(dollar) and letters != dollar:
            return letters.removesuffix(dollar) + "USD"
    return letters
