"""The endpoint: where the models are, what it offers, and whether it can be reached at all."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlparse

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


@dataclass(frozen=True)
class Endpoint:
    """An endpoint that answered: its address, the key for it, and each role's model."""

    base_url: str
    models: dict[str, str]

    def key(self) -> str | None:
        """Return the key from the environment; it is kept nowhere else."""
        return os.environ.get(KEY_VARIABLE) or None


def reach(options: NimOptions) -> Endpoint:
    """Ask the endpoint for its models and choose one for each role.

    Raises `EngineUnavailableError` if there is no key where one is needed, the endpoint cannot be
    reached or refuses the key, or a model that was asked for is not offered.
    """
    if all(getattr(options, role).chat_model for role in ROLES):
        return Endpoint("", {role: getattr(options, role).model or "" for role in ROLES})
    base_url = (options.base_url or os.environ.get("NVIDIA_BASE_URL") or HOSTED).rstrip("/")
    hosted = base_url == HOSTED
    if hosted and not os.environ.get(KEY_VARIABLE):
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


def _offered(base_url: str, timeout: float) -> list[str]:
    import requests

    place = urlparse(base_url)
    if place.scheme not in ("http", "https") or not place.netloc:
        raise EngineUnavailableError(
            f"--base-url {base_url}: expected an address such as http://localhost:8000/v1"
        )
    try:
        answer = requests.get(f"{base_url}/models", auth=_sign, timeout=timeout)
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
        return [str(model["id"]) for model in answer.json()["data"]]
    except (requests.RequestException, ValueError, KeyError, TypeError) as error:
        raise EngineUnavailableError(
            f"{base_url}/models answered {answer.status_code} and no list of models; check that "
            "--base-url ends with the path of an OpenAI-compatible API, usually /v1"
        ) from error


def _sign(request: "requests.PreparedRequest") -> "requests.PreparedRequest":
    """Add the key; without a signature of ours, requests would take a password from `.netrc`."""
    if key := os.environ.get(KEY_VARIABLE):
        request.headers["Authorization"] = f"Bearer {key}"
    return request


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:20])
    return f"{shown} and {len(names) - 20} more" if len(names) > 20 else shown or "none"
