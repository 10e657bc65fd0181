"""What a user is told when the endpoint cannot be used at all."""

from collections.abc import Sequence
from difflib import get_close_matches
from http import HTTPStatus
from urllib.parse import urlsplit

from tradegen.engines.nim.transport.exchange import Failure, Request

MODELS_SHOWN = 30


def refused(request: Request, failure: Failure) -> str:
    """Return the verdict on a key that is not accepted, or may not do this."""
    advice = {
        HTTPStatus.UNAUTHORIZED: "The key is missing or not accepted: check NVIDIA_API_KEY.",
        HTTPStatus.PAYMENT_REQUIRED: "The account has no credits left.",
        HTTPStatus.FORBIDDEN: "The key is not allowed to use this model: check NVIDIA_API_KEY.",
    }[HTTPStatus(failure.status or 0)]
    return f"{_host(request)} refuses the call (HTTP {failure.status}). {advice} {_said(failure)}"


def unknown_model(request: Request, failure: Failure, models: Sequence[str] | None) -> str:
    """Return the verdict on a model or path that is not there, with the models that are.

    `models` is None where the endpoint would not list them.
    """
    what = f"no model {request.model!r}" if request.model else f"nothing at {request.url}"
    lines = [f"{_host(request)} has {what} (HTTP {failure.status}). {_said(failure)}"]
    if models is None:
        lines.append("It lists no models either: check --base-url, which should end in /v1.")
        return "\n".join(lines)
    near = get_close_matches(request.model or "", models, n=1)
    lines += [f"Did you mean {near[0]!r}?"] if near else []
    lines.append("It offers:")
    lines += [f"  {name}" for name in sorted(models)[:MODELS_SHOWN]]
    hidden = len(models) - MODELS_SHOWN
    lines += [f"  ... and {hidden} more"] if hidden > 0 else []
    return "\n".join(lines)


def unreachable(request: Request, failure: Failure, tries: int) -> str:
    """Return the verdict on an address where nobody answers."""
    return (
        f"cannot reach {_host(request)} after {tries} tries: {failure.detail}. Check that the "
        "server is running, the network, and --base-url (for example http://localhost:8000/v1)."
    )


def told_to_wait(request: Request, failure: Failure) -> str:
    """Return the verdict on an endpoint that asks for more patience than there is."""
    return (
        f"{_host(request)} asks to be left alone for {failure.retry_after_s:.0f} s "
        f"(HTTP {failure.status}). What was accepted is kept: run the same command again then. "
        f"{_said(failure)}"
    )


def _host(request: Request) -> str:
    """Return the host of a request, and its port if it was stated."""
    place = urlsplit(request.url)
    return f"{place.hostname}:{place.port}" if place.port else str(place.hostname)


def _said(failure: Failure) -> str:
    """Return the endpoint's own words."""
    return f"It said: {failure.detail}"
