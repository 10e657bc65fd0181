"""`tradegen nightly`."""

import json
from collections.abc import Collection
from datetime import UTC, date, datetime
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from tradegen.cli.console import make_console
from tradegen.errors import InputError, TradegenError
from tradegen.nightly.accepting import accept
from tradegen.nightly.health import UNHEALTHY, check_health
from tradegen.nightly.job import run_nightly
from tradegen.nightly.logs import logging_to_stderr, without_secrets
from tradegen.nightly.secrets import secrets_of
from tradegen.nightly.session import Nightly, exit_code_of
from tradegen.nightly.stopping import stopping_on_signals
from tradegen.nightly.telling import tell_error
from tradegen.settings import Settings, Stated


def nightly_command(
    settings: Settings,
    stated: Stated,
    night: date | None,
    *,
    log_as_json: bool,
    quiet: bool,
    as_json: bool,
) -> int:
    """Bring the night's run to its end and return its exit code."""
    secrets = secrets_of(settings)
    with (
        stopping_on_signals() as stopping,
        logging_to_stderr(as_json=log_as_json, quiet=quiet, secrets=secrets) as log,
    ):
        try:
            outcome = run_nightly(Nightly(settings, stated, log, _now, night, secrets), stopping)
        except KeyboardInterrupt:
            return stopping.exit_code
        except Exception as error:  # of what comes before the work; its own is in the outcome
            code, said = _failed(log, error, secrets)
            told = _as_json(code, said)
            tell_error(settings, error, said, code, log)
        else:
            code = outcome.exit_code
            told = "{}" if outcome.status is None else outcome.status.model_dump_json()
    if as_json:
        print(told)
    return code


def refused_command(error: InputError, *, log_as_json: bool, quiet: bool, as_json: bool) -> int:
    """Log settings that cannot be used as all else is logged, and return the exit code."""
    with logging_to_stderr(as_json=log_as_json, quiet=quiet, secrets=()) as log:
        code, said = _failed(log, error)
    if as_json:
        print(_as_json(code, said))
    return code


def _failed(
    log: FilteringBoundLogger, error: Exception, secrets: Collection[str] = ()
) -> tuple[int, str]:
    """Log an error of which no status tells; return its exit code, and what it says."""
    code, said = exit_code_of(error), without_secrets(str(error), secrets)
    traceback = None if isinstance(error, TradegenError) else error
    log.error("failed", error=type(error).__name__, text=said, exit_code=code, exc_info=traceback)
    return code, said


def _as_json(code: int, said: str) -> str:
    return json.dumps({"error": said, "exit_code": code})


def check_command(settings: Settings) -> int:
    """Say whether the nightly job is well; return 0 if it is."""
    health = check_health(settings.run.folder, settings.nightly, _now())
    make_console().print(health.says)
    return 0 if health.is_well else UNHEALTHY


def accept_command(settings: Settings, run: str) -> int:
    """Take a run as the new measure."""
    accepted = accept(settings.run.folder, settings.nightly.prefix, Path(run).name)
    make_console().print(f"{accepted.run}: accepted; later runs are held against it")
    return 0


def _now() -> datetime:
    return datetime.now(UTC)
