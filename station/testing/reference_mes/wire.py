"""The TCP connection under a request, which ASGI hides: to be closed in order, or cut so that its peer sees RST."""

import asyncio
import socket
import struct
from asyncio.trsock import TransportSocket

from uvicorn.protocols.http.h11_impl import H11Protocol

_LINGER_NOT = struct.pack("ii", 1, 0)
"""SO_LINGER with zero seconds: closing throws away what is unsent and sends RST instead of FIN."""


class Wire:
    """One connection."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.gone = asyncio.Event()

    async def close(self) -> None:
        """Send what is written, then FIN; returns when the connection is gone."""
        self._transport.close()
        await self.gone.wait()

    async def reset(self) -> None:
        """Send RST; what was not sent yet never is."""
        self.cut()
        await self.gone.wait()

    def cut(self) -> None:
        """Send RST, without waiting for the connection to be gone."""
        raw = self._transport.get_extra_info("socket")
        if isinstance(raw, TransportSocket) and not self.gone.is_set():
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self._transport.abort()


class MesProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, handing the connection to the application as `scope["state"]["wire"]`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection and keep it where requests find it."""
        super().connection_made(transport)
        self.wire = Wire(transport)
        self.app_state = {**self.app_state, "wire": self.wire}

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits for the end of the connection."""
        super().connection_lost(exc)
        self.wire.gone.set()
