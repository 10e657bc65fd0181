"""Settings of the whole test suite."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.real_gold import REASON

settings.register_profile(
    "tradegen", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("tradegen")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep settings of the machine out of the tests."""
    for name in list(os.environ):
        if name.startswith("TRADEGEN_") and name != "TRADEGEN_GOLD_DIR":
            monkeypatch.delenv(name)
    yield


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that tests on real gold did not run."""
    skipped = [
        report for report in terminalreporter.stats.get("skipped", []) if REASON in str(report.longrepr)
    ]
    if skipped:
        terminalreporter.section("REAL GOLD ABSENT", yellow=True, bold=True)
        terminalreporter.line(f"{len(skipped)} tests were skipped. {REASON}", yellow=True)
