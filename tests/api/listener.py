"""A client of the socket, and somebody who writes events while it listens."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from station.domain.events import EventType
from station.storage.database import Database
from station.storage.events import Events, NewEvent

Message = dict[str, Any]
CONTROL = frozenset({"hello", "subscribed", "ping", "snapshot", "coalesced"})
WITHIN = 15.0


def is_event(message: Message) -> bool:
    return message["type"] not in CONTROL and "id" in message


@dataclass
class Listener:
    """A connection, and everything it has heard."""

    socket: ClientConnection
    heard: list[Message] = field(default_factory=list)

    @property
    def hello(self) -> Message:
        return self.heard[0]

    @property
    def events(self) -> list[Message]:
        return [message for message in self.heard if is_event(message)]

    @property
    def ids(self) -> list[int]:
        return [message["id"] for message in self.events]

    async def say(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def next(self, within: float = WITHIN) -> Message:
        async with asyncio.timeout(within):
            message: Message = json.loads(await self.socket.recv())
        self.heard.append(message)
        return message

    async def until(self, wanted: Callable[[Message], bool], within: float = WITHIN) -> Message:
        """Listen until such a message comes."""
        async with asyncio.timeout(within):
            while not wanted(message := await self.next(within)):
                pass
        return message

    async def until_type(self, type: str, within: float = WITHIN) -> Message:
        return await self.until(lambda message: message["type"] == type, within)

    async def until_id(self, id: int, within: float = WITHIN) -> None:
        """Listen until everything up to an id has been sent."""
        await self.until(
            lambda message: message["type"] not in {"hello", "error"} and message.get("id", 0) >= id, within
        )

    async def subscribe(self, *batches: str, **more: Any) -> Message:
        await self.say(type="subscribe", batch_ids=list(batches), **more)
        return await self.until_type("subscribed")

    async def closed(self, within: float = WITHIN) -> int:
        """Listen until the station closes; gives its code."""
        with suppress(ConnectionClosed):
            await self.until(lambda _: False, within)
        assert self.socket.close_code is not None
        return self.socket.close_code


@asynccontextmanager
async def listening(url: str, query: str = "", **options: Any) -> AsyncIterator[Listener]:
    """Connect, and hear the first message."""
    async with connect(f"{url.replace('http', 'ws', 1)}/ws{query}", proxy=None, **options) as socket:
        listener = Listener(socket)
        assert (await listener.next())["type"] == "hello"
        yield listener


@asynccontextmanager
async def listening_again(url: Callable[[], str], within: float = 30.0) -> AsyncIterator[Listener]:
    """Connect, as soon as there is somebody to connect to."""
    until = time.monotonic() + within
    async with AsyncExitStack() as stack:
        while True:
            try:
                listener = await stack.enter_async_context(listening(url()))
                break
            except (OSError, InvalidHandshake, ConnectionClosed, ValueError):
                if time.monotonic() > until:
                    raise
            await asyncio.sleep(0.05)
        yield listener


def line(batch: str, number: int, message: str = "") -> NewEvent:
    """A line of a batch's log."""
    data: dict[str, Any] = {"level": "info", "message": message or f"line {number}", "step": "s", "data": {"n": number}}
    return NewEvent(datetime.now(UTC), EventType.LOG, batch, None, data)


async def write(database: Database, events: Sequence[NewEvent]) -> int:
    """Write events as any process of the station would; gives the last id."""
    await Events(database).append(*events)
    return await Events(database).last_id()
