"""Providers that ask servers on loopback."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import yfinance

from tests.support.bar_servers import BarServer, LoopbackSession, alpaca, serving, yahoo
from tradegen.data.interval import HOUR_US
from tradegen.data.row import Bars
from tradegen.providers.alpaca_bars import KEY, SECRET, URL, AlpacaProvider
from tradegen.providers.protocol import Provider
from tradegen.providers.yfinance_bars import YfinanceProvider

SECRETS = ("key-of-mine", "secret-of-mine")


def some_bars(n: int = 200, first: int = 472_000) -> Bars:
    """Return hourly bars from a whole number of hours since 1970."""
    rng = np.random.default_rng(n)
    open_ = np.round(100 + np.cumsum(rng.normal(0, 1, n)), 2)
    close = np.round(open_ + rng.normal(0, 1, n), 2)
    high, low = np.maximum(open_, close) + 0.5, np.minimum(open_, close) - 0.5
    time = (first + np.arange(n, dtype=np.int64)) * HOUR_US
    return Bars(time, open_, high, low, close, rng.integers(1, 99, n).astype(float))


@dataclass
class Asked:
    """A provider, the server it asks, and its name of the symbol that there is."""

    provider: Provider
    server: BarServer
    symbol: str
    waited: list[float]


@pytest.fixture(autouse=True)
def _no_files_at_home(tmp_path: Path) -> None:
    yfinance.set_tz_cache_location(str(tmp_path / "yfinance"))
    yfinance.data.YfData.cache_get.cache_clear()


@pytest.fixture(params=["alpaca", "yfinance"])
def asked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    """Each provider, before a server that knows 200 hours of one market."""
    yield from asked_of(request.param, monkeypatch)


def asked_of(name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    """Yield a provider before its server."""
    waited: list[float] = []
    respond = {"alpaca": alpaca, "yfinance": yahoo}[name]
    symbol = {"alpaca": "BTC/USD", "yfinance": "BTC-USD"}[name]
    with serving(BarServer({symbol: some_bars()}, respond)) as server:
        provider: Provider
        if name == "alpaca":
            for variable, value in zip((KEY, SECRET), SECRETS, strict=True):
                monkeypatch.setenv(variable, value)
            monkeypatch.setenv(URL, server.url)
            provider = AlpacaProvider(backoff_s=0)
        else:
            provider = YfinanceProvider(LoopbackSession(server.url), waited.append)
        yield Asked(provider, server, symbol, waited)
