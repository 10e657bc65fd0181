"""Tells of a night's outcome: alerts and metrics, neither of which can fail the night."""

from structlog.typing import FilteringBoundLogger

from tradegen.errors import StorageError
from tradegen.nightly.alerts import Alert, alert_of, alert_of_error, send
from tradegen.nightly.journal import Journal
from tradegen.nightly.telemetry import export, has_collector
from tradegen.settings import NightlySettings, Settings


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
    if _send(alert, settings, log):
        try:
            journal.write(alerted_of=status.exit_code)
        except StorageError as error:
            log.warning("alert not noted", text=f"it may be sent again: {error}")
    return True


def tell_error(
    settings: Settings, error: Exception, said: str, exit_code: int, log: FilteringBoundLogger
) -> None:
    """Send an alert of a call that could not begin; as nothing notes it, each call sends one."""
    alert = alert_of_error(error, said, exit_code, settings.run.folder)
    _send(alert, settings.nightly, log)


def _send(alert: Alert, settings: NightlySettings, log: FilteringBoundLogger) -> bool:
    """Send an alert to all addresses and return whether each was reached."""
    if not settings.alert_urls:
        return True
    failed = send(alert, [url.get_secret_value() for url in settings.alert_urls])
    for why in failed:
        log.warning("alert not sent", text=why)
    return not failed
