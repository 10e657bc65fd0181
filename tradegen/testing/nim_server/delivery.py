"""Delivery: puts an answer's bytes on the socket, all of them or as a fault will have it."""

import asyncio
import socket
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from tradegen.testing.nim_server.faults import Fault

DRIPS = 16
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be delivered: one body, or the events of a stream."""

    pieces: Sequence[bytes]
    headers: Mapping[str, str]
    streamed: bool

    @property
    def content_type(self) -> str:
        """The media type of the pieces."""
        return "text/event-stream" if self.streamed else "application/json"


async def deliver(
    request: web.Request, parcel: Parcel, fault: Fault | None, drip_s: float
) -> tuple[web.StreamResponse, bool]:
    """Send a parcel; return the response, and whether all of it went to the socket."""
    if fault is Fault.TRUNCATED:
        return await _break_off(request, parcel), False
    if fault is Fault.SLOW_DRIP:
        body = b"".join(parcel.pieces)
        step = -(-len(body) // DRIPS)
        drips = [body[at : at + step] for at in range(0, len(body), step)]
        response = await _send(request, parcel, drips, drip_s)
    elif parcel.streamed:
        response = await _send(request, parcel, parcel.pieces, 0.0)
    else:
        response = web.Response(
            body=parcel.pieces[0], headers=parcel.headers, content_type=parcel.content_type
        )
        await response.prepare(request)
        await response.write_eof()
    return response, request.transport is not None and not request.transport.is_closing()


def reset(request: web.Request) -> None:
    """Close the connection with a TCP reset."""
    if request.transport is None:
        return
    connection = request.transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    request.transport.abort()


async def _start(request: web.Request, parcel: Parcel) -> web.StreamResponse:
    response = web.StreamResponse(headers=parcel.headers)
    response.content_type = parcel.content_type
    if not parcel.streamed:
        response.content_length = sum(len(piece) for piece in parcel.pieces)
    await response.prepare(request)
    return response


async def _send(
    request: web.Request, parcel: Parcel, pieces: Sequence[bytes], pause_s: float
) -> web.StreamResponse:
    response = await _start(request, parcel)
    for piece in pieces:
        await response.write(piece)
        if pause_s:
            await asyncio.sleep(pause_s)
    await response.write_eof()
    return response


async def _break_off(request: web.Request, parcel: Parcel) -> web.StreamResponse:
    response = await _start(request, parcel)
    body = b"".join(parcel.pieces)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response
