"""Careful clients of the socket, who resume after whatever breaks their connection (E21)."""

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed

from station.storage.database import Database
from station.storage.events import Events
from tests.api.listener import Message, is_event, line, listening_again, write
from tests.faults.rig import Rig

WRITES_EVERY = 0.02


@dataclass
class Follower:
    """Follows across everything that breaks the connection.

    Attributes:
        known: With what it subscribes: the last event it has seen, and the epoch of that.
        leaves_after: It connects anew after so many events; 0: never by itself.
        ids: The events it has heard, in that order.
        back: Seconds from each wish to connect until it was heard.
    """

    rig: Rig
    known: dict[str, Any]
    leaves_after: int = 0
    ids: list[int] = field(default_factory=list)
    back: list[float] = field(default_factory=list)

    async def follow(self, last: "asyncio.Future[int]") -> None:
        """Follow until the last id has come."""

        def is_over(message: Message) -> bool:
            return last.done() and message.get("id", 0) >= last.result()

        while not (last.done() and self.ids and self.ids[-1] >= last.result()):
            begun = time.monotonic()
            async with listening_again(lambda: self.rig.url) as listener:
                self.known.setdefault("epoch", listener.hello["epoch"])
                await listener.say(type="subscribe", **self.known)
                with suppress(ConnectionClosed):
                    await listener.until_type("subscribed")
                    self.back.append(time.monotonic() - begun)
                    if self.leaves_after:
                        for _ in range(self.leaves_after):
                            await listener.until(lambda message: is_event(message) or is_over(message), 60)
                    else:
                        await listener.until(is_over, 60)
                self.ids += listener.ids
                if listener.events:
                    self.known |= {"last_id": listener.ids[-1], "last_time": listener.events[-1]["time"]}


@dataclass
class Followed:
    """What came of it.

    Attributes:
        expected: The events in the database.
        followers: Those who were to hear them.
    """

    expected: list[int]
    followers: list[Follower]

    @property
    def wrong(self) -> int:
        """How many have not heard exactly what is in the database, in that order."""
        return sum(each.ids != self.expected for each in self.followers)

    @property
    def back(self) -> list[float]:
        return [seconds for each in self.followers for seconds in each.back]


async def follow_through_kills(rig: Rig, slots: int, *, followers: int, kills: int) -> Followed:
    """Follow busy slots while the API is killed again and again."""
    async with Database(rig.config.database_url(rig.folder)) as database:
        start = await write(database, [line("slot_1", 0)])
        last: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        crowd = [Follower(rig, {"last_id": start}) for _ in range(followers)]
        following = [asyncio.create_task(each.follow(last)) for each in crowd]
        ending = asyncio.Event()
        writing = asyncio.create_task(_keep_busy(database, slots, ending))
        for _ in range(kills):
            await asyncio.sleep(1)
            before = _serving(rig)
            assert await rig.kill("api")
            async with asyncio.timeout(60):
                while _serving(rig) in {before, 0}:
                    await asyncio.sleep(0.05)
        await asyncio.sleep(1)
        ending.set()
        await writing
        last.set_result(await write(database, [line("slot_1", 0)]))
        await asyncio.gather(*following)
        return Followed(await written(database, start), crowd)


async def follow_a_run(rig: Rig, slot: str, pause: float, *, reconnects: int) -> Followed:
    """Connect anew after each event while a run goes on, and stop it after so many times."""
    async with (
        Database(rig.config.database_url(rig.folder)) as database,
        httpx.AsyncClient(base_url=rig.url, timeout=30, trust_env=False) as client,
    ):
        start = await write(database, [line("slot_1", 0)])
        last: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        follower = Follower(rig, {"last_id": start}, leaves_after=1)
        following = asyncio.create_task(follower.follow(last))
        answer = await client.post(f"/api/batches/{slot}/sequence/start", json={"parameters": {"pause": pause}})
        assert answer.is_success, answer.text
        async with asyncio.timeout(60 + 5 * reconnects * pause):
            while len(follower.back) <= reconnects:
                await asyncio.sleep(0.02)
        await client.post(f"/api/batches/{slot}/sequence/stop")
        async with asyncio.timeout(60):
            while not await _is_over(client, slot):
                await asyncio.sleep(0.05)
        last.set_result(await write(database, [line("slot_1", 0)]))
        await following
        expected = await written(database, start)
    return Followed(expected, [follower])


async def written(database: Database, after: int) -> list[int]:
    """The ids of all events after one, from the database."""
    found: list[int] = []
    while page := await Events(database).after(found[-1] if found else after):
        found += [event.id for event in page]
    return found


def _serving(rig: Rig) -> int:
    """The process that serves; 0 where none does."""
    try:
        return int(json.loads(rig.layout.api.read_text(encoding="utf-8"))["pid"])
    except (OSError, ValueError):
        return 0


async def _is_over(client: httpx.AsyncClient, slot: str) -> bool:
    return (await client.get(f"/api/batches/{slot}")).json()["state"] is None


async def _keep_busy(database: Database, slots: int, ending: asyncio.Event) -> None:
    number = 0
    while not ending.is_set():
        number += 1
        await write(database, [line(f"slot_{1 + number % slots}", number)])
        await asyncio.sleep(WRITES_EVERY)
