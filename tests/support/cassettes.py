"""Cassettes: recorded HTTP exchanges, without what is secret, passing, or of one machine only."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from itertools import zip_longest
from pathlib import Path
from typing import Any

import yaml
from vcr import VCR
from vcr.cassette import Cassette
from vcr.errors import CannotOverwriteExistingCassetteException
from vcr.request import Request

NEUTRAL_URL = "http://nim.example/v1"
"""What every cassette calls the endpoint, wherever it was."""

_KEPT_HEADERS = {"content-type"}
_PASSING: Mapping[str, Any] = {"id": "recorded", "created": 0}
_SHOWN = 60


class StaleCassetteError(AssertionError):
    """What is asked is no longer what was recorded."""


@contextmanager
def recorded(path: Path, base_url: str) -> Iterator[Cassette]:
    """Record what is asked of an endpoint, and answered, in a new cassette.

    Refusals that a retry overcomes are left out: a replay need not wait for them.
    """
    with _vcr(base_url).use_cassette(path, record_mode="all") as cassette:
        yield cassette


@contextmanager
def replayed(path: Path, base_url: str) -> Iterator[Cassette]:
    """Answer from a cassette in the endpoint's place.

    Requests must be the recorded ones, in method, path and JSON, and none may be left over. Raises
    `StaleCassetteError`, naming the first difference.
    """
    with _vcr(base_url).use_cassette(path, record_mode="none") as cassette:
        try:
            yield cassette
        except CannotOverwriteExistingCassetteException as error:
            asked = cassette.filter_request(error.failed_request)
            raise _stale(path, _unexpected(asked, cassette)) from None
        if not cassette.all_played:
            raise _stale(path, f"only {cassette.play_count} of {len(cassette)} requests were asked")


def _vcr(base_url: str) -> VCR:
    def normalised(request: Request) -> Request:
        if not request.uri.startswith(NEUTRAL_URL):  # vcrpy may hand in what it got from here
            assert request.uri.startswith(base_url), "a request to somewhere else than the endpoint"
            request.uri = NEUTRAL_URL + request.uri.removeprefix(base_url)
        request.headers = _kept(request.headers)
        return request

    vcr = VCR(
        match_on=("method", "path", "body"),
        before_record_request=normalised,
        before_record_response=_lasting,
        decode_compressed_response=True,
        serializer="readable",
        record_on_exception=False,
    )
    vcr.register_serializer("readable", _Readable)
    return vcr


def _kept(headers: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in headers.items() if name.lower() in _KEPT_HEADERS}


def _lasting(response: dict[str, Any]) -> dict[str, Any] | None:
    """Return a response without what changes every time, or None for one that is retried."""
    status = response["status"]["code"]
    if status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS) or status >= 500:
        return None
    body = _opened(response["body"]["string"])
    if isinstance(body, dict):
        passing = {name: value for name, value in _PASSING.items() if name in body}
        response["body"]["string"] = json.dumps({**body, **passing}).encode()
    return {**response, "headers": _kept(response["headers"])}


class _Readable:
    """YAML in which JSON bodies are trees, and texts of several lines are written as such."""

    @staticmethod
    def serialize(cassette: dict[str, Any]) -> str:
        for kept in cassette["interactions"]:
            kept["request"]["body"] = _opened(kept["request"]["body"])
            kept["response"]["body"] = _opened(kept["response"]["body"]["string"])
        return yaml.dump(
            cassette, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=float("inf")
        )

    @staticmethod
    def deserialize(text: str) -> dict[str, Any]:
        cassette: dict[str, Any] = yaml.safe_load(text)
        for kept in cassette["interactions"]:
            kept["request"]["body"] = _closed(kept["request"]["body"])
            kept["response"]["body"] = {"string": _closed(kept["response"]["body"])}
        return cassette


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""

    def ignore_aliases(self, data: object) -> bool:  # each interaction stands for itself
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _opened(body: Any) -> Any:
    """Return a JSON document as a tree; any other body as it is."""
    try:
        found = json.loads(body)
    except (TypeError, ValueError):
        return body
    return found if isinstance(found, (dict, list)) else body


def _closed(body: Any) -> Any:
    return json.dumps(body) if isinstance(body, (dict, list)) else body


def _stale(path: Path, what: str) -> StaleCassetteError:
    return StaleCassetteError(
        f"{path.name}: {what}. If that is meant, run `make cassettes` and read its diff"
    )


def _unexpected(asked: Request, cassette: Cassette) -> str:
    """Say how a request differs from the one that was recorded in its place."""
    nth = cassette.play_count
    if nth == len(cassette):
        return f"{asked.method} {asked.path} is one request more than the {nth} recorded"
    stored = cassette.requests[nth]
    where = f"request {nth + 1} of {len(cassette)}"
    if (asked.method, asked.path) != (stored.method, stored.path):
        return f"{where} is {asked.method} {asked.path}; recorded is {stored.method} {stored.path}"
    return f"{where} differs at {_difference(_opened(asked.body), _opened(stored.body))}"


def _difference(now: Any, then: Any, at: str = "body") -> str:
    """Return where two JSON documents first differ, and how."""
    if isinstance(now, dict) and isinstance(then, dict):
        pairs = [(name, now.get(name), then.get(name)) for name in {**then, **now}]
    elif isinstance(now, list) and isinstance(then, list):
        pairs = [(str(k), *both) for k, both in enumerate(zip_longest(now, then))]
    else:
        start = _common(now, then) if isinstance(now, str) and isinstance(then, str) else None
        return f"{at}: {_excerpt(now, start)}; recorded is {_excerpt(then, start)}"
    name, new, old = next(pair for pair in pairs if pair[1] != pair[2])
    return _difference(new, old, f"{at}/{name}")


def _common(now: str, then: str) -> int:
    """Return how many characters two different texts begin with alike."""
    pairs = enumerate(zip_longest(now, then))
    return next(k for k, (new, old) in pairs if new != old)


def _excerpt(value: Any, start: int | None) -> str:
    text = json.dumps(value) if start is None else value[max(0, start - _SHOWN // 3) :]
    return repr(text[:_SHOWN])
