"""The fleet: worker processes that make attempts for the process that writes the ledger."""

import bisect
import contextlib
import math
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from tradegen.data.ledger import Attempt
from tradegen.errors import EngineUnavailableError, TradegenError
from tradegen.graph.tracing import environment_of_graphs
from tradegen.pipeline.blueprint import Blueprint
from tradegen.pipeline.messages import Delivery, Setup, Task, WorkerEnded, receive, send
from tradegen.threads import ONE_THREAD

_ROWS_WORTH_A_WORKER = 250
_PATIENCE_S = 5.0
_STATUS_WITHIN_S = 2.0


def usual_workers(n: int) -> int:
    """Return how many processes suit a run of `n` rows on this machine."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(cores or 1, n // _ROWS_WORTH_A_WORKER))


class Fleet:
    """Worker processes connected by sockets; see `worker`.

    They begin to load at once, while the caller goes on to prepare the run.
    """

    def __init__(self, workers: int, in_flight: int, *, tracing: bool = False) -> None:
        """Start the processes; each will have up to `in_flight` rows under way.

        With `tracing` they may send what they do to LangSmith.
        """
        self._in_flight = in_flight
        pairs = [socket.socketpair() for _ in range(workers)]
        self._sockets = [ours for ours, _ in pairs]
        theirs = [their.fileno() for _, their in pairs]
        # Elsewhere than on Linux a process that has loaded its libraries cannot safely fork.
        groups = [theirs] if sys.platform == "linux" else [[one] for one in theirs]
        self._heads = [theirs.index(group[0]) for group in groups]
        self._processes = [_start_process(group, tracing) for group in groups]
        for _, their in pairs:
            their.close()
        self._started = False
        self._failure: TradegenError | None = None
        self._outstanding = [0] * workers
        self._statuses: dict[int, int] = {}
        self._deliveries: queue.SimpleQueue[tuple[int, Delivery | None]] = queue.SimpleQueue()

    def start(self, blueprint: Blueprint) -> None:
        """Say what the attempts need. Called once, before the first `submit`."""
        self._started = True
        setup = Setup(blueprint, self._in_flight)
        for k in self._heads:
            self._send(k, setup)
        for k in range(len(self._sockets)):
            threading.Thread(target=self._listen, args=(k,), daemon=True).start()

    def room(self) -> int:
        """Return how many more attempts can be taken on now."""
        if self._failure:
            return 0
        return sum(self._room_of(k) for k in range(len(self._sockets)))

    def _room_of(self, k: int) -> int:
        return max(2 * self._in_flight - self._outstanding[k], 0)

    def submit(self, tasks: Sequence[Task]) -> None:
        """Take on attempts. Each worker gets a slice of the row numbers, the idlest first."""
        rest = list(tasks)
        share = math.ceil(len(rest) / len(self._sockets))
        while rest:
            k = min(range(len(self._sockets)), key=self._outstanding.__getitem__)
            size = min(self._in_flight, share, max(self._room_of(k), 1))
            part, rest = rest[:size], rest[size:]
            self._outstanding[k] += len(part)
            self._send(k, part)

    def collect(self, timeout: float) -> list[Attempt]:
        """Wait up to `timeout` seconds for attempts that have ended, and return them.

        Raises `TradegenError` if attempts cannot be made any more, but only once all that have
        ended were returned.
        """
        ended: list[Attempt] = []
        with contextlib.suppress(queue.Empty):
            if not self._failure:
                ended += self._take(*self._deliveries.get(timeout=timeout))
            while self._failure:
                ended += self._take(*self._deliveries.get_nowait())
        if self._failure and not ended:
            raise self._failure
        return ended

    def _take(self, k: int, delivery: Delivery | None) -> list[Attempt]:
        if isinstance(delivery, list):
            self._outstanding[k] -= len(delivery)
            return delivery
        if not self._failure:
            self._failure = delivery.error() if delivery else self._died(k)
        return []

    def close(self) -> None:
        """Stop the processes; attempts under way are forgotten."""
        if not self._started:
            for process in self._processes:
                process.kill()
        for connection in self._sockets:
            with contextlib.suppress(OSError):  # closing alone would not end a thread's recv
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        deadline = time.monotonic() + _PATIENCE_S
        for process in self._processes:
            _end_group(process, max(deadline - time.monotonic(), 0.1))

    def _send(self, k: int, message: object) -> None:
        with contextlib.suppress(OSError):  # it has died: its listener says so, after all it made
            send(self._sockets[k], message)

    def _listen(self, k: int) -> None:
        try:
            while True:
                message = receive(self._sockets[k])
                if isinstance(message, WorkerEnded):
                    self._statuses[k + message.number] = message.status
                else:
                    self._deliveries.put((k, message))
        except (EOFError, OSError):
            self._deliveries.put((k, None))

    def _died(self, k: int) -> EngineUnavailableError:
        status = self._status(k)
        advice = ""
        if status in (None, -signal.SIGKILL):
            advice = "; was it killed for want of memory? Fewer --workers need less"
        return EngineUnavailableError(
            f"a worker process ended unexpectedly ({_in_words(status)}); nothing accepted is lost"
            f"{advice}"
        )

    def _status(self, k: int) -> int | None:
        """Return how a worker whose connection has closed has ended, if that is soon known."""
        head = bisect.bisect_right(self._heads, k) - 1
        deadline = time.monotonic() + _STATUS_WITHIN_S
        while time.monotonic() < deadline:
            status = self._processes[head].poll()  # if the head dies, its forks die with it
            if status is None:
                status = self._statuses.get(k)
            if status is not None:
                return status
            time.sleep(0.01)
        return None


def _in_words(status: int | None) -> str:
    if status is None:
        return "how is not known"
    if status >= 0:
        return f"ended with exit status {status}"
    return f"killed by signal {-status} ({signal.Signals(-status).name})"


def _end_group(process: "subprocess.Popen[bytes]", patience_s: float) -> None:
    """Wait for a process to end, then kill it and what it has forked, if anything is left."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(patience_s)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_PATIENCE_S)


def _start_process(descriptors: Sequence[int], tracing: bool) -> "subprocess.Popen[bytes]":
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)
    inherited = environment_of_graphs(tracing=tracing)
    environment = {**inherited, "PYTHONPATH": path, **ONE_THREAD}
    command = [sys.executable, "-m", "tradegen.pipeline.worker", *map(str, descriptors)]
    return subprocess.Popen(  # noqa: S603  (our own module, with our own numbers)
        command,
        pass_fds=descriptors,
        env=environment,
        stdin=subprocess.DEVNULL,
        process_group=0,  # Ctrl-C in the terminal is for the process that writes the ledger
    )
