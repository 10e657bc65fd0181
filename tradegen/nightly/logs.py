"""Logs of the nightly job: one JSON object a line on stderr, whoever writes there."""

import io
import logging
import os
import sys
import threading
import traceback
from collections.abc import Collection, Iterator, MutableMapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, TextIO

import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.typing import FilteringBoundLogger, Processor

_STDERR = 2
_HIDDEN = "***"
_LEAST_SECRET = 4
_DRAIN_S = 1.0
_FIRST = ("timestamp", "level", "event", "run", "step")
_LOGGER = "tradegen.nightly"

bound = bound_contextvars
"""Bind fields that every line of a block carries."""


@contextmanager
def logging_to_stderr(
    *, as_json: bool, quiet: bool, secrets: Collection[str]
) -> Iterator[FilteringBoundLogger]:
    """Yield a log; what libraries warn of, and what other code and processes print, goes there too.

    `quiet` leaves out what is neither a warning nor an error. `secrets` never appear.
    """
    with ExitStack() as stack:
        stray = _Stray() if as_json and _is_the_real_one(sys.stderr) else None
        stream = sys.stderr if stray is None else stray.real
        handler = _Lasting(stream)
        handler.setFormatter(_formatter(stream, as_json=as_json, secrets=secrets))
        stack.callback(structlog.reset_defaults)
        stack.enter_context(_root_logger(handler, quiet=quiet))
        structlog.configure(
            processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
            wrapper_class=structlog.stdlib.BoundLogger,
            logger_factory=structlog.stdlib.LoggerFactory(),
        )
        log: FilteringBoundLogger = structlog.get_logger(_LOGGER)
        if stray is not None:
            stray.tell(log)
            stack.callback(stray.give_back)  # before the log has gone
        yield log


def _shared() -> list[Processor]:
    return [
        merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _formatter(
    stream: TextIO, *, as_json: bool, secrets: Collection[str]
) -> structlog.stdlib.ProcessorFormatter:
    known = sorted({one for one in secrets if len(one) >= _LEAST_SECRET}, key=len, reverse=True)

    def hide(_logger: object, _name: str, event: MutableMapping[str, Any]) -> Any:
        return _without(event, known)

    rendered: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=stream.isatty())
    )
    meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_shared(), structlog.stdlib.add_logger_name],
        processors=[meta, _tidied, hide, rendered],
    )


def _tidied(
    _logger: object, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Let the traceback of an error be text like any other, and put first what every line has."""
    told = event.pop("exc_info", None)
    if told:
        kind = told if isinstance(told, tuple) else sys.exc_info()
        event["traceback"] = "".join(traceback.format_exception(*kind))
    return {name: event[name] for name in _FIRST if name in event} | dict(event)


class _Lasting(logging.StreamHandler[TextIO]):
    """Writes for as long as it can: the nightly job goes on without its reader."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (logging's name)
        """Lose the line."""


def _without(value: Any, secrets: Collection[str]) -> Any:
    """Return a value with secrets hidden wherever they stand in it."""
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, _HIDDEN)
        return value
    if isinstance(value, dict):
        return {key: _without(one, secrets) for key, one in value.items()}
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        parts = [_without(one, secrets) for one in value]
        return parts if isinstance(value, list) else tuple(parts)
    return value


def without_secrets(text: str, secrets: Collection[str]) -> str:
    """Return text with secrets hidden."""
    return str(_without(text, [one for one in secrets if len(one) >= _LEAST_SECRET]))


@contextmanager
def _root_logger(handler: logging.Handler, *, quiet: bool) -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger(_LOGGER)
    before, levels = root.handlers[:], (root.level, ours.level)
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    ours.setLevel(logging.WARNING if quiet else logging.INFO)
    logging.captureWarnings(capture=True)
    try:
        yield
    finally:
        logging.captureWarnings(capture=False)
        root.handlers[:] = before
        root.setLevel(levels[0])
        ours.setLevel(levels[1])


def _is_the_real_one(stream: TextIO) -> bool:
    with suppress(OSError, io.UnsupportedOperation, ValueError):
        return stream.fileno() == _STDERR
    return False


class _Stray:
    """What is written to the descriptor of stderr, past every log, by C code and other processes.

    Each line becomes one of the log's; the log itself writes to `real`.
    """

    def __init__(self) -> None:
        """Take stderr from now on."""
        self._heard, taken = os.pipe()
        was = os.dup(_STDERR)
        sys.stderr.flush()
        os.dup2(taken, _STDERR)
        os.close(taken)
        self.real = os.fdopen(was, "w", encoding="utf-8", errors="replace", buffering=1)
        self._thread: threading.Thread | None = None

    def tell(self, log: FilteringBoundLogger) -> None:
        """Log what comes in, from another thread."""
        self._thread = threading.Thread(target=self._tell, args=(log,), daemon=True)
        self._thread.start()

    def _tell(self, log: FilteringBoundLogger) -> None:
        rest = b""
        while read := os.read(self._heard, 65536):
            *lines, rest = (rest + read).split(b"\n")
            for line in lines:
                _tell_line(log, line)
        _tell_line(log, rest)

    def give_back(self) -> None:
        """Give stderr back, and wait a moment for what is still to be told."""
        sys.stderr.flush()
        os.dup2(self.real.fileno(), _STDERR)
        if self._thread is not None:
            self._thread.join(_DRAIN_S)  # a process that lingers may hold the other end
            if self._thread.is_alive():
                return
        self.real.close()
        os.close(self._heard)


def _tell_line(log: FilteringBoundLogger, line: bytes) -> None:
    if text := line.decode("utf-8", "replace").strip():
        log.warning("stderr", text=text)
