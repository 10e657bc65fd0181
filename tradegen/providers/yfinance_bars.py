"""Bars of Yahoo Finance, asked for through the package yfinance (no key needed)."""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from tradegen.data.interval import DAY_US, INTERVAL_US, SECOND_US
from tradegen.data.row import Bars, from_microseconds
from tradegen.errors import ProviderError
from tradegen.providers.protocol import BarsRequest
from tradegen.providers.symbols import coin_of

if TYPE_CHECKING:
    import pandas as pd

_DAYS_BACK: Mapping[str, int | None] = MappingProxyType(
    {"1m": 30, "5m": 60, "15m": 60, "30m": 60, "1h": 730, "1d": None}
)
"""How many days back Yahoo has bars of each interval, as its own refusals say (None: all)."""

_AT_ONCE_US = {"1m": 7 * DAY_US}
"""Longest span that one question may have."""

_NONE_THERE = ("no data found", "delisted", "doesn't exist", "not found")
_WAITS = (5.0, 15.0, 45.0)
_TIMEOUT_S = 30
_SHOWN = 300


class YfinanceProvider:
    """Yahoo's bars: prices as they would have been with today's shares, not less dividends."""

    name = "yfinance"
    adjusted = "splits"

    def __init__(self, session: Any = None, sleep: Callable[[float], None] = time.sleep) -> None:
        """Take a session of curl_cffi (None: one as yfinance makes), and what waits for seconds.

        Raises `ProviderError` if yfinance is not installed.
        """
        try:
            import yfinance
            from curl_cffi.requests import Session
        except ImportError as error:
            raise ProviderError(
                "--bars-from yfinance needs a package more: pip install 'tradegen[yfinance]'"
            ) from error
        self._yfinance = yfinance
        own: Any = Session(impersonate="chrome") if session is None else session
        self._sleep = sleep
        self._said: dict[str, Any] = {}
        own.get = self._heard(own.get)
        self._session = own

    def _heard(self, get: Callable[..., Any]) -> Callable[..., Any]:
        """Return a session's `get` that keeps what Yahoo answers of each symbol.

        yfinance makes an empty table, or the same error, of no such symbol and of no answer.
        """

        def heard(url: str, *args: Any, **options: Any) -> Any:
            response = get(url, *args, **options)
            self._said[str(url).rpartition("/")[2]] = response
            return response

        return heard

    def symbol(self, traded: str) -> str:
        """See `Provider`: BTC-USD for a coin, BRK-B for a class of shares."""
        coin = coin_of(traded)
        return f"{coin}-USD" if coin else traded.upper().replace(".", "-")

    def refusal(self, request: BarsRequest, now: int) -> str | None:
        """See `Provider`: Yahoo keeps intraday bars for some weeks, or two years, only."""
        if request.interval not in _DAYS_BACK:
            return f"has no bars of {request.interval}; it has {', '.join(_DAYS_BACK)}"
        days = _DAYS_BACK[request.interval]
        if days is None or request.start > now - days * DAY_US:
            return None
        since = from_microseconds(request.start).date()
        return (
            f"keeps bars of {request.interval} for {days} days, and these are needed from {since}; "
            "--interval 1d has no such limit"
        )

    def bars(self, request: BarsRequest) -> Bars:
        """See `Provider`."""
        step = _AT_ONCE_US.get(request.interval, request.end - request.start)
        parts = [
            self._part(request, start, min(start + step, request.end))
            for start in range(request.start, request.end, max(step, 1))
        ]
        bars = Bars.concatenate(parts)
        _, first = np.unique(bars.time, return_index=True)
        kept = first[(bars.time[first] >= request.start) & (bars.time[first] < request.end)]
        return Bars(*(column[kept] for column in _columns(bars)))

    def _part(self, request: BarsRequest, start: int, end: int) -> Bars:
        for wait in (*_WAITS, None):
            try:
                return self._asked(request, start, end)
            except self._yfinance.exceptions.YFRateLimitError as error:
                if wait is None:
                    raise ProviderError(
                        f"yfinance: {request}: Yahoo allows no more questions for now (429), also "
                        f"after {sum(_WAITS):g} seconds; what has been fetched is kept, go on later"
                    ) from error
                self._sleep(wait)
        raise AssertionError

    def _asked(self, request: BarsRequest, start: int, end: int) -> Bars:
        exceptions = self._yfinance.exceptions
        self._yfinance.config.debug.hide_exceptions = False
        first, last = from_microseconds(start), from_microseconds(end) + timedelta(seconds=1)
        if INTERVAL_US[request.interval] >= DAY_US:
            last += timedelta(days=1)
        problem: Exception | None = None
        frame = None
        try:
            frame = self._yfinance.Ticker(request.symbol, session=self._session).history(
                interval=request.interval,
                start=first,
                end=last,
                auto_adjust=False,
                actions=False,
                keepna=True,
                timeout=_TIMEOUT_S,
            )
        except exceptions.YFRateLimitError:
            raise
        except Exception as error:  # whatever yfinance, curl_cffi and pandas make of an answer
            problem = error
        if frame is not None and not frame.empty:
            return _bars_of(frame)
        if _says_none(self._said.get(request.symbol.upper())):
            return _no_bars()
        told = "no answer" if problem is None else f"{type(problem).__name__}: {problem}"
        raise ProviderError(
            f"yfinance: {request}: {told[:_SHOWN]}; what has been fetched is kept, try again"
        ) from problem


def _says_none(response: Any) -> bool:
    """Return whether Yahoo says that it has no such bars, rather than that something failed."""
    try:
        chart = response.json()["chart"]
        if chart["error"]:
            return any(word in chart["error"]["description"].lower() for word in _NONE_THERE)
        return not chart["result"][0].get("timestamp")
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return False


def _no_bars() -> Bars:
    return Bars(np.zeros(0, np.int64), *(np.zeros(0) for _ in range(5)))


def _bars_of(frame: "pd.DataFrame") -> Bars:
    """Return yfinance's table as bars; minutes in which nothing was traded (all NaN) are none."""
    traded = frame.dropna(how="all", subset=["Open", "High", "Low", "Close"])
    seconds = [moment.timestamp() for moment in traded.index]
    time = np.array([round(one * SECOND_US) for one in seconds], dtype=np.int64)
    volume = traded["Volume"].fillna(0.0)
    prices = (traded[name] for name in ("Open", "High", "Low", "Close"))
    return Bars(time, *(np.asarray(one, dtype=np.float64) for one in (*prices, volume)))


def _columns(bars: Bars) -> list[Any]:
    return [bars.time, bars.open, bars.high, bars.low, bars.close, bars.volume]
