"""A TCP proxy on loopback that takes the network away, in every way a network fails, and gives it back."""

import asyncio
import socket
import struct
from contextlib import suppress
from enum import StrEnum
from typing import Self

HOST = "127.0.0.1"
CHUNK = 64 * 1024
_LINGER_NOT = struct.pack("ii", 1, 0)
"""SO_LINGER with zero seconds: closing sends RST instead of FIN."""


class ProxyMode(StrEnum):
    """What becomes of the bytes."""

    PASS = "pass"  # noqa: S105 - a mode
    """They go through."""
    REFUSE = "refuse"
    """Nobody listens: connections are refused, those that were open are reset."""
    BLACKHOLE = "blackhole"
    """Connections are accepted, nothing is answered; those that were open fall silent. Once it is over, what was said
    goes through late, unless whoever said it has given up."""
    RESET = "reset"
    """The connection is reset after so many bytes of the answer, 0: as soon as the client has said something."""
    DELAY = "delay"
    """Every piece of an answer is late."""
    THROTTLE = "throttle"
    """Answers come at so many bytes per second."""


class FaultProxy:
    """Listens on a port of its own and passes everything on to the server; an async context manager.

    Each mode holds for connections that are open and for those to come, until the next one is set.

    Args:
        port: Port of the server.
        host: Address of the server.
        listen_port: Port to listen on; 0: the system chooses a free one.

    Attributes:
        port: Where it listens, the same for its whole life.
        url: The same as the start of a web address.
        mode: What becomes of the bytes now.
        connections: How many connections were accepted so far.
    """

    def __init__(self, port: int, host: str = HOST, listen_port: int = 0) -> None:
        self.mode = ProxyMode.PASS
        self.port = listen_port
        self.connections = 0
        self._target = (host, port)
        self._after = 0
        self._seconds = 0.0
        self._rate = 0.0
        self._server: asyncio.Server | None = None
        self._pairs: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._changed = asyncio.Event()

    @property
    def url(self) -> str:
        """Where clients find the server through this proxy."""
        return f"http://{HOST}:{self.port}"

    async def __aenter__(self) -> Self:
        await self._listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop_listening()
        await self.cut()

    async def heal(self) -> None:
        """Let everything through again; silent connections go on where they stopped."""
        await self._switch(ProxyMode.PASS)

    async def refuse(self) -> None:
        """The server's port is closed."""
        await self._switch(ProxyMode.REFUSE)

    async def blackhole(self) -> None:
        """The server takes connections and says nothing."""
        await self._switch(ProxyMode.BLACKHOLE)

    async def reset(self, after: int = 0) -> None:
        """Connections are reset after so many bytes of each one's answers."""
        self._after = after
        await self._switch(ProxyMode.RESET)

    async def delay(self, seconds: float) -> None:
        """Answers are late by so many seconds."""
        self._seconds = seconds
        await self._switch(ProxyMode.DELAY)

    async def throttle(self, bytes_per_second: float) -> None:
        """Answers come slowly."""
        self._rate = bytes_per_second
        await self._switch(ProxyMode.THROTTLE)

    async def cut(self) -> None:
        """Reset every open connection once; the mode stays."""
        tasks = list(self._pairs)
        for writer in self._pairs.values():
            _reset(writer)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _switch(self, mode: ProxyMode) -> None:
        self.mode = mode
        self._changed.set()
        self._changed = asyncio.Event()
        if mode is ProxyMode.REFUSE:
            await self._stop_listening()
            await self.cut()
        else:
            await self._listen()

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, HOST, self.port, reuse_address=True)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _stop_listening(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or self._server is None:  # accepted while the port was being closed
            _reset(writer)
            return
        self.connections += 1
        self._pairs[task] = writer
        try:
            with suppress(OSError, asyncio.CancelledError):  # one of the two is gone, or the connection was cut
                await self._connect(reader, writer)
        finally:
            del self._pairs[task]
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._unless(ProxyMode.BLACKHOLE)
        try:
            server_reader, server_writer = await asyncio.open_connection(*self._target)
        except OSError:
            _reset(writer)
            return
        questions = asyncio.create_task(self._pass_questions(reader, server_writer, writer))
        answers = asyncio.create_task(self._pass_answers(server_reader, writer))
        try:
            await asyncio.wait({questions, answers}, return_when=asyncio.FIRST_COMPLETED)
            if questions.done() and await questions:
                await answers
        finally:
            server_writer.transport.abort()  # first: what follows may be cut short
            questions.cancel()
            answers.cancel()
            await asyncio.gather(questions, answers, return_exceptions=True)

    async def _pass_questions(
        self, reader: asyncio.StreamReader, server: asyncio.StreamWriter, client: asyncio.StreamWriter
    ) -> bool:
        """Whether the client has said all it has to say, and waits for the rest of the answer."""
        while data := await reader.read(CHUNK):
            if await self._unless(ProxyMode.BLACKHOLE) and reader.at_eof():
                return False  # it gave up meanwhile: what it said is lost with it
            if self.mode is ProxyMode.RESET and self._after == 0:
                _reset(client)
                return False
            server.write(data)
            await server.drain()
        server.write_eof()
        return True

    async def _pass_answers(self, server: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        sent = 0
        while data := await server.read(CHUNK):
            await self._unless(ProxyMode.BLACKHOLE)
            match self.mode:
                case ProxyMode.RESET:
                    left = max(0, self._after - sent)
                    if len(data) >= left:
                        client.write(data[:left])
                        await client.drain()
                        _reset(client)
                        return
                case ProxyMode.DELAY:
                    await self._wait(self._seconds)
                case ProxyMode.THROTTLE:
                    data = await self._send_slowly(data, client)
            client.write(data)
            await client.drain()
            sent += len(data)
        if client.can_write_eof():
            client.write_eof()
        client.close()
        with suppress(OSError):
            await client.wait_closed()

    async def _send_slowly(self, data: bytes, client: asyncio.StreamWriter) -> bytes:
        """Send byte by byte as long as the mode is throttle; returns what is left."""
        while data and self.mode is ProxyMode.THROTTLE:
            client.write(data[:1])
            await client.drain()
            data = data[1:]
            await self._wait(1 / self._rate)
        return data

    async def _unless(self, mode: ProxyMode) -> bool:
        """Wait while a mode lasts; whether there was anything to wait for."""
        waited = self.mode is mode
        while self.mode is mode:
            await self._changed.wait()
        return waited

    async def _wait(self, seconds: float) -> None:
        """Wait for a time, or until the mode changes."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()


def _reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    if raw is not None and not writer.transport.is_closing():
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    writer.transport.abort()
