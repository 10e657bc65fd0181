"""Patience: work that another machine may hold up for ever is waited for only so long."""

import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import TypeVar

Result = TypeVar("Result")
Otherwise = TypeVar("Otherwise")


def within(seconds: float, work: Callable[[], Result], otherwise: Otherwise) -> Result | Otherwise:
    """Return what `work` returns, or `otherwise` if that takes longer.

    Time limits of sockets are no such limit: a server that sends a byte now and then keeps to them
    for ever. What takes longer is left behind, in a thread that ends with the process.
    """
    returned: list[Result] = []
    here = copy_context()  # what the log binds
    thread = threading.Thread(target=lambda: returned.append(here.run(work)), daemon=True)
    thread.start()
    thread.join(seconds)
    return returned[0] if returned else otherwise
