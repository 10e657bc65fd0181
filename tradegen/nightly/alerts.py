"""Alerts: who is told, and what, when a night goes wrong or right again."""

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from tradegen.nightly.compare import WORSE
from tradegen.nightly.patience import within
from tradegen.nightly.status import State, Status

_SHOWN = 20
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Alert:
    """What is told: a title, a text, and whether it is bad news."""

    title: str
    text: str
    is_bad: bool


def alert_of(status: Status, *, always: bool) -> Alert | None:
    """Return what is to be told of a run, if anything is: trouble, its end, or `always`."""
    bad = not status.good
    if not (bad or status.trouble_before or always):
        return None
    what = _outcome(status)
    if not bad and status.trouble_before:
        what = f"recovered: {what}"
    lines = [
        status.headline,
        None if status.error is None else f"{status.error.type}: {status.error.message}",
        *status.comparison[:_SHOWN],
        *status.notes[:_SHOWN],
        None if status.next is None else f"Next: {status.next}",
        f"Exit code {status.exit_code}.",
    ]
    return Alert(f"{status.run}: {what}", "\n".join(line for line in lines if line), bad)


def alert_of_error(error: Exception, said: str, exit_code: int, runs: Path) -> Alert:
    """Return what is to be told of a call that could not begin, and so has no status."""
    return Alert(
        f"tradegen nightly in {runs}: could not begin",
        f"{type(error).__name__}: {said}\nExit code {exit_code}.",
        is_bad=True,
    )


def _outcome(status: Status) -> str:
    if status.state is State.FAILED:
        return "failed" if status.step is None else f"failed at {status.step}"
    verdict = "judged" if status.verdict is None else status.verdict.replace("_", " ")
    worse = status.exit_code == WORSE
    return f"{verdict}, worse than {status.compared_with}" if worse else verdict


def send(alert: Alert, urls: Sequence[str], patience_s: float = _PATIENCE_S) -> list[str]:
    """Send to every address; return what went wrong, by the number of the address in the settings.

    Addresses hold tokens, so neither they nor what a library says of them is told.
    """
    if find_spec("apprise") is None:
        return ["apprise is not installed: pip install 'tradegen[alerts]'"]
    wrong = []
    for number, url in enumerate(urls, start=1):
        why = within(
            patience_s,
            partial(_send_to, url, alert),
            f"no answer within {patience_s:g} s",
        )
        if why is not None:
            wrong.append(f"alert_urls, address {number}: {why}")
    return wrong


def _send_to(url: str, alert: Alert) -> str | None:
    """Send to one address; return what went wrong, if anything did."""
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its hundred services, loaded to find the one
            import apprise

            kind = apprise.NotifyType.FAILURE if alert.is_bad else apprise.NotifyType.SUCCESS
            service = apprise.Apprise()
            if not service.add(url):
                return "apprise knows no such address"
            sent = service.notify(body=alert.text, title=alert.title, notify_type=kind)
    except Exception as error:  # whatever a service raises is no reason to fail a night
        return type(error).__name__
    return None if sent else "the alert could not be sent"
