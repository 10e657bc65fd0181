"""Secrets: what of settings and environment is hidden, and that other words are not."""

import pytest

from tradegen.nightly.secrets import secrets_of
from tradegen.settings import load_settings


@pytest.mark.parametrize(
    ("address", "hidden"),
    [
        ("http://me:t0psecret@collector:4318", {"t0psecret"}),
        ("http://t0psecret@collector:4318/v1/metrics", {"t0psecret"}),
        ("https://collector/?token=t0psecret&x=1", {"token=t0psecret&x=1", "t0psecret", "1"}),
        ("http://collector:4318", set()),
        ("http://[", set()),
    ],
)
def test_of_the_address_of_a_collector_what_it_may_hold_of_secrets(
    address: str, hidden: set[str]
) -> None:
    settings = load_settings({"nightly": {"otlp_endpoint": address}})
    assert secrets_of(settings, {}) == hidden
    assert secrets_of(load_settings(), {"OTEL_EXPORTER_OTLP_ENDPOINT": address}) == hidden


def test_keys_headers_and_whole_addresses_of_alerts() -> None:
    settings = load_settings({"nightly": {"alert_urls": ["slack://a/b/c"]}})
    environment = {
        "NVIDIA_API_KEY": "nvapi-1",
        "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer x,tenant=me",
    }
    found = secrets_of(settings, environment)
    assert {"slack://a/b/c", "nvapi-1", "Bearer x", "me"} <= found
    assert "authorization" not in found
