"""Servers on loopback that answer as Alpaca's and Yahoo's do, for tests of the providers.

The answers have the form of the real ones; nothing in them was recorded from these.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
from curl_cffi.requests import Session

from tradegen.data.row import Bars, from_microseconds

Query = Mapping[str, str]
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class BarServer:
    """What the server knows, and what it was asked."""

    bars: Mapping[str, Bars]
    respond: Callable[["BarServer", str, Query], Answer]
    page: int = 10_000
    refusals: list[Answer] = field(default_factory=list)
    always: Answer | None = None
    asked: list[tuple[str, Query]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    url: str = ""

    def answer(self, path: str, query: Query, headers: Mapping[str, str]) -> Answer:
        """Answer as told to, or else with what is known."""
        if "bars" in path or "chart" in path:
            self.asked.append((path, query))
            self.headers.append(headers)
            if self.always is not None:
                return self.always
            if self.refusals:
                return self.refusals.pop(0)
        return self.respond(self, path, query)


@contextmanager
def serving(server: BarServer) -> Iterator[BarServer]:
    """Serve on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            status, headers, body = server.answer(parts.path, query, dict(self.headers))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def as_json(body: object, status: int = 200, **headers: str) -> Answer:
    """Return an answer of JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, {"Content-Type": "application/json", **named}, json.dumps(body).encode()


# --- Alpaca -----------------------------------------------------------------------------------


def alpaca(server: BarServer, path: str, query: Query) -> Answer:
    """Answer as data.alpaca.markets does: pages of bars by symbol."""
    if path not in ("/v2/stocks/bars", "/v1beta3/crypto/us/bars"):
        return as_json({"message": "endpoint not found."}, 404)
    symbol = query["symbols"]
    first = int(query.get("page_token", "0"))
    known = server.bars.get(symbol)
    records = [] if known is None else _between(known, query["start"], query["end"])
    page = records[first : first + min(server.page, int(query["limit"]))]
    following = first + len(page)
    token = str(following) if following < len(records) else None
    return as_json({"bars": {symbol: page} if page else {}, "next_page_token": token})


def _between(bars: Bars, start: str, end: str) -> list[dict[str, Any]]:
    stamps = [from_microseconds(time) for time in bars.time.tolist()]
    return [
        {
            "t": stamp.strftime("%Y-%m-%dT%H:%M:%SZ"),
            **{name[0]: float(getattr(bars, name)[k]) for name in ("open", "high", "low", "close")},
            "v": float(bars.volume[k]),
            "n": 7,
            "vw": float(bars.close[k]),
        }
        for k, stamp in enumerate(stamps)
        if start <= stamp.isoformat() <= end
    ]


# --- Yahoo ------------------------------------------------------------------------------------


def yahoo(server: BarServer, path: str, query: Query) -> Answer:
    """Answer as query2.finance.yahoo.com does: columns of one symbol, with its exchange's zone."""
    if path == "/v1/test/getcrumb":
        return 200, {"Content-Type": "text/plain"}, b"crumb"
    name = path.removeprefix("/v8/finance/chart/")
    if name == path or name not in server.bars:
        told = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
        return as_json({"chart": {"result": None, "error": told}}, 404)
    bars = server.bars[name]
    seconds = bars.time // 1_000_000
    if "period1" in query:
        within = (seconds >= int(query["period1"])) & (seconds < int(query["period2"]))
    else:
        within = np.arange(len(seconds)) >= len(seconds) - 1
    quote = {
        field_: [None if np.isnan(x) else float(x) for x in getattr(bars, field_)[within]]
        for field_ in ("open", "high", "low", "close", "volume")
    }
    days = np.unique(seconds[within] // 86_400 * 86_400).tolist()
    periods = [
        [{"timezone": "UTC", "start": day, "end": day + 86_400, "gmtoffset": 0}] for day in days
    ]
    meta = {
        "currency": "USD",
        "symbol": name,
        "instrumentType": "CRYPTOCURRENCY",
        "firstTradeDate": int(seconds[0]),
        "regularMarketTime": int(seconds[-1]),
        "gmtoffset": 0,
        "timezone": "UTC",
        "exchangeTimezoneName": "UTC",
        "priceHint": 2,
        "dataGranularity": query["interval"],
        "validRanges": ["1d", "5d", "1mo", "max"],
        "currentTradingPeriod": {
            part: {"timezone": "UTC", "start": 0, "end": 86_400, "gmtoffset": 0}
            for part in ("pre", "regular", "post")
        },
        "tradingPeriods": periods,
    }
    result = {"meta": meta, "timestamp": seconds[within].tolist(), "indicators": {"quote": [quote]}}
    return as_json({"chart": {"result": [result], "error": None}})


class LoopbackSession(Session):  # type: ignore[type-arg]  # a parameter of its own answers only
    """A session of curl_cffi whose questions go to a server on loopback, whatever their host."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._to = url

    def get(self, url: str, **options: Any) -> Any:
        """Ask the server on loopback."""
        return super().request("GET", self._to + urlsplit(url).path, **options)

    def post(self, url: str, **options: Any) -> Any:
        """Ask the server on loopback."""
        return super().request("POST", self._to + urlsplit(url).path, **options)
