"""Metrics of a night for an OpenTelemetry collector, sent only where one is named."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tradegen.nightly.patience import within
from tradegen.nightly.status import Status
from tradegen.version import __version__

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PATH = "/v1/metrics"
_TIMEOUT_S = 10.0
_PATIENCE_S = 60.0


def has_collector(setting: str | None, environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether the settings or the environment name a collector."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    return setting is not None or any(environment.get(name) for name in _ENDPOINTS)


def export(status: Status, setting: str | None, patience_s: float = _PATIENCE_S) -> str | None:
    """Send a run's numbers as gauges; return what went wrong, if anything did.

    `setting` is the collector's address; without it the environment says where, as for any program
    with OpenTelemetry.
    """
    return within(
        patience_s,
        lambda: _export(status, setting, min(_TIMEOUT_S, patience_s)),
        f"metrics could not be sent within {patience_s:g} s",
    )


def _export(status: Status, setting: str | None, timeout_s: float) -> str | None:
    try:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import (
            InMemoryMetricReader,
            MetricExportResult,
        )
        from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
    except ImportError:
        return "OpenTelemetry is not installed: pip install 'tradegen[otel]'"
    try:
        about = Resource.create({SERVICE_VERSION: __version__})
        if str(about.attributes.get(SERVICE_NAME)).startswith("unknown_service"):
            about = about.merge(Resource({SERVICE_NAME: "tradegen"}))
        reader = InMemoryMetricReader()
        provider = MeterProvider(metric_readers=[reader], resource=about, shutdown_on_exit=False)
        _record(status, provider.get_meter("tradegen.nightly", __version__))
        endpoint = None if setting is None else setting.rstrip("/").removesuffix(_PATH) + _PATH
        exporter = OTLPMetricExporter(endpoint=endpoint, timeout=timeout_s)
        gathered = reader.get_metrics_data()
        assert gathered is not None  # gauges were just set
        result = exporter.export(gathered, timeout_millis=timeout_s * 1000)
        exporter.shutdown()
        provider.shutdown()
    except Exception as error:  # whatever a collector or its address causes fails no night
        return f"metrics could not be sent ({type(error).__name__})"
    return None if result is MetricExportResult.SUCCESS else "metrics could not be sent"


def _record(status: Status, meter: "Meter") -> None:
    def gauge(name: str, value: float | None, unit: str, meaning: str, **about: str) -> None:
        if value is not None:
            made = meter.create_gauge(f"tradegen.nightly.{name}", unit, meaning)
            made.set(value, {"run": status.run, **about})

    gauge("good", float(status.good), "1", "1 for a good night, else 0")
    gauge("exit_code", status.exit_code, "1", "exit code of the night")
    gauge("rows", status.accepted, "{row}", "accepted rows")
    for step, seconds in status.seconds.items():
        gauge("step.duration", seconds, "s", "time of a step", step=step)
    for name, metric in status.metrics.items():
        gauge("metric", metric.value, "1", "what nights are compared by", metric=name)
