"""Bars of Alpaca's market data, asked for through the package alpaca-py."""

import os
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from tradegen.data.row import Bars, from_microseconds, to_microseconds
from tradegen.errors import ProviderError
from tradegen.providers.protocol import BarsRequest
from tradegen.providers.symbols import coin_of

if TYPE_CHECKING:
    from alpaca.data.timeframe import TimeFrame

KEY, SECRET, URL = "APCA_API_KEY_ID", "APCA_API_SECRET_KEY", "APCA_API_DATA_URL"
"""Environment variables, as Alpaca names them; the last moves questions to another address."""

_UNITS: Mapping[str, str] = MappingProxyType({"m": "Minute", "h": "Hour", "d": "Day"})
_FIELDS = ("o", "h", "l", "c", "v")
_TIMEOUT_S = 30.0
_LONGEST_WAIT_S = 120
_SHOWN = 200
_FIRST_YEAR = 2016
"""Of shares, as its documentation of historical data says; of coins it names none."""


class AlpacaProvider:
    """Alpaca's bars: prices as they were paid, not adjusted for anything."""

    name = "alpaca"
    adjusted = "nothing"

    def __init__(self, backoff_s: float = 1.0) -> None:
        """Take the seconds before a second try where the server names none; they double.

        Raises `ProviderError` if alpaca-py is not installed.
        """
        self._backoff_s = backoff_s
        try:
            import alpaca.data.historical  # noqa: F401  is it there?
        except ImportError as error:
            raise ProviderError(
                "--bars-from alpaca needs a package more: pip install 'tradegen[alpaca]'"
            ) from error

    def symbol(self, traded: str) -> str:
        """See `Provider`: BTC/USD for a coin, BRK.B for a class of shares."""
        coin = coin_of(traded)
        return f"{coin}/USD" if coin else traded.upper().replace("-", ".")

    def refusal(self, request: BarsRequest, now: int) -> str | None:  # noqa: ARG002  see `Provider`
        """See `Provider`: shares since 2016, and with a key."""
        if "/" in request.symbol:
            return None
        since = from_microseconds(request.start)
        if since.year < _FIRST_YEAR:
            return f"has shares from {_FIRST_YEAR} on, and these are needed from {since.date()}"
        missing = [name for name in (KEY, SECRET) if not os.environ.get(name)]
        if missing:
            return f"needs a key for shares: set {' and '.join(missing)} in the environment"
        return None

    def bars(self, request: BarsRequest) -> Bars:
        """See `Provider`; pages are followed to the last."""
        from alpaca.common.exceptions import APIError

        try:
            answer = _asked(request, _Patient(self._backoff_s))
        except APIError as error:
            raise ProviderError(f"alpaca: {request}: {_refused(error)}") from error
        except requests.RequestException as error:
            raise ProviderError(
                f"alpaca: {request}: no answer ({type(error).__name__}); what has been fetched is "
                "kept, try again"
            ) from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ProviderError(
                f"alpaca: {request}: an answer that cannot be read ({type(error).__name__})"
            ) from error
        try:
            return _bars_of(answer.get(request.symbol) or [], request)
        except (KeyError, TypeError, ValueError) as error:
            raise ProviderError(
                f"alpaca: {request}: bars that cannot be read ({type(error).__name__}: {error})"
            ) from error


class _Patient(HTTPAdapter):
    """Waits as long as the server asks for in Retry-After, and for no answer longer than that."""

    def __init__(self, backoff_s: float) -> None:
        retry = Retry(
            total=4,
            connect=2,
            retry_after_max=_LONGEST_WAIT_S,
            backoff_factor=backoff_s,
            status_forcelist=(429, 500, 502, 503, 504),
            allowed_methods=("GET",),
            raise_on_status=False,
        )
        super().__init__(max_retries=retry)

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request, with a limit to how long its answer may take."""
        kwargs["timeout"] = kwargs.get("timeout") or _TIMEOUT_S
        return super().send(*args, **kwargs)


def _asked(request: BarsRequest, patient: _Patient) -> dict[str, Any]:
    from alpaca.data.enums import Adjustment
    from alpaca.data.historical import CryptoHistoricalDataClient, StockHistoricalDataClient
    from alpaca.data.requests import CryptoBarsRequest, StockBarsRequest

    about: dict[str, Any] = {
        "symbol_or_symbols": request.symbol,
        "timeframe": _timeframe(request.interval),
        "start": from_microseconds(request.start),
        "end": from_microseconds(request.end - 1),
    }
    access: dict[str, Any] = {
        "api_key": os.environ.get(KEY) or None,
        "secret_key": os.environ.get(SECRET) or None,
        "raw_data": True,
        "url_override": os.environ.get(URL) or None,
    }
    if "/" in request.symbol:
        if not (access["api_key"] and access["secret_key"]):
            access |= {"api_key": None, "secret_key": None}
        coins = CryptoHistoricalDataClient(**access)
        _make_patient(coins, patient)
        return dict(coins.get_crypto_bars(CryptoBarsRequest(**about)))
    shares = StockHistoricalDataClient(**access)
    _make_patient(shares, patient)
    return dict(shares.get_stock_bars(StockBarsRequest(**about, adjustment=Adjustment.RAW)))


def _make_patient(client: Any, patient: _Patient) -> None:
    """Let a client wait as it is told: it knows no timeout, and no Retry-After."""
    session: requests.Session = client._session  # noqa: SLF001  it lets nobody set one
    for scheme in ("https://", "http://"):
        session.mount(scheme, patient)
    client._retry = 0  # noqa: SLF001  else it would ask on after all of these


def _timeframe(interval: str) -> "TimeFrame":
    from alpaca.data.timeframe import TimeFrame, TimeFrameUnit

    return TimeFrame(int(interval[:-1]), getattr(TimeFrameUnit, _UNITS[interval[-1]]))


def _refused(error: Any) -> str:
    """Return what a refusal means, without what was sent."""
    status = error.status_code
    if status in (401, 403):
        return f"refused ({status}); are {KEY} and {SECRET} right, and does the plan hold this?"
    if status == 429:
        return "no more questions are allowed for now (429); what has been fetched is kept"
    told = str(error)
    for secret in filter(None, (os.environ.get(KEY), os.environ.get(SECRET))):
        told = told.replace(secret, "***")
    return f"refused ({status}: {told[:_SHOWN]}); what has been fetched is kept, try again"


def _bars_of(records: list[dict[str, Any]], request: BarsRequest) -> Bars:
    """Return records as bars in order, each once, within what was asked for."""
    time = np.array(
        [to_microseconds(datetime.fromisoformat(one["t"])) for one in records], dtype=np.int64
    )
    columns = [np.array([float(one[field]) for one in records]) for field in _FIELDS]
    _, first = np.unique(time, return_index=True)
    within = first[(time[first] >= request.start) & (time[first] < request.end)]
    return Bars(time[within], *(column[within] for column in columns))
