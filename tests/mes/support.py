"""A real server that misbehaves byte by byte, a clock that stands still, and clients of both."""

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from station.config.model import BackendSection
from station.domain.clock import Clock
from station.mes.breaker import BreakerListener
from station.mes.client import MesClient, make_client

T0 = datetime(2026, 1, 5, 9, 0, 0, 123456, tzinfo=UTC)
WIP = {"id": 7, "wip_id": "WIP-KR01PSA2511-001", "status": "IN_PROGRESS", "current_process_id": 1}
PATIENCE = 30.0
"""Seconds: the timeout of a client that gets an answer or an end; a short one is for what comes to neither."""
GOOD = {"scan": WIP, "start-process": {"wip_item": WIP, "message": "ok"}}


class StillClock:
    """Time that passes only where somebody waits, and then at once."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.waits: list[float] = []

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return T0 + timedelta(seconds=self.seconds)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)


@dataclass
class Request:
    """A request as it came in, and over which connection."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]
"""Writes an answer, or what takes its place; afterwards the connection is closed if the writer is."""


def raw(data: bytes, *, close: bool = False) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        if close:
            writer.close()

    return answer


def http(status: int, body: object = None, headers: Mapping[str, str] | None = None) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    all_headers = {"Content-Type": "application/json", "Content-Length": str(len(content)), **(headers or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in all_headers.items())
    return raw(f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + content)


def html(status: int = 200) -> Answer:
    return http(status, b"<html><body>Bad Gateway</body></html>", {"Content-Type": "text/html"})


def half_body() -> Answer:
    return raw(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"id": 7, "wip', close=True)


def garbage() -> Answer:
    return raw(b"\x00\xff\x13\x37 no HTTP at all\r\n\r\n", close=True)


def goodbye(body: object) -> Answer:
    """A good answer, after which the connection is closed although nobody said so."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        await http(200, body)(writer)
        _reset(writer)

    return answer


async def reset(writer: asyncio.StreamWriter) -> None:
    _reset(writer)


async def silence(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def trickle(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


def _reset(writer: asyncio.StreamWriter) -> None:
    link: socket.socket = writer.get_extra_info("socket")
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@dataclass
class Server:
    """Gives the answers of its script one by one, the last one for ever."""

    script: list[Answer]
    url: str = ""
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    def on_connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._serve(reader, writer, self.connections))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int) -> None:
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                while not writer.is_closing():
                    request = await _read(reader, connection)
                    self.requests.append(request)
                    await (self.script.pop(0) if len(self.script) > 1 else self.script[0])(writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def _read(reader: asyncio.StreamReader, connection: int) -> Request:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, path, headers, body, connection)


@contextlib.asynccontextmanager
async def serving(*script: Answer) -> AsyncIterator[Server]:
    server = Server(list(script))
    listener = await asyncio.start_server(server.on_connect, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listener.close()
        await server.close()


@contextlib.asynccontextmanager
async def calling(
    url: str, clock: Clock | None = None, listeners: tuple[BreakerListener, ...] = (), **settings: Any
) -> AsyncIterator[MesClient]:
    client = make_client(backend(url, **settings), station_id="station-1", clock=clock, listeners=listeners)
    try:
        yield client
    finally:
        await client.close()


def backend(url: str, **settings: Any) -> BackendSection:
    return BackendSection.model_validate({"url": url, "timeout": 5, "breaker": {"threshold": 1000}, **settings})


NEUROHUB: dict[str, Any] = {
    "profile": "neurohub",
    "auth": "jwt",
    "username": "operator",
    "password": "operator",
    "rate_limit": 100_000,
}
DOCUMENTED: dict[str, Any] = {"api_key": "reference-key"}
SETTINGS = {"documented": DOCUMENTED, "neurohub": NEUROHUB}


def later(seconds: float) -> datetime:
    """A time of the test's run, with its microseconds."""
    return T0 + timedelta(seconds=seconds)
