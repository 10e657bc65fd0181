"""What passes between the process that writes the ledger and those that make attempts."""

import pickle
import socket
import struct
from dataclasses import dataclass
from typing import Any

from tradegen.data.ledger import Attempt
from tradegen.errors import EngineUnavailableError, InputError, StorageError, TradegenError
from tradegen.pipeline.blueprint import Blueprint

_LENGTH = struct.Struct("<Q")


@dataclass(frozen=True)
class Setup:
    """What workers are told once: how to build the pipeline, and how many rows to have at once."""

    blueprint: Blueprint
    in_flight: int


@dataclass(frozen=True, slots=True)
class Task:
    """One attempt to be made."""

    row_number: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Crash:
    """Why attempts cannot be made any more."""

    message: str
    exit_code: int = TradegenError.exit_code

    def error(self) -> TradegenError:
        """Return the crash as an error to raise."""
        kinds = (InputError, EngineUnavailableError, StorageError)
        kind = next((kind for kind in kinds if kind.exit_code == self.exit_code), TradegenError)
        return kind(self.message)


@dataclass(frozen=True, slots=True)
class WorkerEnded:
    """A forked worker has ended: its number in its group, and its status as `subprocess` has it."""

    number: int
    status: int


Delivery = list[Attempt] | Crash


def send(connection: socket.socket, message: object) -> None:
    """Send one message. Raises `OSError` if the other side has closed."""
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    connection.sendall(_LENGTH.pack(len(data)) + data)


def receive(connection: socket.socket) -> Any:
    """Wait for one message. Raises `EOFError` once the other side has closed."""
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    return pickle.loads(_exactly(connection, length))  # noqa: S301  (from our own processes only)


def _exactly(connection: socket.socket, length: int) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        part = connection.recv(min(length - len(parts), 1 << 20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
