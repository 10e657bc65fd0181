"""What ChatNVIDIA takes for an aiohttp session of its own: a loan of the one we keep."""

from collections.abc import Mapping
from typing import Protocol

from tradegen.engines.nim.transport.answer import Answer


class Carrier(Protocol):
    """Takes requests to the endpoint."""

    async def post(
        self, url: str, headers: Mapping[str, str], payload: Mapping[str, object]
    ) -> Answer:
        """Send a payload as JSON."""

    async def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        """Ask for what is at an address."""


class LentSession:
    """Stands in for `aiohttp.ClientSession`, as far as ChatNVIDIA's async client uses it.

    Put `transport.lend` into `model._async_client.get_async_session_fn`. The field is private:
    `tests/engines/nim/transport/test_chat_nvidia.py` guards that it is still used so.
    """

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier

    async def post(
        self, url: str, headers: Mapping[str, str], json: Mapping[str, object]
    ) -> Answer:
        """Post through the transport."""
        return await self._carrier.post(url, headers, json)

    async def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        """Get through the transport: ChatNVIDIA polls so after a 202."""
        return await self._carrier.get(url, headers)

    async def close(self) -> None:
        """Do nothing: the session is only lent."""
