"""The providers of bars there are: the built-in ones and those that other packages bring."""

import difflib
from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint, entry_points

from tradegen.errors import InputError, ProviderError
from tradegen.providers.protocol import Provider

ENTRY_POINT_GROUP = "tradegen.providers"

MakeProvider = Callable[[], Provider]
"""Makes a provider."""


def _yfinance() -> Provider:
    from tradegen.providers.yfinance_bars import YfinanceProvider

    return YfinanceProvider()


def _alpaca() -> Provider:
    from tradegen.providers.alpaca_bars import AlpacaProvider

    return AlpacaProvider()


_BUILT_IN: Mapping[str, MakeProvider] = {"alpaca": _alpaca, "yfinance": _yfinance}


def provider_names() -> list[str]:
    """Return the names of all providers that can be asked for."""
    return sorted({*_BUILT_IN, *(point.name for point in entry_points(group=ENTRY_POINT_GROUP))})


def make_provider(name: str) -> Provider:
    """Return a provider.

    Those of other packages are entry points in the group `tradegen.providers`, each naming a
    function like `MakeProvider`. Raises `InputError` for an unknown name, and `ProviderError` for
    one that cannot be loaded, or whose package is not installed.
    """
    if name in _BUILT_IN:
        return _BUILT_IN[name]()
    for point in entry_points(group=ENTRY_POINT_GROUP, name=name):
        return _made(point)
    close = difflib.get_close_matches(name, provider_names(), n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    raise InputError(f"no provider {name!r}; {hint}There is {', '.join(provider_names())}.")


def _made(point: EntryPoint) -> Provider:
    of = point.dist.name if point.dist else "?"
    try:
        make: MakeProvider = point.load()
        return make()
    except Exception as error:  # whatever a package of somebody else's raises
        problem = f"{type(error).__name__}: {error}"
        raise ProviderError(
            f"provider {point.name!r} ({point.value}, of {of}) cannot be loaded: {problem}"
        ) from error
