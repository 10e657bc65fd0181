"""What is Yahoo's own: how far back it goes, short questions for minutes, and no one to ask."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.providers.conftest import Asked, asked_of, some_bars
from tests.providers.test_provider_contract import request_of
from tests.support.bar_servers import LoopbackSession, as_json
from tradegen.data.interval import DAY_US, HOUR_US, MINUTE_US
from tradegen.data.row import Bars
from tradegen.errors import ProviderError
from tradegen.providers.protocol import BarsRequest
from tradegen.providers.yfinance_bars import YfinanceProvider

NOW = 20_000 * DAY_US


@pytest.fixture
def yahoo(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    yield from asked_of("yfinance", monkeypatch)


@pytest.mark.parametrize(
    ("interval", "days", "told"),
    [
        ("1m", 29, None),
        ("1m", 31, "keeps bars of 1m for 30 days, and these are needed from 2024-09-03"),
        ("15m", 61, "keeps bars of 15m for 60 days"),
        ("1h", 729, None),
        ("1h", 731, "keeps bars of 1h for 730 days"),
        ("1d", 9_000, None),
        ("4h", 1, "has no bars of 4h; it has 1m, 5m, 15m, 30m, 1h, 1d"),
    ],
)
def test_what_yahoo_does_not_keep_is_refused_before_asking(
    yahoo: Asked, interval: str, days: int, told: str | None
) -> None:
    request = BarsRequest("BTC-USD", interval, NOW - days * DAY_US, NOW)
    why = yahoo.provider.refusal(request, NOW)
    assert (why is None) == (told is None)
    assert (why or "").startswith(told or "")
    assert yahoo.server.asked == []


def test_minutes_are_asked_for_a_week_at_a_time(yahoo: Asked) -> None:
    bars = some_bars(20 * 24 * 60)
    bars = replace(bars, time=bars.time[0] + (bars.time - bars.time[0]) // 60)
    yahoo.server.bars = {"BTC-USD": bars}
    end = int(bars.time[-1]) + MINUTE_US
    request = BarsRequest("BTC-USD", "1m", int(bars.time[0]), end)
    assert yahoo.provider.bars(request) == bars
    spans = [int(q["period2"]) - int(q["period1"]) for _, q in yahoo.server.asked if "period1" in q]
    assert len(spans) == 3
    assert max(spans) <= 7 * 86_400 + 1


def test_days_are_stamped_as_the_exchange_opens_them(yahoo: Asked) -> None:
    hours = some_bars(24 * 40, first=472_008)
    days = hours.time % DAY_US == 0
    every = (hours.open, hours.high, hours.low, hours.close, hours.volume)
    bars = Bars(hours.time[days], *(column[days] for column in every))
    yahoo.server.bars = {"BTC-USD": bars}
    first, last = int(bars.time[0]), int(bars.time[-1])
    assert yahoo.provider.bars(BarsRequest("BTC-USD", "1d", first, last + DAY_US)) == bars


def test_it_waits_longer_each_time_and_then_gives_up(yahoo: Asked) -> None:
    yahoo.server.always = as_json({"finance": {"error": "Too Many Requests"}}, 429)
    with pytest.raises(ProviderError, match=r"Yahoo allows no more questions for now \(429\)"):
        yahoo.provider.bars(request_of(yahoo))
    assert yahoo.waited == [5, 15, 45]


def test_no_connection_is_no_empty_answer() -> None:
    provider = YfinanceProvider(LoopbackSession("http://127.0.0.1:1"), lambda _: None)
    first = int(some_bars().time[0])
    with pytest.raises(ProviderError, match="what has been fetched is kept, try again"):
        provider.bars(BarsRequest("GONE-USD", "1h", first, first + 9 * HOUR_US))


@pytest.mark.parametrize(
    ("traded", "named"),
    [("BTCUSDT", "BTC-USD"), ("eth/usd", "ETH-USD"), ("BRK.B", "BRK-B"), ("AAPL", "AAPL")],
)
def test_names_of_logs_become_its_own(yahoo: Asked, traded: str, named: str) -> None:
    assert yahoo.provider.symbol(traded) == named
