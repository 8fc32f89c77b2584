"""The web server's side of a socket, with what it lacks against clients that mean no good or have died."""

import socket
from asyncio import BaseTransport
from typing import Any

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request

EXTENSION = "station.socket"
"""In the scope of a socket: `send`, which sends whole frames as they are, and `abort`, which ends the connection at
once, whatever is still to be sent."""

_GOING_AWAY = 1001
_POLICY_VIOLATION = 1008
_LINGER = 1.0
_HELD = 2**17
"""Bytes that the kernel holds for a client."""
_FRAMES = 100
"""Frames a second that are no messages of their own: pings, pongs and the parts of a message."""


class SocketProtocol(WebSocketsSansIOProtocol):
    """A socket's connection.

    The server it derives from waits for a client to take what was written before it lets go of it, which a client that
    reads nothing never does, and answers every ping, however many come.
    """

    def __init__(self, *words: Any, **named: Any) -> None:  # noqa: ANN401 - whatever the server gives
        """Take what the server gives."""
        super().__init__(*words, **named)
        self.close_timeout = 2.0
        self._second = 0.0
        self._frames = 0

    def connection_made(self, transport: BaseTransport) -> None:
        """Take over a connection."""
        super().connection_made(transport)
        # What the kernel holds for a slow client can be neither summed up nor taken back.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _HELD)

    async def send(self, message: ASGISendEvent) -> None:
        """Send a message, or close."""
        await super().send(message)
        if message["type"] == "websocket.close":
            self._let_go()
        elif message["type"] == "websocket.http.response.body":
            self.handshake_complete = True  # refused, which the server would log as an answer that is missing

    async def send_frames(self, frames: bytes) -> None:
        """Send whole frames as they are; waits while the client takes nothing.

        Raises:
            ClientDisconnected: If the connection is over.
        """
        await self.writable.wait()
        if self.disconnected or self.close_sent or self.transport.is_closing():
            raise ClientDisconnected
        self.transport.write(frames)

    def handle_parser_exception(self) -> None:
        """Close because of what the client sent.

        What it goes on sending is read and thrown away for a moment: closed at once, the connection would be reset, and
        the client would not learn why.
        """
        close = self.conn.close_sent
        code, reason = (close.code, close.reason) if close is not None else (_POLICY_VIOLATION, "")
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.stop_keepalive()
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_timer = self.loop.call_later(_LINGER, self.transport.close)
        self._let_go()

    def keepalive_timeout(self) -> None:
        """Close because the client is dead."""
        super().keepalive_timeout()
        self._let_go()

    def handle_connect(self, event: Request) -> None:
        """Begin a connection."""
        super().handle_connect(event)
        if hasattr(self, "scope"):
            extensions: dict[str, Any] = self.scope["extensions"] or {}
            extensions[EXTENSION] = {"send": self.send_frames, "abort": self.transport.abort}

    def handle_cont(self, event: Frame) -> None:
        """Take a further part of a message."""
        if self._may_come():
            super().handle_cont(event)

    def handle_ping(self) -> None:
        """Answer a ping, where the client takes answers."""
        if not self._may_come():
            return
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def handle_pong(self, event: Frame) -> None:
        """Take an answer to our own ping."""
        if self._may_come():
            super().handle_pong(event)

    def shutdown(self) -> None:
        """Say that the station goes down."""
        self.stop_keepalive()
        if not self.handshake_complete:
            super().shutdown()
            return
        if not self.close_sent:
            self.queue.put_nowait({"type": "websocket.disconnect", "code": _GOING_AWAY})
            self.conn.send_close(_GOING_AWAY)
            self.close_sent = True
            self.transport.write(b"".join(self.conn.data_to_send()))
        if self.close_timer is not None:
            self.close_timer.cancel()
            self.close_timer = None
        if self.writable.is_set():
            self.transport.close()
        else:
            self.transport.abort()

    def _let_go(self) -> None:
        """Be rid of the connection soon, even if the client never takes what was written."""
        self.loop.call_later(self.close_timeout + 1, self.transport.abort)

    def _may_come(self) -> bool:
        now = self.loop.time()
        if now - self._second >= 1:
            self._second, self._frames = now, 0
        self._frames += 1
        if self._frames <= _FRAMES:
            return True
        if not self.close_sent:
            self.conn.fail(_POLICY_VIOLATION, "TOO_MANY_REQUESTS")
            self.handle_parser_exception()
        return False
