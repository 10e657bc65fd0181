"""The way to an endpoint: one pooled connection for all calls, pressed as hard as it allows."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import NoReturn, Self

import aiohttp
import numpy as np

from tradegen.engines.nim.transport import verdicts
from tradegen.engines.nim.transport.answer import Answer
from tradegen.engines.nim.transport.backoff import full_jitter_s
from tradegen.engines.nim.transport.breaker import Breaker
from tradegen.engines.nim.transport.buckets import PacedBucket
from tradegen.engines.nim.transport.call_record import CallRecord, current_record
from tradegen.engines.nim.transport.concurrency import AdaptiveLimit, Slot
from tradegen.engines.nim.transport.counts import Counts
from tradegen.engines.nim.transport.errors import CallFailedError
from tradegen.engines.nim.transport.exchange import Failure, Request, exchange
from tradegen.engines.nim.transport.lent_session import LentSession
from tradegen.engines.nim.transport.limits import TransportLimits
from tradegen.engines.nim.transport.quota import stated_quota
from tradegen.errors import EngineUnavailableError

_BYTES_PER_TOKEN = 4.0  # only to reserve quota with: what a call really used settles it
_KEEPALIVE_S = 30.0
_NO_ACCESS = {HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN}
_NOT_THERE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}


class Transport:
    """Carries calls to one endpoint; use it as `async with Transport(limits) as transport`.

    Each try waits for a slot, the breaker and the quota, in this order: the quota comes last so
    that what it spaces out stays spaced out. Between tries a call holds no slot. Raises, from
    `post` and `get`:

    - EngineUnavailableError: no access, no such model, nobody there, or an outage longer than
      the patience. Every later call raises it too, and nothing more is sent.
    - CallFailedError: this call was refused, or failed `max_tries` times.
    """

    def __init__(self, limits: TransportLimits, rng: np.random.Generator | None = None) -> None:
        """`rng` draws the waits between tries; they have no bearing on any row."""
        self._limits = limits
        self._rng = rng or np.random.default_rng()
        self._concurrency = AdaptiveLimit(limits.max_in_flight)
        self._requests = PacedBucket(limits.requests_per_minute, limits.minute_s)
        self._tokens = PacedBucket(limits.tokens_per_minute, limits.minute_s)
        self._breaker = Breaker(limits)
        self._session: aiohttp.ClientSession | None = None
        self._lent = LentSession(self)
        self._ever_answered = False
        self._verdict: str | None = None
        self._verdict_lock = asyncio.Lock()
        self.counts = Counts()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    @property
    def concurrency_limit(self) -> int:
        """How many calls may be under way now."""
        return self._concurrency.size

    @property
    def in_flight(self) -> int:
        """How many calls hold a slot now."""
        return self._concurrency.under_way

    def lend(self) -> LentSession:
        """Return what goes into ChatNVIDIA's `get_async_session_fn`."""
        return self._lent

    def settle(self, record: CallRecord, tokens_used: float) -> None:
        """Correct the token quota by what the calls under a record really used."""
        self._tokens.settle(record.tokens_reserved, tokens_used)
        record.tokens_reserved = tokens_used

    async def post(
        self, url: str, headers: Mapping[str, str], payload: Mapping[str, object]
    ) -> Answer:
        """Send a payload as JSON and return the whole answer, 2xx; see the class for errors."""
        body = json.dumps(payload, ensure_ascii=False).encode()
        model = payload.get("model")
        request = Request(
            "POST",
            url,
            {**headers, "Content-Type": "application/json"},
            body,
            model if isinstance(model, str) else None,
        )
        most_tokens = payload.get("max_tokens")
        answer_tokens = most_tokens if isinstance(most_tokens, int) else 0
        return await self._carry(request, len(body) / _BYTES_PER_TOKEN + answer_tokens)

    async def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        """Get what is at an address; this counts against no quota: it asks no model anything."""
        return await self._carry(Request("GET", url, headers), None)

    async def _carry(self, request: Request, tokens: float | None) -> Answer:
        """Try until there is an answer, or no sense in trying on."""
        record = current_record()
        tries, failures = 0, 0
        while True:
            outcome, probe = await self._try(request, tokens, record, failures)
            tries += 1
            if isinstance(outcome, Answer):
                return outcome
            failures += not probe
            await self._stop_if_hopeless(request, outcome, tries)
            if outcome.is_final or failures >= self._limits.max_tries:
                raise CallFailedError(outcome.kind, outcome.status, tries, outcome.detail)
            self.counts.retries[outcome.kind] += 1
            wait = self._wait_s(outcome, failures)
            await asyncio.sleep(wait)

    async def _try(
        self, request: Request, tokens: float | None, record: CallRecord, failures: int
    ) -> tuple[Answer | Failure, bool]:
        """Make one try; return what came of it and whether it probed an open breaker."""
        async with self._concurrency.slot() as slot:
            probe = await self._breaker.admit()
            self._raise_verdict()
            if tokens is not None:
                await self._requests.take()
                await self._tokens.take(tokens)
                record.tokens_reserved += tokens
            self._raise_verdict()
            record.tries += 1
            self.counts.sent += 1
            slot.sent()
            outcome = await exchange(self._open(), request, self._limits.idle_timeout_s)
            self._learn(slot, outcome, record, failures)
        if tokens is not None and isinstance(outcome, Failure):
            self._tokens.settle(tokens, 0.0)
            record.tokens_reserved -= tokens
        return outcome, probe

    def _open(self) -> aiohttp.ClientSession:
        """Return the one session, opened at the first call."""
        if self._session is None:
            limits = self._limits
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEPALIVE_S),
                timeout=aiohttp.ClientTimeout(
                    total=None, connect=limits.connect_timeout_s, sock_read=limits.idle_timeout_s
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    def _learn(
        self, slot: Slot, outcome: Answer | Failure, record: CallRecord, failures: int
    ) -> None:
        """Tell every part that adapts what came of a try."""
        if outcome.headers is not None:
            self._ever_answered = True
            self._learn_quota(outcome.headers)
        latency = time.monotonic() - slot.sent_at
        record.latency_s += latency
        if isinstance(outcome, Answer):
            self.counts.answered += 1
        if isinstance(outcome, Answer) or outcome.is_final:
            slot.answered()
            self._breaker.succeeded()
        elif not self._never_reached(outcome):
            slot.pushed_back(failures + 1)
            self._breaker.failed(str(outcome), outcome.retry_after_s)

    def _learn_quota(self, headers: Mapping[str, str]) -> None:
        """Take over the quota that an answer states."""
        for bucket, quota in (
            (self._requests, stated_quota(headers, "requests")),
            (self._tokens, stated_quota(headers, "tokens")),
        ):
            if quota is None:
                continue
            if quota.per_minute is not None:
                bucket.learn(quota.per_minute * self._limits.share)
            if quota.exhausted_for_s is not None:
                bucket.hold(quota.exhausted_for_s)

    def _wait_s(self, failure: Failure, failures: int) -> float:
        """Return the wait before the next try, never shorter than what the endpoint asked for."""
        base = self._limits.retry_base_s
        if self._never_reached(failure):
            return base * failures
        jitter = full_jitter_s(max(1, failures), base, self._limits.retry_cap_s, self._rng)
        return jitter + (failure.retry_after_s or 0.0)

    async def _stop_if_hopeless(self, request: Request, failure: Failure, tries: int) -> None:
        """Raise where no call can succeed, and see to it that none is sent any more."""
        if failure.status in _NO_ACCESS:
            self._condemn(lambda: verdicts.refused(request, failure))
        if failure.status in _NOT_THERE and request.method == "POST":
            async with self._verdict_lock:
                models = None if self._verdict else await self._offered_models(request)
                self._condemn(lambda: verdicts.unknown_model(request, failure, models))
        if self._never_reached(failure) and tries >= self._limits.first_contact_tries:
            self._condemn(lambda: verdicts.unreachable(request, failure, tries))
        if (failure.retry_after_s or 0.0) > self._limits.patience_s:
            self._condemn(lambda: verdicts.told_to_wait(request, failure))

    def _condemn(self, verdict: Callable[[], str]) -> NoReturn:
        """Raise the first verdict on the endpoint, which stands for all later calls."""
        self._verdict = self._verdict or verdict()
        raise EngineUnavailableError(self._verdict)

    def _raise_verdict(self) -> None:
        """Raise the verdict on the endpoint, if there is one."""
        if self._verdict is not None:
            raise EngineUnavailableError(self._verdict)

    def _never_reached(self, failure: Failure) -> bool:
        """Return whether no call ever got an answer, and this one not even a connection."""
        return failure.unreachable and not self._ever_answered

    async def _offered_models(self, request: Request) -> list[str] | None:
        """Return the names of the endpoint's models, or None where it does not list them."""
        base = request.url.partition("/chat/completions")[0]
        listing = Request("GET", f"{base}/models", request.headers)
        outcome = await exchange(self._open(), listing, self._limits.connect_timeout_s)
        if not isinstance(outcome, Answer):
            return None
        try:
            return [str(model["id"]) for model in json.loads(outcome.body)["data"]]
        except (KeyError, TypeError, ValueError):
            return None
