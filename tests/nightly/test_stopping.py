"""Signals: both stop the job, and which one it was is known in the end."""

import os
import signal
import threading
from types import FrameType

import pytest

from tradegen.nightly.stopping import stopping_on_signals


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_interrupts_and_is_remembered(number: signal.Signals, code: int) -> None:
    before = signal.getsignal(number)
    with stopping_on_signals() as stopping:
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
        assert stopping.exit_code == code
    assert signal.getsignal(number) is before


def test_a_signal_is_known_though_a_step_has_a_handler_of_its_own() -> None:
    heard = threading.Event()

    def finish_rows(_number: int, _frame: FrameType | None) -> None:
        heard.set()

    with stopping_on_signals() as stopping:
        before = signal.signal(signal.SIGTERM, finish_rows)
        os.kill(os.getpid(), signal.SIGTERM)
        assert heard.wait(1)
        signal.signal(signal.SIGTERM, before)
        assert stopping.exit_code == 143


def test_outside_the_main_thread_nothing_is_changed() -> None:
    before = signal.getsignal(signal.SIGTERM)
    found = []

    def elsewhere() -> None:
        with stopping_on_signals() as stopping:
            found.append((signal.getsignal(signal.SIGTERM), stopping.exit_code))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert found == [(before, 130)]
