"""Worker processes: make attempts for the process that writes the ledger.

Run as `python -m tradegen.pipeline.worker FD [FD ...]` with one connected socket a worker. The
heavy imports and what the engine learns are paid once, then the process forks. The first message
on the first socket is a `Setup`; after that, lists of `Task` come in on every socket, and
`Delivery` messages go out.
"""

import asyncio
import contextlib
import gc
import os
import socket
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import scipy.spatial
import scipy.special  # noqa: F401  (loaded here, while the parent is still reading gold)

from tradegen.errors import TradegenError
from tradegen.graph.build import RowGraph, build_graph
from tradegen.graph.state import Pipeline
from tradegen.parent import end_with_parent
from tradegen.pipeline.crew import Crew
from tradegen.pipeline.messages import Crash, Delivery, Setup, WorkerEnded, receive, send

_RARELY = 200_000
_SAYING = threading.Lock()


def _say(connection: socket.socket, message: object) -> None:
    """Send a message whole, though other threads may be sending too."""
    with _SAYING:
        send(connection, message)


async def _serve(
    connection: socket.socket, graph: RowGraph, pipeline: Pipeline, in_flight: int
) -> None:
    """Make attempts until the other side closes, which ends this process."""
    loop = asyncio.get_running_loop()

    def deliver(delivery: Delivery) -> None:
        try:
            _say(connection, delivery)
        except OSError:  # nobody waits for it any more
            os._exit(0)

    crew = Crew(graph, pipeline, in_flight, deliver)

    def read() -> None:
        try:
            while True:
                loop.call_soon_threadsafe(crew.submit, receive(connection))
        except (EOFError, OSError):
            os._exit(0)  # from this thread: an engine may be blocking the loop for ever

    threading.Thread(target=read, daemon=True).start()
    await loop.create_future()


def _tell_end(connection: socket.socket, number: int, pid: int) -> None:
    """Wait for a forked worker to end, and say how: only its parent can know."""
    _, status = os.waitpid(pid, 0)
    with contextlib.suppress(OSError):
        _say(connection, WorkerEnded(number, os.waitstatus_to_exitcode(status)))


@contextmanager
def _telling(connection: socket.socket, what: str) -> Iterator[None]:
    """Tell the other side what an engine raises, wait until it has heard it, and end."""
    try:
        yield
    except (Exception, SystemExit) as error:
        if isinstance(error, TradegenError):
            crash = Crash(f"{what}: {error}", error.exit_code)
        else:
            trace = "".join(traceback.format_exception(error))
            crash = Crash(f"{what}: {type(error).__name__}: {error}\n{trace}")
        with contextlib.suppress(OSError):
            _say(connection, crash)
            while connection.recv(1 << 16):  # else the end of another worker may be seen first
                pass
        os._exit(1)


def collect_garbage_rarely() -> None:
    """Spare the garbage collector: a row makes thousands of objects, nearly all short-lived."""
    gc.collect()
    gc.freeze()  # what is loaded by now stays; forked workers share it
    gc.set_threshold(_RARELY, 20, 20)


def main(descriptors: list[int]) -> None:
    """Fork one worker for each socket and serve until they are closed."""
    end_with_parent(os.getppid())
    connections = [socket.socket(fileno=descriptor) for descriptor in descriptors]
    try:
        setup: Setup = receive(connections[0])
    except EOFError:  # the run could not be prepared; its own process says why
        return
    blueprint = setup.blueprint
    with _telling(connections[0], f"engine {blueprint.engine!r} cannot learn from gold"):
        model = blueprint.learn()
    graph = build_graph()
    collect_garbage_rarely()
    mine, head, forked = 0, os.getpid(), {}
    for k in range(1, len(connections)):
        pid = os.fork()
        if pid == 0:
            end_with_parent(head)
            mine = k
            break
        forked[k] = pid
    for k, connection in enumerate(connections):
        if k != mine:
            connection.close()
    if mine == 0:
        for k, pid in forked.items():
            reap = (connections[0], k, pid)
            threading.Thread(target=_tell_end, args=reap, daemon=True).start()
    with _telling(connections[mine], f"engine {blueprint.engine!r} cannot start"):
        pipeline = blueprint.pipeline(model)
    asyncio.run(_serve(connections[mine], graph, pipeline, setup.in_flight))


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]])
