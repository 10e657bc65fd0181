"""What is Alpaca's own: pages, waiting as long as it says, prices as paid, secret keys."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.providers.conftest import SECRETS, Asked, asked_of, some_bars
from tests.providers.test_provider_contract import request_of
from tests.support.bar_servers import as_json
from tradegen.errors import ProviderError
from tradegen.providers.alpaca_bars import KEY, SECRET, URL, AlpacaProvider


@pytest.fixture
def alpaca(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    yield from asked_of("alpaca", monkeypatch)


def test_pages_are_followed_to_the_last(alpaca: Asked) -> None:
    alpaca.server.page = 30
    assert alpaca.provider.bars(request_of(alpaca)) == some_bars()
    tokens = [query.get("page_token") for _, query in alpaca.server.asked]
    assert tokens == [None, "30", "60", "90", "120", "150", "180"]


def test_a_page_that_fails_fails_all(alpaca: Asked) -> None:
    alpaca.server.page = 100
    alpaca.server.refusals = [as_json({"bars": {"BTC/USD": []}, "next_page_token": "1"})]
    alpaca.server.refusals += [as_json({"message": "gone"}, 404)]
    with pytest.raises(ProviderError, match=r"refused \(404"):
        alpaca.provider.bars(request_of(alpaca))


def test_it_waits_as_long_as_the_server_says(alpaca: Asked) -> None:
    alpaca.server.refusals = [as_json({"message": "too many requests."}, 429, Retry_After="1")]
    began = time.monotonic()
    alpaca.provider.bars(request_of(alpaca))
    assert time.monotonic() - began >= 1
    assert len(alpaca.server.asked) == 2


def test_shares_are_asked_for_as_they_were_paid_and_with_the_key(alpaca: Asked) -> None:
    alpaca.server.bars = {"AAPL": some_bars()}
    request = replace(request_of(alpaca), symbol="AAPL")
    assert alpaca.provider.bars(request) == some_bars()
    path, query = alpaca.server.asked[0]
    assert (path, query["adjustment"], query["timeframe"]) == ("/v2/stocks/bars", "raw", "1Hour")
    sent = alpaca.server.headers[0]
    assert (sent["APCA-API-KEY-ID"], sent["APCA-API-SECRET-KEY"]) == SECRETS


def test_shares_need_a_key_and_coins_none(alpaca: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SECRET)
    now = int(some_bars().time[-1])
    shares = replace(request_of(alpaca), symbol="AAPL")
    why = alpaca.provider.refusal(shares, now)
    assert why == f"needs a key for shares: set {SECRET} in the environment"
    monkeypatch.delenv(KEY)
    assert alpaca.provider.refusal(request_of(alpaca), now) is None
    assert alpaca.provider.bars(request_of(alpaca)) == some_bars()


def test_years_before_its_first_are_refused_before_asking(alpaca: Asked) -> None:
    early = replace(request_of(alpaca), symbol="AAPL", start=0)
    why = alpaca.provider.refusal(early, early.end)
    assert why == "has shares from 2016 on, and these are needed from 1970-01-01"
    assert alpaca.server.asked == []


def test_no_connection_is_no_empty_answer(alpaca: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL, "http://127.0.0.1:1")
    with pytest.raises(ProviderError, match="no answer"):
        alpaca.provider.bars(request_of(alpaca))


@pytest.mark.parametrize(
    ("traded", "named"),
    [
        ("BTCUSDT", "BTC/USD"),
        ("XBTUSD", "BTC/USD"),
        ("ETH-USD", "ETH/USD"),
        ("sol/usdc", "SOL/USD"),
        ("BTC-PERP", "BTC/USD"),
        ("AAPL", "AAPL"),
        ("BRK-B", "BRK.B"),
        ("UNI", "UNI"),
        ("LINKUSD", "LINK/USD"),
    ],
)
def test_names_of_logs_become_its_own(traded: str, named: str) -> None:
    assert AlpacaProvider().symbol(traded) == named
