"""Settings of the whole test suite."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.cli import Command, command_line
from tests.support.nights import finished_night
from tests.support.real_gold import REASON
from tests.support.runs import finished_run, stopped_run

__all__ = ["cli", "finished_night", "finished_run", "stopped_run"]

settings.register_profile(
    "tradegen", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("tradegen")

# A shell starts what runs in its background deaf to Ctrl-C, and so would be all that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep settings of the machine out of the tests."""
    for name in list(os.environ):
        if name.startswith("TRADEGEN_") and name != "TRADEGEN_GOLD_DIR":
            monkeypatch.delenv(name)


@pytest.fixture
def cli(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Return the command line, called in this process and in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    return command_line(monkeypatch, capsys)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that tests on real gold did not run."""
    skipped = [
        report
        for report in terminalreporter.stats.get("skipped", [])
        if REASON in str(report.longrepr)
    ]
    if skipped:
        terminalreporter.section("REAL GOLD ABSENT", yellow=True, bold=True)
        terminalreporter.line(f"{len(skipped)} tests were skipped. {REASON}", yellow=True)
