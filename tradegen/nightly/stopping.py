"""Signals: SIGTERM stops the nightly job as Ctrl-C does, and which of them came is remembered."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopping:
    """Tells which signal has asked for a stop.

    Steps may set handlers of their own for a while, as a run does to finish its rows in flight; the
    interpreter's wakeup descriptor hears of every signal all the same.
    """

    def __init__(self, heard: int | None) -> None:
        """Read numbers of signals from the descriptor `heard`; None hears nothing."""
        self._heard = heard

    @property
    def exit_code(self) -> int:
        """The code to leave with, as a shell tells of a process that the signal has ended."""
        heard = b""
        if self._heard is not None:
            with suppress(BlockingIOError):
                heard = os.read(self._heard, 4096)
        numbers = [number for number in heard if number in _SIGNALS]
        return 128 + (numbers[0] if numbers else signal.SIGINT)


@contextmanager
def stopping_on_signals() -> Iterator[Stopping]:
    """Let SIGINT and SIGTERM raise `KeyboardInterrupt` in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield Stopping(None)
        return
    heard, wakeup = os.pipe()
    for end in (heard, wakeup):
        os.set_blocking(end, False)
    before = {number: signal.signal(number, _stop) for number in _SIGNALS}
    woken_before = signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
    try:
        yield Stopping(heard)
    finally:
        signal.set_wakeup_fd(woken_before)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(heard)
        os.close(wakeup)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
