"""Lines over a TCP connection, which is dropped and made again whenever an answer was missed."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from station.hardware.transports.line import MAX_LINE, LineTransport

CHECK = "check the network cable, the instrument's power, and `host` and `port` in its settings"


class TcpTransport(LineTransport):
    """Lines over one TCP connection.

    A late answer belongs to the connection its question was asked on: so after a timeout, a cancel or nonsense the
    connection is dropped, and the next exchange makes a new one.

    Args:
        host: Name or address; write 127.0.0.1, not localhost, which may be another address first.
        port: TCP port, often 5025 for SCPI.
        timeout: Longest time for an exchange, a new connection included.
        terminator: Line end, both ways.
    """

    def __init__(
        self,
        host: str,
        port: int,
        timeout: timedelta = timedelta(seconds=2),
        terminator: bytes = b"\n",
    ) -> None:
        super().__init__(f"{host}:{port}", timeout, terminator)
        self.host = host
        self.port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @property
    def is_open(self) -> bool:
        """Whether the connection is open, as far as is known without asking."""
        return self._streams is not None

    async def _connect(self, deadline: float) -> None:
        try:
            async with asyncio.timeout_at(deadline):
                self._streams = await asyncio.open_connection(self.host, self.port, limit=MAX_LINE)
        except TimeoutError as error:
            raise self._lost(f"no connection within {self.timeout.total_seconds():g} s", CHECK) from error
        except OSError as error:
            raise self._lost(error.strerror or error, CHECK) from error
        handle: socket.socket | None = self._streams[1].get_extra_info("socket")
        if handle is not None:
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    async def _disconnect(self) -> None:
        streams, self._streams = self._streams, None
        if streams is None:
            return
        streams[1].close()
        with suppress(OSError, TimeoutError):  # a lost connection is closed all the same
            async with asyncio.timeout(self.timeout.total_seconds()):
                await streams[1].wait_closed()

    def _abandon(self) -> None:
        self._streams = None

    async def _send(self, line: str, data: bytes, deadline: float) -> None:
        async with self._guarded(line, deadline) as (_, writer):
            writer.write(data)
            await writer.drain()

    async def _ask(self, line: str, data: bytes, deadline: float) -> bytes:
        received = bytearray()
        async with self._guarded(line, deadline, received) as (reader, writer):
            writer.write(data)
            await writer.drain()
            while self.terminator not in received:
                chunk = await reader.read(MAX_LINE)
                if not chunk:
                    raise self._cut(line, received)
                received += chunk
                if len(received) > MAX_LINE:
                    raise self._fault(line, f"was answered with more than {MAX_LINE} bytes")
            answer, _, rest = bytes(received).partition(self.terminator)
            if rest.strip():  # which of the two lines is the answer? nobody can tell
                raise self._fault(line, f"was answered with more than one line: {bytes(received[:40])!r}")
        return answer

    @asynccontextmanager
    async def _guarded(
        self, line: str, deadline: float, received: bytearray | None = None
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """The streams of a clean connection; whatever leaves this block as an exception drops the connection."""
        whole = False
        try:
            async with asyncio.timeout_at(deadline):
                if not await self._is_clean():
                    self._drop()
                    await self._connect(deadline)
                if self._streams is None:  # pragma: no cover - _connect sets it or raises
                    raise self._lost("no connection", CHECK)
                yield self._streams
            whole = True
        except TimeoutError as error:
            raise self._silence(line, received or b"") from error
        except OSError as error:
            raise self._lost(error.strerror or error, CHECK) from error
        finally:
            if not whole:
                self._drop()

    async def _is_clean(self) -> bool:
        """Whether nothing lies in the connection that nobody asked for.

        Raises:
            HardwareConnectionError: The instrument has closed the connection since the last exchange.
        """  # noqa: DOC502 - made by _lost
        if self._streams is None:
            return False
        try:
            async with asyncio.timeout(0):  # returns at once what is there, or the end of the stream
                unasked = await self._streams[0].read(MAX_LINE)
        except TimeoutError:
            return True
        if not unasked:
            # Reported, not repaired in silence: the instrument may have restarted with its outputs off.
            raise self._lost("it has closed the connection", CHECK)
        return not unasked.strip()

    def _cut(self, line: str, received: bytearray) -> Exception:
        if received:
            return self._fault(
                line, f"got only part of an answer before the connection closed: {bytes(received[:40])!r}"
            )
        return self._lost(f"it closed the connection during {line!r}", CHECK)

    def _drop(self) -> None:
        streams, self._streams = self._streams, None
        if streams is not None:
            streams[1].transport.abort()
