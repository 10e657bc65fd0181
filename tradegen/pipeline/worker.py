"""Worker processes: make attempts for the process that writes the ledger.

Run as `python -m tradegen.pipeline.worker FD [FD ...]` with one connected socket a worker. The
heavy imports and what the engine learns are paid once, then the process forks. The first message
on the first socket is a `Setup`; after that, lists of `Task` come in on every socket, and
`Delivery` messages go out.
"""

import asyncio
import ctypes
import gc
import os
import signal
import socket
import sys
import threading

import scipy.spatial
import scipy.special  # noqa: F401  (loaded here, while the parent is still reading gold)

from tradegen.graph.build import RowGraph, build_graph
from tradegen.graph.state import Pipeline
from tradegen.pipeline.crew import Crew
from tradegen.pipeline.messages import Delivery, Setup, receive, send

_RARELY = 200_000
_PR_SET_PDEATHSIG = 1


async def _serve(
    connection: socket.socket, graph: RowGraph, pipeline: Pipeline, in_flight: int
) -> None:
    """Make attempts until the other side closes, which ends this process."""
    loop = asyncio.get_running_loop()

    def deliver(delivery: Delivery) -> None:
        try:
            send(connection, delivery)
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


def _end_with_parent(parent: int) -> None:
    """Let the kernel kill this process when its parent ends, whatever an engine does meanwhile.

    Elsewhere than on Linux the end of the connection has to do.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it has ended already
        os._exit(0)


def collect_garbage_rarely() -> None:
    """Spare the garbage collector: a row makes thousands of objects, nearly all short-lived."""
    gc.collect()
    gc.freeze()  # what is loaded by now stays; forked workers share it
    gc.set_threshold(_RARELY, 20, 20)


def main(descriptors: list[int]) -> None:
    """Fork one worker for each socket and serve until they are closed."""
    _end_with_parent(os.getppid())
    connections = [socket.socket(fileno=descriptor) for descriptor in descriptors]
    try:
        setup: Setup = receive(connections[0])
    except EOFError:  # the run could not be prepared; its own process says why
        return
    graph, model = build_graph(), setup.blueprint.learn()
    collect_garbage_rarely()
    mine, head = 0, os.getpid()
    for k in range(1, len(connections)):
        if os.fork() == 0:
            _end_with_parent(head)
            mine = k
            break
    for k, connection in enumerate(connections):
        if k != mine:
            connection.close()
    pipeline = setup.blueprint.pipeline(model)
    asyncio.run(_serve(connections[mine], graph, pipeline, setup.in_flight))


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]])
