"""The endpoint: where the models are, what it offers, and whether it can be reached at all."""

import json
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tradegen.engines.nim.options import HOSTED, KEY_VARIABLE, NimOptions, Role
from tradegen.errors import EngineUnavailableError

if TYPE_CHECKING:
    import requests

ROLES: tuple[Role, ...] = ("generator", "judge", "refiner")

USUAL_MODELS: dict[Role, str] = {
    "generator": "meta/llama-3.3-70b-instruct",
    "judge": "nvidia/llama-3.3-nemotron-super-49b-v1.5",
    "refiner": "meta/llama-3.3-70b-instruct",
}
"""What each role asks of the hosted models, where the settings name none."""

_REFUSED = (401, 403)
_LONGEST_LIST = 16 << 20


@dataclass(frozen=True)
class Endpoint:
    """An endpoint: its address and each role's model."""

    base_url: str
    models: dict[str, str]

    def key(self) -> str | None:
        """Return the key from the environment; it is kept nowhere else."""
        return _key()


def reach(options: NimOptions) -> Endpoint:
    """Ask the endpoint for its models and choose one for each role.

    Raises `EngineUnavailableError` if there is no key where one is needed, the endpoint cannot be
    reached or refuses the key, or a model that was asked for is not offered.
    """
    if all(getattr(options, role).chat_model for role in ROLES):
        return Endpoint("", {role: getattr(options, role).model or "" for role in ROLES})
    base_url = (options.base_url or os.environ.get("NVIDIA_BASE_URL") or HOSTED).rstrip("/")
    hosted = base_url == HOSTED
    if hosted and not _key():
        raise EngineUnavailableError(
            f"NVIDIA's hosted models need a key: set {KEY_VARIABLE}, or name a NIM of your own "
            "with --base-url http://host:8000/v1"
        )
    offered = _offered(base_url, options.connect_timeout_s)
    wanted = {role: getattr(options, role) for role in ROLES}
    models: dict[str, str] = {}
    for role, stated in wanted.items():
        if stated.chat_model is None:
            usual = USUAL_MODELS[role] if hosted else (offered[0] if offered else None)
            models[role] = stated.model or usual or ""
        else:
            models[role] = stated.model or ""
    unknown = sorted(
        {models[role] for role in ROLES if wanted[role].chat_model is None} - set(offered)
    )
    if unknown:
        raise EngineUnavailableError(
            f"{base_url} has no model {' or '.join(unknown) or '(none named)'}; it offers "
            f"{_listed(offered)}. Name one with --model, or in the settings file"
        )
    return Endpoint(base_url, models)


def with_models(options: NimOptions, endpoint: Endpoint) -> NimOptions:
    """Return options that name the models of an endpoint, so that a run keeps to them."""
    named: dict[str, Any] = {
        role: getattr(options, role).model_copy(update={"model": endpoint.models[role] or None})
        for role in ROLES
    }
    return options.model_copy(update=named)


def _key() -> str | None:
    """Return the key from the environment. Raises `EngineUnavailableError` if none can be sent."""
    key = os.environ.get(KEY_VARIABLE, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise EngineUnavailableError(
            f"{KEY_VARIABLE} holds characters that no key has; copy the key once more"
        )
    return key or None


def _check_address(base_url: str) -> None:
    try:
        place = urlsplit(base_url)
        port = place.port
    except ValueError as error:
        raise EngineUnavailableError(f"--base-url is no address ({error})") from error
    if place.username or place.password:
        raise EngineUnavailableError(
            f"--base-url holds a name or password before {place.hostname}; leave it out, and set "
            f"{KEY_VARIABLE} if the endpoint wants a key"
        )
    if place.scheme not in ("http", "https") or not place.hostname or port == 0:
        raise EngineUnavailableError(
            f"--base-url {base_url}: expected an address such as http://localhost:8000/v1"
        )


def _offered(base_url: str, timeout: float) -> list[str]:
    import requests

    _check_address(base_url)
    ends = time.monotonic() + 3 * timeout
    try:
        answer = requests.get(
            f"{base_url}/models", auth=_sign, timeout=timeout, allow_redirects=False, stream=True
        )
        text = b""
        for part in answer.iter_content(1 << 16):
            text += part
            if len(text) > _LONGEST_LIST or time.monotonic() > ends:
                raise requests.Timeout
    except requests.RequestException as error:
        raise EngineUnavailableError(
            f"{base_url} cannot be reached ({type(error).__name__}); check --base-url, the "
            "network, and whether the NIM is up"
        ) from error
    if answer.status_code in _REFUSED:
        raise EngineUnavailableError(
            f"{base_url} refused the key ({answer.status_code}); check {KEY_VARIABLE}"
        )
    try:
        answer.raise_for_status()
        if answer.is_redirect:
            raise ValueError("redirected")
        names = [model["id"] for model in json.loads(text)["data"]]
        return [name for name in names if isinstance(name, str) and name.isprintable()]
    except (requests.RequestException, ValueError, LookupError, TypeError, RecursionError) as error:
        raise EngineUnavailableError(
            f"{base_url}/models answered {answer.status_code} and no list of models; check that "
            "--base-url ends with the path of an OpenAI-compatible API, usually /v1"
        ) from error


def _sign(request: "requests.PreparedRequest") -> "requests.PreparedRequest":
    """Add the key; without a signature of ours, requests would take a password from `.netrc`."""
    if key := _key():
        request.headers["Authorization"] = f"Bearer {key}"
    return request


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:20])
    return f"{shown} and {len(names) - 20} more" if len(names) > 20 else shown or "none"
