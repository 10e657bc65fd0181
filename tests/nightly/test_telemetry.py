"""Metrics: a real receiver of OTLP over HTTP reads what a night sends."""

import socket

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from tests.nightly.test_alerts import status
from tests.support.receiver import receiving
from tradegen.nightly.status import Metric
from tradegen.nightly.telemetry import export, has_collector

NIGHT = status(
    good=True,
    exit_code=0,
    accepted=1000,
    seconds={"rows": 12.5, "evaluation": 60.0},
    metrics={"gold covered": Metric(value=0.9, error=0.01, higher_is_worse=False)},
)


def read(body: bytes) -> tuple[dict[str, str], dict[tuple[str, str], float]]:
    """Return what the resource says of itself, and values by gauge and attribute."""
    request = ExportMetricsServiceRequest.FromString(body)
    (resource,) = request.resource_metrics
    about = {one.key: one.value.string_value for one in resource.resource.attributes}
    values = {}
    for scope in resource.scope_metrics:
        for metric in scope.metrics:
            for point in metric.gauge.data_points:
                said = {one.key: one.value.string_value for one in point.attributes}
                assert said.pop("run") == "nightly-2026-01-05"
                values[metric.name, ",".join(said.values())] = point.as_double or point.as_int
    return about, values


def test_a_collector_gets_the_numbers_of_the_night() -> None:
    with receiving() as receiver:
        assert export(NIGHT, f"http://127.0.0.1:{receiver.port}") is None
    ((path, body),) = receiver.requests
    assert path == "/v1/metrics"
    about, values = read(body)
    assert about["service.name"] == "tradegen"
    assert values == {
        ("tradegen.nightly.good", ""): 1.0,
        ("tradegen.nightly.exit_code", ""): 0,
        ("tradegen.nightly.rows", ""): 1000,
        ("tradegen.nightly.step.duration", "rows"): 12.5,
        ("tradegen.nightly.step.duration", "evaluation"): 60.0,
        ("tradegen.nightly.metric", "gold covered"): 0.9,
    }


def test_the_environment_names_collector_and_service_as_for_any_other_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with receiving() as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{receiver.port}/at")
        monkeypatch.setenv("OTEL_SERVICE_NAME", "my-trades")
        assert export(NIGHT, None) is None
    ((path, body),) = receiver.requests
    assert path == "/at/v1/metrics"
    assert read(body)[0]["service.name"] == "my-trades"


def test_a_collector_that_is_not_there_or_refuses_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with receiving(400) as receiver:
        assert export(NIGHT, f"http://127.0.0.1:{receiver.port}") == "metrics could not be sent"
    wrong = export(NIGHT, f"http://127.0.0.1:{port}", patience_s=1.0)  # it would try for 10 s
    assert wrong is not None
    assert wrong.startswith("metrics could not be sent")


def test_a_collector_that_never_ends_its_answer_does_not_hold_up_the_night() -> None:
    with receiving(drips=True) as receiver:
        wrong = export(NIGHT, f"http://127.0.0.1:{receiver.port}", patience_s=1.0)
        assert receiver.requests
    assert wrong == "metrics could not be sent within 1 s"


def test_nothing_is_sent_unless_a_collector_is_named() -> None:
    assert not has_collector(None, {})
    assert not has_collector(None, {"OTEL_EXPORTER_OTLP_ENDPOINT": ""})
    assert has_collector("http://localhost:4318", {})
    assert has_collector(None, {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://localhost:4318"})
    assert not has_collector("http://localhost:4318", {"OTEL_SDK_DISABLED": "TRUE"})
