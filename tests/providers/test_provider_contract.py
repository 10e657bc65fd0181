"""What holds for every provider, over real HTTP: bars as they are, or an error; never a guess."""

from dataclasses import replace

import numpy as np
import pytest

from tests.providers.conftest import SECRETS, Asked, some_bars
from tests.support.bar_servers import as_json
from tradegen.data.interval import HOUR_US
from tradegen.data.row import Bars
from tradegen.errors import ProviderError
from tradegen.providers.protocol import BarsRequest


def request_of(asked: Asked, first: int = 0, end: int = 200) -> BarsRequest:
    start = int(some_bars().time[0])
    return BarsRequest(asked.symbol, "1h", start + first * HOUR_US, start + end * HOUR_US)


def test_bars_come_as_they_are(asked: Asked) -> None:
    assert asked.provider.bars(request_of(asked)) == some_bars()


def test_only_bars_that_were_asked_for_come(asked: Asked) -> None:
    assert asked.provider.bars(request_of(asked, 30, 90)) == some_bars()[30:90]


def test_a_market_that_is_not_there_has_no_bars(asked: Asked) -> None:
    request = replace(request_of(asked), symbol=asked.symbol.replace("BTC", "NONE"))
    assert len(asked.provider.bars(request)) == 0


def test_a_limit_is_waited_for(asked: Asked) -> None:
    asked.server.refusals = [as_json({"message": "too many requests."}, 429, Retry_After="1")]
    assert asked.provider.bars(request_of(asked)) == some_bars()


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_a_refusal_is_no_empty_answer(asked: Asked, status: int) -> None:
    asked.server.always = as_json({"message": f"no: {SECRETS[0]}", "code": 1}, status)
    with pytest.raises(ProviderError) as caught:
        asked.provider.bars(request_of(asked))
    assert str(caught.value).startswith(f"{asked.provider.name}: {asked.symbol}, 1h, 2023-11")
    assert all(secret not in str(caught.value) for secret in SECRETS)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>Will be right back</html>", b"[]", b"null", b'{"bars": {"BTC/USD": [{}]}}'],
)
def test_an_answer_that_cannot_be_read_is_no_empty_answer(asked: Asked, body: bytes) -> None:
    asked.server.always = (200, {"Content-Type": "application/json"}, body)
    with pytest.raises(ProviderError):
        asked.provider.bars(request_of(asked))


def test_bars_without_prices_are_no_bars(asked: Asked) -> None:
    """Yahoo writes null for hours without a trade; Alpaca has no such bars."""
    bars = some_bars()
    if asked.provider.name == "yfinance":
        holes = [np.where(np.arange(200) % 10 == 3, np.nan, column) for column in columns(bars)]
        asked.server.bars = {asked.symbol: Bars(bars.time, *holes)}
        kept = np.arange(200) % 10 != 3
        bars = Bars(bars.time[kept], *(column[kept] for column in columns(bars)))
    assert asked.provider.bars(request_of(asked)) == bars


def columns(bars: Bars) -> list[np.ndarray[tuple[int], np.dtype[np.float64]]]:
    return [bars.open, bars.high, bars.low, bars.close, bars.volume]
