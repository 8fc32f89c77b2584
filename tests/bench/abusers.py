"""`python -m tests.bench.abusers`: clients of the socket that mean no good, and how they were shown out (E19, E20)."""

import argparse
import asyncio
import contextlib
import json
import random
import socket as socket_module
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Origin


@dataclass
class Abused:
    """What they met with.

    Attributes:
        closed: How each kind was closed, and how often.
        held: The longest time, in seconds, that one was let go on.
        let_in: How often another site's page was let in.
    """

    closed: dict[str, int] = field(default_factory=Counter)
    held: float = 0.0
    let_in: int = 0


class Abusers:
    """Clients that mean no good."""

    def __init__(self, url: str) -> None:
        self.socket_url = url
        self.met = Abused()
        self.ending = asyncio.Event()

    async def sleeper(self) -> None:
        """Subscribes everything and reads nothing, until it is cut off; then again."""
        while not self.ending.is_set():
            with contextlib.suppress(OSError, InvalidHandshake, ConnectionClosed):
                quiet: dict[str, Any] = {
                    "max_queue": 1,
                    "ping_interval": None,
                    "sock": await _small_socket(self.socket_url),
                }
                async with connect(self.socket_url, proxy=None, **quiet) as socket:
                    await socket.send('{"type": "subscribe"}')
                    await asyncio.wait(
                        [asyncio.create_task(socket.wait_closed()), asyncio.create_task(self.ending.wait())],
                        return_when=asyncio.FIRST_COMPLETED,
                    )
            if not self.ending.is_set():
                self.met.closed["sleeper: cut off"] += 1
            await self.pause(1)

    async def abuser(self, name: str, abuse: Callable[[ClientConnection], Awaitable[None]]) -> None:
        """Does what it should not until it is shown out; then again."""
        while not self.ending.is_set():
            begun = time.monotonic()
            code: object = "not let in"
            with contextlib.suppress(OSError, InvalidHandshake):
                async with connect(self.socket_url, proxy=None, ping_interval=None, close_timeout=1) as socket:
                    begun = time.monotonic()
                    with contextlib.suppress(ConnectionClosed):
                        while not self.ending.is_set():
                            await abuse(socket)
                    code = socket.close_code
            if not self.ending.is_set():
                self.met.held = max(self.met.held, time.monotonic() - begun)
                self.met.closed[f"{name}: {code}"] += 1
            await self.pause(0.5)

    async def stranger(self) -> None:
        """A page of another site."""
        while not self.ending.is_set():
            try:
                async with connect(self.socket_url, proxy=None, origin=Origin("http://elsewhere.example")):
                    self.met.let_in += 1
            except InvalidStatus as refused:
                self.met.closed[f"another site: {refused.response.status_code}"] += 1
            except (OSError, InvalidHandshake):
                pass
            await self.pause(0.5)

    async def pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.ending.wait(), seconds * random.uniform(0.5, 1.5))


async def _small_socket(url: str) -> socket_module.socket:
    """A connection whose kernel keeps little of what nobody reads."""
    made = socket_module.socket()
    made.setsockopt(socket_module.SOL_SOCKET, socket_module.SO_RCVBUF, 4096)
    made.setblocking(False)
    address = urlsplit(url)
    await asyncio.get_running_loop().sock_connect(made, (address.hostname, address.port))
    return made


async def _much(socket: ClientConnection) -> None:
    for _ in range(50):
        await socket.send('{"type": "pong"}')
    await asyncio.sleep(0)


async def _bad(socket: ClientConnection) -> None:
    await socket.send("{" * 100)
    await asyncio.sleep(0.1)


async def _large(socket: ClientConnection) -> None:
    await socket.send("x" * 2**20)
    await asyncio.sleep(0.01)


async def _topics(socket: ClientConnection) -> None:
    await socket.send(json.dumps({"type": "subscribe", "batch_ids": [f"t{n}" for n in range(5_000)]}))
    await asyncio.sleep(0.1)


async def _pings(socket: ClientConnection) -> None:
    for _ in range(50):
        await socket.ping()
    await asyncio.sleep(0)


ABUSES: dict[str, Callable[[ClientConnection], Awaitable[None]]] = {
    "floods": _much,
    "bad JSON": _bad,
    "1 MB frames": _large,
    "5,000 batches": _topics,
    "pings": _pings,
}


async def abuse(url: str, sleepers: int, abusers: int, seconds: float) -> Abused:
    """Abuse the socket for a while."""
    crowd, names = Abusers(url), list(ABUSES)
    tasks = [asyncio.create_task(crowd.sleeper()) for _ in range(sleepers)]
    for number in range(abusers):
        name = names[number % len(names)]
        tasks.append(asyncio.create_task(crowd.abuser(name, ABUSES[name])))
    if abusers:
        tasks.append(asyncio.create_task(crowd.stranger()))
    await asyncio.sleep(seconds)
    crowd.ending.set()
    await asyncio.sleep(0.5)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return crowd.met


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--sleepers", type=int, default=100)
    parser.add_argument("--abusers", type=int, default=84)
    parser.add_argument("--seconds", type=float, default=60)
    arguments = parser.parse_args()
    met = asyncio.run(abuse(arguments.url, arguments.sleepers, arguments.abusers, arguments.seconds))
    sys.stdout.write(json.dumps(vars(met)) + "\n")


if __name__ == "__main__":
    main()
