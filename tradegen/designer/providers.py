"""Where Data Designer's models are: providers and their addresses."""

from collections.abc import Mapping
from pathlib import Path

from tradegen.errors import InputError
from tradegen.samplers.columns import load_plain


def read_providers(source: str | Path | Mapping[str, str] | None) -> dict[str, str]:
    """Return the address of each provider by its name.

    Raises `InputError` for a file that does not list providers with `name` and `endpoint`.
    """
    if source is None:
        return {}
    if isinstance(source, Mapping):
        return dict(source)
    held = load_plain(Path(source), "list of model providers")
    listed = held.get("providers") if isinstance(held, Mapping) else None
    if not isinstance(listed, list) or not all(map(_is_provider, listed)):
        raise InputError(
            f"{source}: expected Data Designer's model_providers.yaml, a list `providers` of "
            "name and endpoint"
        )
    return {one["name"]: one["endpoint"] for one in listed}


def _is_provider(one: object) -> bool:
    return isinstance(one, Mapping) and all(
        isinstance(one.get(name), str) for name in ("name", "endpoint")
    )
