"""What must never be told: keys, tokens, and addresses that hold them."""

import os
import re
from collections.abc import Iterator, Mapping

from tradegen.engines.nim.options import KEY_VARIABLE
from tradegen.settings import Settings

_VARIABLES = (
    KEY_VARIABLE,
    "LANGSMITH_API_KEY",
    "LANGCHAIN_API_KEY",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
)
_ADDRESSES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")


def secrets_of(settings: Settings, environment: Mapping[str, str] = os.environ) -> frozenset[str]:
    """Return all that must be hidden in logs and in `status.json`."""
    nightly = settings.nightly
    urls = [url.get_secret_value() for url in nightly.alert_urls]
    collector = "" if nightly.otlp_endpoint is None else nightly.otlp_endpoint.get_secret_value()
    stated = [*urls, collector, settings.evaluation.storage or ""]
    addresses = [*stated, *(environment.get(name, "") for name in _ADDRESSES)]
    inside = [part for address in addresses for part in _inside(address)]
    variables = [environment.get(name, "") for name in _VARIABLES]
    headers = [part.partition("=")[2] for one in variables for part in one.split(",")]
    return frozenset(one for one in (*urls, *inside, *variables, *headers) if one)


def _inside(address: str) -> Iterator[str]:
    """Yield what an address may hold of secrets: password or token before the host, and query."""
    if found := re.search(r"://([^/?#]*)@", address):
        name, _, password = found[1].partition(":")
        yield password or name
    query = address.partition("?")[2]
    yield query
    for part in query.split("&"):
        yield part.partition("=")[2]
