"""Fetches the bars that a log needs, each once, and keeps them as they come."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tradegen.data.interval import DAY_US, INTERVAL_US
from tradegen.data.row import LOOKBACK
from tradegen.errors import InputError
from tradegen.providers.cache import Cached, read_cache, write_cache
from tradegen.providers.protocol import BarsRequest, Provider

_SESSION_SHARE = 5.2
"""Hours of the clock for one of trading, where a market is open for 6.5 hours on five days."""

_MARGIN_DAYS = 7


def requests_for(
    spans: Mapping[str, tuple[int, int]], names: Mapping[str, str], interval: str, now: int
) -> list[BarsRequest]:
    """Return one request for each of the provider's symbols, whose `names` are by the log's own.

    `spans` are the first and the last moment of trading of each of the log's symbols. What is
    asked for begins early enough for 64 bars before, also over weekends, on whole days; it ends
    with the day of the last exit, or with the last bar that is whole by now.
    """
    length = INTERVAL_US[interval]
    stretch = 7 / 5 if length >= DAY_US else _SESSION_SHARE
    back = int(LOOKBACK * length * stretch) + _MARGIN_DAYS * DAY_US
    found: dict[str, BarsRequest] = {}
    for traded, (first, last) in sorted(spans.items()):
        start = (first - back) // DAY_US * DAY_US
        end = min((last // DAY_US + 1) * DAY_US, max(now // length * length, start + length))
        name = names[traded]
        known = found.get(name)
        if known is not None:
            start, end = min(start, known.start), max(end, known.end)
        found[name] = BarsRequest(name, interval, start, end)
    return list(found.values())


def fetch_bars(
    provider: Provider,
    requests: Sequence[BarsRequest],
    path: Path,
    now: Callable[[], int],
    tell: Callable[[str], None],
    *,
    may_ask: bool = True,
) -> Cached:
    """Return the bars of all requests, from the file at `path` where it holds them.

    Each answer is written before the next is asked for, so that what was fetched is kept whatever
    happens then. Raises `InputError` for what the provider cannot give, or if it has bars of none,
    or, without `may_ask`, if anything is to be asked; `ProviderError` where it gives no answer.
    """
    interval = requests[0].interval
    cached = read_cache(path, Cached(provider.name, interval, provider.adjusted))
    open_ = [_widened(one, cached) for one in requests if not cached.covers(one)]
    _refuse(provider, open_, now())
    if open_ and not may_ask:
        raise InputError(
            f"--dry-run asks nothing of {provider.name}; it would ask for "
            f"{'; '.join(map(str, open_[:5]))}{' ...' if len(open_) > 5 else ''}"
        )
    for request in open_:
        bars = provider.bars(request)
        cached = cached.with_answer(request, bars, now())
        write_cache(path, cached)
        tell(f"{provider.name}: {request}: {len(bars):,} bars")
    empty = [one.symbol for one in requests if not len(cached.bars[one.symbol])]
    if len(empty) == len(requests):
        raise InputError(
            f"{provider.name} has no bars of {', '.join(empty[:10])}; is that what it calls them? "
            "Say it with --symbol LOG_NAME=ITS_NAME"
        )
    if empty:
        tell(f"{provider.name} has no bars of {', '.join(empty)} (--symbol states its name)")
    return cached


def _widened(request: BarsRequest, cached: Cached) -> BarsRequest:
    """Return a request that also holds what was asked for before, as its answer replaces that."""
    if request.symbol not in cached.asked:
        return request
    first, end = cached.asked[request.symbol]
    return replace(request, start=min(first, request.start), end=max(end, request.end))


def _refuse(provider: Provider, requests: Iterable[BarsRequest], now: int) -> None:
    for request in requests:
        why = provider.refusal(request, now)
        if why is not None:
            raise InputError(f"{provider.name} {why} (asked for {request})")
