"""What must never be told: keys, tokens, and addresses that hold them."""

import os
import re
from collections.abc import Mapping

from tradegen.engines.nim.options import KEY_VARIABLE
from tradegen.settings import Settings

_VARIABLES = (
    KEY_VARIABLE,
    "LANGSMITH_API_KEY",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
)


def secrets_of(settings: Settings, environment: Mapping[str, str] = os.environ) -> frozenset[str]:
    """Return all that must be hidden in logs and in `status.json`."""
    urls = [url.get_secret_value() for url in settings.nightly.alert_urls]
    addresses = [*urls, settings.evaluation.storage or "", settings.nightly.otlp_endpoint or ""]
    passwords = [found for one in addresses for found in re.findall(r"://[^/@]*:([^/@]+)@", one)]
    variables = [environment.get(name, "") for name in _VARIABLES]
    headers = [part.partition("=")[2] for one in variables for part in one.split(",")]
    return frozenset(one for one in (*urls, *passwords, *variables, *headers) if one)
