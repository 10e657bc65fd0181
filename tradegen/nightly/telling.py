"""Tells of a night's outcome: alerts and metrics, neither of which can fail the night."""

from structlog.typing import FilteringBoundLogger

from tradegen.errors import StorageError
from tradegen.nightly.alerts import alert_of, send
from tradegen.nightly.journal import Journal
from tradegen.nightly.telemetry import export, has_collector
from tradegen.settings import NightlySettings


def tell_outcome(settings: NightlySettings, journal: Journal, log: FilteringBoundLogger) -> bool:
    """Send an alert if one is due, and metrics if a collector is named.

    Return whether there was an alert to send. The same outcome of a run is told once, though work
    on it be begun many times.
    """
    status = journal.status
    stated = settings.otlp_endpoint
    endpoint = None if stated is None else stated.get_secret_value()
    if has_collector(endpoint):
        wrong = export(status, endpoint)
        if wrong is not None:
            log.warning("metrics not sent", text=wrong)
    alert = alert_of(status, always=settings.alert_always)
    if alert is None or not settings.alert_urls or status.alerted_of == status.exit_code:
        return False
    failed = send(alert, [url.get_secret_value() for url in settings.alert_urls])
    for why in failed:
        log.warning("alert not sent", text=why)
    if not failed:
        try:
            journal.write(alerted_of=status.exit_code)
        except StorageError as error:
            log.warning("alert not noted", text=f"it may be sent again: {error}")
    return True
